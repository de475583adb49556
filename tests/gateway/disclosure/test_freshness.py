"""A node answers no pull out of a state that is older than the bound, and says so by its own code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.disclosure.freshness import OLDEST_MS, Freshness
from ledger.engine.rpc import Measures
from ledger.errors import Unavailable

NOW = 10_000_000


class Chain:
    """A node beside us whose answer is set by hand."""

    def __init__(self, answer: Measures | None) -> None:
        self.answer = answer

    def measures(self) -> Measures | None:
        return self.answer


def at(age: int, catching_up: bool = False, peers: tuple[int, ...] = ()) -> Measures:
    """Height 9 of four validators; `peers`: the heights at which the others are."""
    return Measures(9, NOW - age, catching_up, {str(n): one for n, one in enumerate(peers)}, 0, 4, 0)


CASES: dict[str, tuple[list[Measures | None], bool]] = {
    "its newest block is a moment old": ([at(50)], True),
    "nobody did anything for a minute": ([at(61_000)], True),
    "its newest block is as old as the bound": ([at(OLDEST_MS)], True),
    "its newest block is older than the bound": ([at(OLDEST_MS + 1)], False),
    "it is catching up": ([at(50, catching_up=True)], False),
    "its consensus node has never answered": ([None], False),
    "its consensus node does not answer for once": ([at(50), None], True),
    "its consensus node fell silent with an old block": ([at(OLDEST_MS + 1), None], False),
    "all were down, and two others of four are level with it": ([at(OLDEST_MS * 2, peers=(10, 10))], True),
    "all were down, and one other of four is there": ([at(OLDEST_MS * 2, peers=(10,))], False),
    "all were down, and two others take no part yet": ([at(OLDEST_MS * 2, peers=(10, 0, 0))], False),
    "its newest block is old, and two others have a newer one": (
        [at(OLDEST_MS * 2, peers=(10, 11, 11))],
        False,
    ),
    "all were down, and its node fell silent again": ([at(OLDEST_MS * 2, peers=(10, 10)), None], False),
    "it was too old and has caught up": ([at(OLDEST_MS * 2), at(0)], True),
}


@pytest.mark.parametrize(("answers", "fresh"), CASES.values(), ids=CASES.keys())
def test_whether_a_node_answers_pulls_when(answers: list[Measures | None], fresh: bool) -> None:
    chain = Chain(None)
    freshness = Freshness(chain, lambda: NOW)

    def ask(answer: Measures | None) -> str | None:
        chain.answer = answer
        return outage(freshness.demand)

    assert [ask(answer) for answer in answers][-1] == (None if fresh else "ledger-too-old")


STILL: dict[str, tuple[Measures | None, bool]] = {
    "its newest block is an hour old": (at(3_600_000), True),
    "it is catching up": (at(50, catching_up=True), False),
    "its consensus node has never answered": (None, False),
}


@pytest.mark.parametrize(("answer", "goes_on"), STILL.values(), ids=STILL.keys())
def test_whether_an_emergency_goes_on_in_its_first_hour_when(answer: Measures | None, goes_on: bool) -> None:
    freshness = Freshness(Chain(answer), lambda: NOW)
    assert outage(lambda: freshness.demand(still=True)) == (None if goes_on else "ledger-too-old")


def outage(demand: Callable[[], None]) -> str | None:
    try:
        demand()
    except Unavailable as unavailable:
        return unavailable.code
    return None
