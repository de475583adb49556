"""Giving, revoking and using a grant: every limit that is stored bites, at its very edge."""

from collections.abc import Callable

import pytest

from consent.state import grant_state, grant_status
from consent.under import visit_status
from tests.consent.world import (
    CLINIC,
    CLINIC_LINK,
    DAY,
    HOSPITAL,
    HOUR,
    LIMITS,
    LINK,
    MINUTE,
    NOW,
    OTHER_LINK,
    World,
    code,
    disclosure,
    grant,
    linked,
    name32,
    phone,
    staff,
)

SKEW, YEAR, VISIT = LIMITS["skew_ms"], LIMITS["grant_max_ms"], LIMITS["visit_ms"]
FIRST, SECOND = "11" * 16, "22" * 16
Act = Callable[[World], object]


def gives(**members: object) -> Act:
    return lambda world: world.put("grant.give", phone(), **grant(world, **members))


def test_no_grant_is_given_at_an_institution_that_left_and_those_given_before_can_be_revoked() -> None:
    world = linked()
    given = world.put("grant.give", phone(), **grant(world))
    world.state[f"institution/{HOSPITAL}"]["retired"] = True
    assert code(world.put("grant.give", phone(), **grant(world))) == "institution-retired"
    assert code(world.put("grant.revoke", phone(), grant=given)) == "accepted"


def closes(world: World) -> object:
    return world.put("link.close", phone())


GIVEN: dict[str, tuple[Act, str]] = {
    "it ends in an hour": (gives(), "accepted"),
    "it ends a millisecond from now": (gives(not_after=NOW + 1), "accepted"),
    "it ends now": (gives(not_after=NOW), "grant-period-empty"),
    "it ended yesterday": (gives(not_after=NOW - DAY), "grant-period-empty"),
    "it begins when it ends": (gives(not_before=NOW + HOUR), "grant-period-empty"),
    "it begins a millisecond before it ends": (gives(not_before=NOW + HOUR - 1), "accepted"),
    "it begins before it was signed": (gives(not_before=NOW - DAY), "accepted"),
    "it lasts the longest time allowed": (gives(not_after=NOW + YEAR), "accepted"),
    "it lasts a millisecond longer than allowed": (gives(not_after=NOW + YEAR + 1), "grant-too-long"),
    "it begins late and ends too late": (
        gives(not_before=NOW + DAY, not_after=NOW + YEAR + DAY),
        "grant-too-long",
    ),
    "the phone's clock is two minutes slow": (gives(at=NOW - SKEW), "accepted"),
    "the phone's clock is slower": (gives(at=NOW - SKEW - 1), "at-out-of-skew"),
    "the phone's clock is two minutes fast": (gives(at=NOW + SKEW), "accepted"),
    "the phone's clock is faster": (gives(at=NOW + SKEW + 1), "at-out-of-skew"),
    "a slow clock leaves no time until the end": (gives(at=NOW - SKEW, not_after=NOW), "grant-period-empty"),
    "it allows three visits": (gives(max_visits=3), "accepted"),
    "it allows no visit": (gives(max_visits=0), "member-wrong"),
    "the desk signs it": (
        lambda world: world.put("grant.give", staff("desk"), **grant(world)),
        "signer-not-allowed",
    ),
    "a key of another link signs it": (
        lambda world: (
            world.open("other phone", OTHER_LINK),
            world.put("grant.give", phone("other phone", OTHER_LINK), **grant(world)),
        )[1],
        "signer-not-allowed",
    ),
    "a key without the right signs it": (
        lambda world: (
            world.must("link.keys", phone(), new_key="helper", rights=["revoke"]),
            world.put("grant.give", phone("helper"), **grant(world)),
        )[1],
        "key-not-entitled",
    ),
    "the link is closed": (lambda world: (closes(world), gives()(world))[1], "link-closed"),
    "the link does not exist": (
        lambda world: world.put("grant.give", phone(), subject=OTHER_LINK, **grant(world)),
        "link-unknown",
    ),
}

REVOKED: dict[str, tuple[Act, str]] = {
    "the grant is running": (lambda w: revoke(w, w.give()), "accepted"),
    "the grant has expired": (lambda w: revoke(w, w.give(), wait=2 * HOUR), "accepted"),
    "it was signed a year ago": (lambda w: revoke(w, w.give(), at=NOW - YEAR), "accepted"),
    "the link is closed": (lambda w: (given := w.give(), closes(w), revoke(w, given))[2], "accepted"),
    "the grant is unknown": (lambda w: revoke(w, "0" * 64), "grant-unknown"),
    "the grant is another link's": (lambda w: revoke(w, elsewhere(w)), "grant-unknown"),
    "the grant was revoked before": (
        lambda w: (given := w.give(), revoke(w, given), revoke(w, given))[2],
        "grant-revoked",
    ),
    "the release key signs it": (
        lambda w: w.put("grant.revoke", staff("release"), grant=w.give()),
        "signer-not-allowed",
    ),
    "a key without the right signs it": (
        lambda w: (
            w.must("link.keys", phone(), new_key="helper", rights=["give"]),
            w.put("grant.revoke", phone("helper"), grant=w.give()),
        )[1],
        "key-not-entitled",
    ),
    "the link does not exist": (
        lambda w: w.put("grant.revoke", phone(), subject=OTHER_LINK, grant="0" * 64),
        "link-unknown",
    ),
}

DISCLOSED: dict[str, tuple[Act, str]] = {
    "the grant is in force": (lambda w: w.disclose(w.give()), "accepted"),
    "the grant is unknown": (lambda w: w.disclose("0" * 64), "grant-unknown"),
    "the grant is another link's": (lambda w: w.disclose(elsewhere(w)), "grant-unknown"),
    "the grant was revoked": (
        lambda w: (given := w.give(), revoke(w, given), w.disclose(given))[2],
        "grant-revoked",
    ),
    "the link is closed": (lambda w: (given := w.give(), closes(w), w.disclose(given))[2], "link-closed"),
    "the keys were changed by the desk": (
        lambda w: (given := w.give(), w.rekey(), w.disclose(given))[2],
        "grant-ended-by-rekey",
    ),
    "the grant begins now": (
        lambda w: (given := w.give(not_before=NOW + MINUTE), wait(w, MINUTE), w.disclose(given))[2],
        "accepted",
    ),
    "the grant begins a millisecond later": (
        lambda w: (given := w.give(not_before=NOW + MINUTE), wait(w, MINUTE - 1), w.disclose(given))[2],
        "grant-not-begun",
    ),
    "a slow clock says that the grant has not begun": (
        lambda w: (given := w.give(not_before=NOW + MINUTE), wait(w, MINUTE), w.disclose(given, at=NOW))[2],
        "grant-not-begun",
    ),
    "the grant ends a millisecond later": (
        lambda w: (given := w.give(), wait(w, HOUR - 1), w.disclose(given))[2],
        "accepted",
    ),
    "the grant ends now": (
        lambda w: (given := w.give(), wait(w, HOUR), w.disclose(given))[2],
        "grant-expired",
    ),
    "a slow clock says that the grant still runs": (
        lambda w: (given := w.give(), wait(w, HOUR), w.disclose(given, at=NOW + HOUR - 1))[2],
        "grant-expired",
    ),
    "a fast clock says that the grant has ended": (
        lambda w: (given := w.give(), wait(w, HOUR - 1), w.disclose(given, at=NOW + HOUR))[2],
        "grant-expired",
    ),
    "it was signed two minutes ago": (lambda w: w.disclose(w.give(), at=NOW - SKEW), "accepted"),
    "it was signed longer ago": (lambda w: w.disclose(w.give(), at=NOW - SKEW - 1), "at-out-of-skew"),
    "it was signed too far ahead": (lambda w: w.disclose(w.give(), at=NOW + SKEW + 1), "at-out-of-skew"),
    "the desk signs it": (
        lambda w: w.put("disclosure.made", staff("desk"), **disclosure(w.give())),
        "signer-not-allowed",
    ),
    "another institution signs it": (
        lambda w: w.put("disclosure.made", staff("release", CLINIC), **disclosure(w.give())),
        "signer-not-allowed",
    ),
    "the patient signs it": (
        lambda w: w.put("disclosure.made", phone(), **disclosure(w.give())),
        "signer-not-allowed",
    ),
    "the link does not exist": (
        lambda w: w.put("disclosure.made", staff("release"), subject=OTHER_LINK, **disclosure("0" * 64)),
        "link-unknown",
    ),
    "the visit goes on": (lambda w: visits(w, w.give(), (0, FIRST), (VISIT - 1, FIRST)), "accepted"),
    "the visit is over": (lambda w: visits(w, w.give(), (0, FIRST), (VISIT, FIRST)), "visit-over"),
    "a fast clock says that the visit is over": (
        lambda w: (
            given := w.give(),
            w.disclose(given),
            wait(w, VISIT - 1),
            w.disclose(given, at=w.time + 1),
        )[3],
        "visit-over",
    ),
    "a second visit begins under a grant without a limit": (
        lambda w: visits(w, w.give(), (0, FIRST), (VISIT, SECOND)),
        "accepted",
    ),
    "a visit long over is named again": (
        lambda w: visits(w, w.give(), (0, FIRST), (VISIT, SECOND), (1, FIRST)),
        "visit-over",
    ),
    "one visit of one has many disclosures": (
        lambda w: visits(w, w.give(max_visits=1), (0, FIRST), (1, FIRST), (1, FIRST)),
        "accepted",
    ),
    "the second visit of one begins": (
        lambda w: visits(w, w.give(max_visits=1), (0, FIRST), (0, SECOND)),
        "visits-spent",
    ),
    "the first visit of one is over": (
        lambda w: visits(w, w.give(max_visits=1), (0, FIRST), (VISIT, FIRST)),
        "visit-over",
    ),
    "two visits of two run side by side": (
        lambda w: visits(w, w.give(max_visits=2), (0, FIRST), (0, SECOND), (1, FIRST)),
        "accepted",
    ),
}


def wait(world: World, by: int) -> None:
    world.time += by


def revoke(world: World, given: str, *, at: int | None = None, wait: int = 0) -> object:
    world.time += wait
    return world.put("grant.revoke", phone(), at=at, grant=given)


def elsewhere(world: World) -> str:
    world.open("other phone", CLINIC_LINK, CLINIC)
    return world.must("grant.give", phone("other phone", CLINIC_LINK), subject=CLINIC_LINK, **grant(world))


def visits(world: World, given: str, *steps: tuple[int, str]) -> object:
    answer: object = None
    for by, visit in steps:
        assert answer is None or isinstance(answer, str)
        world.time += by
        answer = world.disclose(given, visit)
    return answer


@pytest.mark.parametrize(("act", "expected"), GIVEN.values(), ids=GIVEN.keys())
def test_a_grant_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


@pytest.mark.parametrize(("act", "expected"), REVOKED.values(), ids=REVOKED.keys())
def test_a_revocation_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


@pytest.mark.parametrize(("act", "expected"), DISCLOSED.values(), ids=DISCLOSED.keys())
def test_a_disclosure_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


def test_a_grant_is_remembered_with_what_the_ledger_may_know() -> None:
    world = linked()
    given = world.give(not_before=NOW + 1, max_visits=2)
    assert grant_state(world, given) == {
        "id": given,
        "link": LINK,
        "institution": HOSPITAL,
        "epoch": 0,
        "not_before": NOW + 1,
        "not_after": NOW + HOUR,
        "max_visits": 2,
        "visits": 0,
        "revoked": None,
        "commitment": name32("terms"),
        "index": world.index - 1,
    }


def test_a_revocation_is_remembered_with_its_time_and_place() -> None:
    world = linked()
    given = world.give()
    world.time += MINUTE
    revoke(world, given, at=NOW)
    state = grant_state(world, given)
    assert state is not None
    assert state["revoked"] == {"at": NOW, "time": NOW + MINUTE, "index": world.index - 1}


def test_only_the_first_disclosure_of_a_visit_changes_the_state() -> None:
    world = linked()
    given = world.give()
    world.disclose(given)
    state = dict(world.state)
    world.disclose(given)
    assert world.state == state
    counted = grant_state(world, given)
    assert counted is not None
    assert counted["visits"] == 1


def test_a_reader_is_told_whether_a_visit_is_new_running_or_refused() -> None:
    world = linked()
    given = world.give(max_visits=1)
    assert visit_status(world, given, FIRST, NOW, NOW) == visit_status(world, given, None, NOW, NOW) == "new"
    world.disclose(given, FIRST)
    assert visit_status(world, given, FIRST, NOW, NOW) == "running"
    assert code(visit_status(world, given, None, NOW, NOW)) == "visits-spent"


def test_an_unknown_grant_is_not_active() -> None:
    assert code(grant_status(World(), "0" * 64, NOW, NOW)) == "grant-unknown"
