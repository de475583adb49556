"""An emergency that is recorded late runs by its own time, for an hour at most, and nobody gains by that."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.accounting import Logged, lines
from consent.glass_state import glass_state, glass_status
from consent.skew import LATE_GLASS_MS
from consent.under import visit_begun
from tests.consent.world import (
    DAY,
    HOUR,
    LIMITS,
    MINUTE,
    NOW,
    STEADY,
    World,
    code,
    disclosure,
    glass,
    linked,
    phone,
    staff,
)

SKEW, VISIT = LIMITS["skew_ms"], LIMITS["visit_ms"]
LATE = SKEW + 1
FIRST, SECOND = "11" * 16, "22" * 16
Act = Callable[[World], object]


def after(world: World, by: int) -> World:
    world.time = NOW + by
    return world


def late(world: World, ttl: int = 4 * HOUR, by: int = 3 * HOUR) -> str:
    """A glass that was broken at NOW and is recorded only now."""
    return after(world, by).must("glass.broken", staff("release"), **glass(ttl_ms=ttl, at=NOW))


def closed(world: World, broken: str) -> str:
    return world.must("glass.closed", phone(), glass=broken)


def told(at: int, visit: str = FIRST, ttl: int = 4 * HOUR, by: int = 3 * HOUR) -> Act:
    """A disclosure made at NOW + `at` under a glass of NOW, both recorded `by` later."""
    return lambda w: w.disclose(late(w, ttl, by), visit, at=NOW + at)


def on_time_then(at: int, by: int, ttl: int = 4 * HOUR, first: int | None = None) -> Act:
    """The glass is recorded at once, disclosures (one at `first` before it) when the ledger moves again."""

    def act(world: World) -> object:
        broken = world.break_glass(ttl_ms=ttl)
        after(world, by)
        if first is not None:
            assert isinstance(world.disclose(broken, FIRST, at=NOW + first), str)
        return world.disclose(broken, FIRST, at=NOW + at)

    return act


DISCLOSED: dict[str, tuple[Act, str]] = {
    "it was made as the glass was broken": (told(0), "accepted"),
    "it was made in the last moment of the hour": (told(HOUR - 1), "accepted"),
    "it was made when the hour was over": (told(HOUR), "at-out-of-skew"),
    "the glass was for less and it was made before its end": (told(HOUR // 2 - 1, ttl=HOUR // 2), "accepted"),
    "the glass was for less and it was made at its end": (told(HOUR // 2, ttl=HOUR // 2), "glass-expired"),
    "it was made within the clocks' skew before": (told(-SKEW), "accepted"),
    "it was made before that": (told(-SKEW - 1), "at-out-of-skew"),
    "it comes a year late": (told(MINUTE, by=365 * DAY), "accepted"),
    "it says that it is of a time to come": (
        lambda w: (g := late(w), w.disclose(g, at=w.time + SKEW + 1))[1],
        "at-out-of-skew",
    ),
    "it is on time under what was recorded too late": (lambda w: w.disclose(late(w)), "glass-expired"),
    "it is on time while the late one stands": (lambda w: w.disclose(late(w, by=HOUR // 2)), "accepted"),
    "it is on time a moment after the end and was made before": (
        lambda w: (g := late(w, by=HOUR // 2), after(w, HOUR), w.disclose(g, at=NOW + HOUR - 1))[2],
        "accepted",
    ),
    "only it is late": (on_time_then(MINUTE, by=HOUR), "accepted"),
    "only it is late and it was made after an hour": (on_time_then(HOUR, by=2 * HOUR), "at-out-of-skew"),
    "only it is late and the glass was over by then": (
        on_time_then(20 * MINUTE, by=HOUR, ttl=10 * MINUTE),
        "glass-expired",
    ),
    "its visit went on": (on_time_then(VISIT, by=2 * HOUR, first=1), "accepted"),
    "its visit was over": (on_time_then(VISIT + 1, by=2 * HOUR, first=1), "visit-over"),
    "two releases of a visit changed places": (on_time_then(1, by=2 * HOUR, first=MINUTE), "accepted"),
    "it came first in its visit and is told of second": (
        on_time_then(2, by=2 * HOUR, first=VISIT + 1),
        "accepted",
    ),
    "it is from a visit's length before its visit": (
        on_time_then(1, by=2 * HOUR, first=VISIT + 1),
        "at-out-of-skew",
    ),
    "the patient ended the glass first": (
        lambda w: (g := late(w), closed(w, g), w.disclose(g, at=NOW + 1))[2],
        "glass-closed",
    ),
    "the link was closed first": (
        lambda w: (g := late(w), w.must("link.close", phone()), w.disclose(g, at=NOW + 1))[2],
        "link-closed",
    ),
    "it is under a grant": (
        lambda w: (g := w.give(not_after=NOW + DAY), after(w, LATE), w.disclose(g, at=NOW))[2],
        "at-out-of-skew",
    ),
    "the review key signs it": (
        lambda w: (g := late(w), w.put("disclosure.made", staff("review"), **disclosure(g, at=NOW)))[1],
        "signer-not-allowed",
    ),
}


@pytest.mark.parametrize(("act", "expected"), DISCLOSED.values(), ids=DISCLOSED.keys())
def test_a_late_disclosure_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


@pytest.mark.parametrize(
    ("by", "begun", "lasts"),
    [(SKEW, SKEW, 4 * HOUR), (LATE, 0, HOUR), (DAY, 0, HOUR)],
    ids=["at the very edge of being on time", "a millisecond late", "a day late"],
)
def test_a_glass_runs_from_its_record_or_when_late_from_its_own_time(by: int, begun: int, lasts: int) -> None:
    world = linked()
    state = glass_state(world, late(world, by=by))
    assert state is not None
    assert (state["from"], state["until"]) == (NOW + begun, NOW + begun + lasts)


def test_a_late_glass_of_less_than_an_hour_keeps_its_length() -> None:
    world = linked()
    state = glass_state(world, late(world, ttl=MINUTE))
    assert state is not None
    assert (state["from"], state["until"]) == (NOW, NOW + MINUTE)


def test_a_late_glass_is_refused_on_a_closed_link_and_for_a_length_that_no_glass_may_have() -> None:
    world = after(linked(), DAY)
    for ttl in (0, LIMITS["glass_ttl_max_ms"] + 1):
        assert code(world.put("glass.broken", staff("release"), **glass(ttl_ms=ttl, at=NOW))) == (
            "glass-ttl-wrong"
        )
    world.must("link.close", phone())
    assert code(world.put("glass.broken", staff("release"), **glass(at=NOW))) == "link-closed"


def test_a_visit_that_was_recorded_late_began_at_its_own_time() -> None:
    world = linked()
    broken = late(world)
    world.disclose(broken, FIRST, at=NOW + MINUTE)
    assert visit_begun(world, broken, FIRST) == NOW + MINUTE


def test_a_visit_that_is_told_of_out_of_order_began_with_what_came_first() -> None:
    world = linked()
    broken = late(world)
    world.disclose(broken, FIRST, at=NOW + 20 * MINUTE)
    world.disclose(broken, FIRST, at=NOW + MINUTE)
    assert visit_begun(world, broken, FIRST) == NOW + MINUTE
    assert code(world.disclose(broken, FIRST, at=NOW + MINUTE + VISIT)) == "visit-over"


def test_the_account_says_that_it_was_late() -> None:
    details = {"user": {"id": "s"}, "grantee": "g", "purpose": "BTG"}
    made = {"kind": "disclosure.made", "at": NOW, "under": "u", "visit": FIRST, "commitment": "c"}
    [line] = lines([Logged(1, NOW + LATE, made, details)], visit_ms=VISIT, skew_ms=SKEW)
    assert line.late


TIMES = st.integers(-3 * HOUR, 30 * HOUR)


@settings(STEADY, max_examples=400)
@given(ttl=st.integers(1, LIMITS["glass_ttl_max_ms"]), by=st.integers(0, 40 * DAY))
def test_being_late_never_makes_an_emergency_last_longer(ttl: int, by: int) -> None:
    world = linked()
    state = glass_state(world, late(world, ttl, by))
    assert state is not None
    assert NOW <= state["from"] <= NOW + min(by, SKEW)
    assert state["until"] - state["from"] == (ttl if by <= SKEW else min(ttl, LATE_GLASS_MS))
    assert state["until"] <= world.time + ttl
    if by > SKEW:
        # No end lies further ahead than that of a glass which is broken at this moment for an hour.
        assert state["until"] < world.time + LATE_GLASS_MS
        assert by < LATE_GLASS_MS or code(glass_status(world, state["id"], world.time, world.time)) == (
            "glass-expired"
        )


@settings(STEADY, max_examples=600)
@given(
    ttl=st.integers(1, LIMITS["glass_ttl_max_ms"]),
    broken_late=st.sampled_from([0, SKEW, LATE, HOUR, DAY]),
    made=st.lists(st.tuples(TIMES, st.integers(0, 3 * HOUR), st.integers(0, 2)), max_size=8),
)
def test_no_custodian_tells_of_a_release_outside_of_the_first_hour_or_of_the_glass(
    ttl: int, broken_late: int, made: list[tuple[int, int, int]]
) -> None:
    """Whatever `at` the custodian's own key signs, and however late it hands it in."""
    world = linked()
    broken = late(world, ttl, broken_late)
    state = glass_state(world, broken)
    assert state is not None
    for at, later, visit in made:
        world.time += later
        name, moment = f"{visit:032x}", NOW + at
        before = visit_begun(world, broken, name)
        if not isinstance(world.disclose(broken, name, at=moment), str):
            continue
        assert moment < state["until"]
        punctual = world.time - moment <= SKEW
        if not punctual:
            assert state["from"] - SKEW <= moment < state["from"] + LATE_GLASS_MS
        begun = visit_begun(world, broken, name)
        assert begun is not None
        if before is not None:
            assert begun <= before
            assert begun in (before, moment)
            assert before - VISIT < moment < before + VISIT
