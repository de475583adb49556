"""Too few hospitals, or two halves that do not hear each other: nothing is recorded, and nothing is lost."""

from __future__ import annotations

import sys

import pytest

from gateway.disclosure.freshness import OLDEST_MS
from ledger.errors import Unavailable
from tests.faults.cases import MOVES_WITHIN_S, Case, link
from tests.faults.network import CODES, PARTS, await_that
from tests.faults.test_parts import lasts

HALF, OTHER_HALF = CODES[:2], CODES[2:]
ALONE, THREE = CODES[3:], CODES[:3]


def stands_still(case: Case, codes: tuple[str, ...]) -> None:
    """Nothing is recorded at these hospitals, and who asks is told that no quorum is there."""
    for code in codes:
        one = case.network.hospitals[code]
        with pytest.raises(Unavailable) as none:
            one.engine.record(link(one), 3.0)
        assert none.value.code == "no-quorum"
    before = {code: case.network.hospitals[code].tip() for code in codes}
    lasts(3)
    assert {code: case.network.hospitals[code].tip() for code in codes} == before


def test_two_of_four_are_killed(case: Case) -> None:
    down = [case.network.part(code, part) for code in OTHER_HALF for part in PARTS]
    for part in down:
        part.kill()
    await_that(lambda: not any(part.runs for part in down), "they are down")
    stands_still(case, HALF)
    case.network.start(*(f"{OTHER_HALF[0]} {part}" for part in PARTS))
    case.moves(HALF)


def test_all_four_lose_power_for_longer_than_a_ledger_may_be_old(
    case: Case, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody writes anything after it: a doctor who looks must not wait for the block of the minute."""
    pair, network = case.quiet(), case.network
    pair.give(case.acknowledged)
    await_that(pair.is_shown, "it is shown before")
    for part in network.parts.values():
        part.kill()
    lasts(OLDEST_MS / 1000 + 5)
    height = max(one.tip()[0] for one in network.hospitals.values())
    network.heal()
    network.await_ready()
    shown = await_that(pair.is_shown, "records are shown again", MOVES_WITHIN_S)
    blocks = network.hospitals[pair.phone.code].tip()[0] - height
    with capfd.disabled():
        sys.stdout.write(f"\nshown {shown:.1f} s after the gateways were ready, {blocks} blocks later")


@pytest.mark.parametrize("how", ["hold", "break"])
def test_two_halves_are_parted(case: Case, how: str) -> None:
    case.network.wire(how, *case.network.between(HALF, OTHER_HALF))
    lasts(1)  # what was on its way
    stands_still(case, CODES)
    lasts(5)


@pytest.mark.parametrize("how", ["hold", "break"])
def test_one_is_parted_from_three(case: Case, how: str) -> None:
    case.network.wire(how, *case.network.between(ALONE, THREE))
    lasts(1)
    case.moves(THREE)
    stands_still(case, ALONE)
    case.moves(THREE)
