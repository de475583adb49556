"""Breaking the glass, using it, closing and reviewing it: every limit bites, at its very edge."""

from collections.abc import Callable

import pytest

from consent.glass_state import glass_state, glass_status
from consent.under import under_state, under_status, visit_begun, visit_status
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
    glass,
    linked,
    name32,
    phone,
    staff,
)

SKEW, LONGEST, VISIT = LIMITS["skew_ms"], LIMITS["glass_ttl_max_ms"], LIMITS["visit_ms"]
TTL = 4 * HOUR
FIRST, SECOND = "11" * 16, "22" * 16
Act = Callable[[World], object]


def breaks(**members: object) -> Act:
    return lambda world: world.put("glass.broken", staff("release"), **glass(**members))


def shut(world: World) -> object:
    return world.put("link.close", phone())


def close(world: World, broken: str, signer: object = None, at: int | None = None) -> object:
    return world.put("glass.closed", signer or phone(), at=at, glass=broken)  # type: ignore[arg-type]


def review(world: World, broken: str, institution: str = HOSPITAL, use: str = "review") -> object:
    found = name32("finding")
    return world.put("glass.reviewed", staff(use, institution), glass=broken, commitment=found)


def wait(world: World, by: int) -> None:
    world.time += by


def elsewhere(world: World) -> str:
    """A glass of another link at another institution."""
    world.open("other phone", CLINIC_LINK, CLINIC)
    return world.must("glass.broken", staff("release", CLINIC), subject=CLINIC_LINK, **glass())


BROKEN: dict[str, tuple[Act, str]] = {
    "it lasts four hours": (breaks(), "accepted"),
    "it lasts a millisecond": (breaks(ttl_ms=1), "accepted"),
    "it lasts no time": (breaks(ttl_ms=0), "glass-ttl-wrong"),
    "it lasts the longest time allowed": (breaks(ttl_ms=LONGEST), "accepted"),
    "it lasts a millisecond longer than allowed": (breaks(ttl_ms=LONGEST + 1), "glass-ttl-wrong"),
    "its length is negative": (breaks(ttl_ms=-1), "member-wrong"),
    "its length is a truth": (breaks(ttl_ms=True), "member-wrong"),
    "it was signed two minutes ago": (breaks(at=NOW - SKEW), "accepted"),
    "it was signed longer ago": (breaks(at=NOW - SKEW - 1), "accepted"),
    "it was signed too far ahead": (breaks(at=NOW + SKEW + 1), "at-out-of-skew"),
    "nobody has claimed the link": (
        lambda w: (
            w.open(None, OTHER_LINK),
            w.put("glass.broken", staff("release"), subject=OTHER_LINK, **glass()),
        )[1],
        "accepted",
    ),
    "another glass stands": (lambda w: (w.break_glass(), breaks()(w))[1], "accepted"),
    "the link is contested": (
        lambda w: (
            change := w.rekey(),
            w.must("link.contest", phone(), entry=change),
            breaks()(w),
        )[2],
        "accepted",
    ),
    "the link is closed": (lambda w: (shut(w), breaks()(w))[1], "link-closed"),
    "the link does not exist": (
        lambda w: w.put("glass.broken", staff("release"), subject=OTHER_LINK, **glass()),
        "link-unknown",
    ),
    "the review key signs it": (
        lambda w: w.put("glass.broken", staff("review"), **glass()),
        "signer-not-allowed",
    ),
    "the declaring institution signs it": (
        lambda w: w.put("glass.broken", staff("release", CLINIC), **glass()),
        "signer-not-allowed",
    ),
    "the patient signs it": (lambda w: w.put("glass.broken", phone(), **glass()), "signer-not-allowed"),
}

DISCLOSED: dict[str, tuple[Act, str]] = {
    "the glass is broken": (lambda w: w.disclose(w.break_glass()), "accepted"),
    "the glass is another link's": (lambda w: w.disclose(elsewhere(w)), "grant-unknown"),
    "the patient closed it": (
        lambda w: (g := w.break_glass(), close(w, g), w.disclose(g))[2],
        "glass-closed",
    ),
    "the review closed it": (
        lambda w: (g := w.break_glass(), close(w, g, staff("review")), w.disclose(g))[2],
        "glass-closed",
    ),
    "it ends a millisecond later": (
        lambda w: (g := w.break_glass(), wait(w, TTL - 1), w.disclose(g))[2],
        "accepted",
    ),
    "it ends now": (lambda w: (g := w.break_glass(), wait(w, TTL), w.disclose(g))[2], "glass-expired"),
    "a slow clock says that it still stands": (
        lambda w: (g := w.break_glass(), wait(w, TTL), w.disclose(g, at=NOW + TTL - 1))[2],
        "glass-expired",
    ),
    "a fast clock says that it is over": (
        lambda w: (g := w.break_glass(), wait(w, TTL - 1), w.disclose(g, at=NOW + TTL))[2],
        "glass-expired",
    ),
    "it was signed longer than two minutes ago": (
        lambda w: w.disclose(w.break_glass(), at=NOW - SKEW - 1),
        "at-out-of-skew",
    ),
    "the link is closed": (lambda w: (g := w.break_glass(), shut(w), w.disclose(g))[2], "link-closed"),
    "the keys were changed by the desk": (
        lambda w: (g := w.break_glass(), w.rekey(), w.disclose(g))[2],
        "accepted",
    ),
    "it was reviewed": (lambda w: (g := w.break_glass(), review(w, g), w.disclose(g))[2], "accepted"),
    "another institution signs it": (
        lambda w: w.put("disclosure.made", staff("release", CLINIC), **disclosure(w.break_glass())),
        "signer-not-allowed",
    ),
    "the visit goes on": (lambda w: visits(w, (0, FIRST), (VISIT - 1, FIRST)), "accepted"),
    "the visit is over": (lambda w: visits(w, (0, FIRST), (VISIT, FIRST)), "visit-over"),
    "a second visit begins": (lambda w: visits(w, (0, FIRST), (VISIT, SECOND)), "accepted"),
    "a visit long over is named again": (
        lambda w: visits(w, (0, FIRST), (VISIT, SECOND), (1, FIRST)),
        "visit-over",
    ),
}

CLOSED: dict[str, tuple[Act, str]] = {
    "the patient closes it": (lambda w: close(w, w.break_glass()), "accepted"),
    "the custodian's review closes it": (lambda w: close(w, w.break_glass(), staff("review")), "accepted"),
    "it is over already": (lambda w: (g := w.break_glass(), wait(w, DAY), close(w, g))[2], "accepted"),
    "it was signed a year ago": (lambda w: close(w, w.break_glass(), at=NOW - 365 * DAY), "accepted"),
    "the link is closed": (lambda w: (g := w.break_glass(), shut(w), close(w, g))[2], "accepted"),
    "an earlier key closes it": (
        lambda w: (g := w.break_glass(), w.rekey(), close(w, g, phone()))[2],
        "accepted",
    ),
    "a key that still waits closes it": (
        lambda w: (g := w.break_glass(), w.rekey(), close(w, g, phone("new phone")))[2],
        "accepted",
    ),
    "a contested link's key closes it": (
        lambda w: (
            g := w.break_glass(),
            change := w.rekey(),
            w.must("link.contest", phone(), entry=change),
            close(w, g, phone("new phone")),
        )[3],
        "accepted",
    ),
    "a key that may only revoke closes it": (
        lambda w: (
            g := w.break_glass(),
            w.must("link.keys", phone(), new_key="helper", rights=["revoke"]),
            close(w, g, phone("helper")),
        )[2],
        "accepted",
    ),
    "a key without the right closes it": (
        lambda w: (
            g := w.break_glass(),
            w.must("link.keys", phone(), new_key="helper", rights=["give", "manage"]),
            close(w, g, phone("helper")),
        )[2],
        "key-not-entitled",
    ),
    "a removed key closes it": (
        lambda w: (
            g := w.break_glass(),
            w.must("link.keys", phone(), new_key="tablet", rights=["revoke"]),
            w.must("link.keys", phone(), remove=name32("tablet")),
            close(w, g, phone("tablet")),
        )[3],
        "key-not-entitled",
    ),
    "a key of another link closes it": (
        lambda w: (
            g := w.break_glass(),
            w.open("other phone", OTHER_LINK),
            close(w, g, phone("other phone", OTHER_LINK)),
        )[2],
        "signer-not-allowed",
    ),
    "the declaring institution's review closes it": (
        lambda w: close(w, w.break_glass(), staff("review", CLINIC)),
        "signer-not-allowed",
    ),
    "the release key closes it": (
        lambda w: close(w, w.break_glass(), staff("release")),
        "signer-not-allowed",
    ),
    "it was closed before": (lambda w: (g := w.break_glass(), close(w, g), close(w, g))[2], "glass-closed"),
    "the review closed it before": (
        lambda w: (g := w.break_glass(), close(w, g, staff("review")), close(w, g))[2],
        "glass-closed",
    ),
    "there is no such glass": (lambda w: close(w, "0" * 64), "glass-unknown"),
    "a grant is named": (lambda w: close(w, w.give()), "glass-unknown"),
    "it is another link's": (lambda w: close(w, elsewhere(w)), "glass-unknown"),
    "the link does not exist": (
        lambda w: w.put("glass.closed", phone(), subject=OTHER_LINK, glass="0" * 64),
        "link-unknown",
    ),
}

REVIEWED: dict[str, tuple[Act, str]] = {
    "the custodian reviews it": (lambda w: review(w, w.break_glass()), "accepted"),
    "another institution reviews it": (lambda w: review(w, w.break_glass(), CLINIC), "accepted"),
    "both review it": (lambda w: (g := w.break_glass(), review(w, g), review(w, g, CLINIC))[2], "accepted"),
    "it is a year old": (lambda w: (g := w.break_glass(), wait(w, 365 * DAY), review(w, g))[2], "accepted"),
    "it is closed": (lambda w: (g := w.break_glass(), close(w, g), review(w, g))[2], "accepted"),
    "the link is closed": (lambda w: (g := w.break_glass(), shut(w), review(w, g))[2], "accepted"),
    "the same institution reviewed it": (
        lambda w: (g := w.break_glass(), review(w, g), review(w, g))[2],
        "glass-reviewed",
    ),
    "the release key signs it": (lambda w: review(w, w.break_glass(), use="release"), "signer-not-allowed"),
    "the patient signs it": (
        lambda w: w.put("glass.reviewed", phone(), glass=w.break_glass(), commitment=name32("finding")),
        "signer-not-allowed",
    ),
    "there is no such glass": (lambda w: review(w, "0" * 64), "glass-unknown"),
    "it is another link's": (lambda w: review(w, elsewhere(w)), "glass-unknown"),
    "the link does not exist": (
        lambda w: w.put(
            "glass.reviewed", staff("review"), subject=OTHER_LINK, glass="0" * 64, commitment=name32("x")
        ),
        "link-unknown",
    ),
}  # fmt: skip


def visits(world: World, *steps: tuple[int, str]) -> object:
    broken, answer = world.break_glass(), None
    for by, visit in steps:
        assert answer is None or isinstance(answer, str)
        world.time += by
        answer = world.disclose(broken, visit)
    return answer


@pytest.mark.parametrize(("act", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_breaking_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


@pytest.mark.parametrize(("act", "expected"), DISCLOSED.values(), ids=DISCLOSED.keys())
def test_a_disclosure_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


@pytest.mark.parametrize(("act", "expected"), CLOSED.values(), ids=CLOSED.keys())
def test_a_closing_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


@pytest.mark.parametrize(("act", "expected"), REVIEWED.values(), ids=REVIEWED.keys())
def test_a_review_is_judged_when(act: Act, expected: str) -> None:
    assert code(act(linked())) == expected


def test_a_glass_is_remembered_with_what_the_ledger_may_know() -> None:
    world = linked()
    wait(world, MINUTE)
    broken = world.break_glass(at=NOW)
    assert glass_state(world, broken) == {
        "id": broken,
        "link": LINK,
        "institution": HOSPITAL,
        "from": NOW + MINUTE,
        "until": NOW + MINUTE + TTL,
        "closed": None,
        "reviews": {},
        "commitment": name32("declaration"),
        "index": world.index - 1,
    }


def test_a_closing_and_the_reviews_are_remembered_with_time_and_place() -> None:
    world = linked()
    broken = world.break_glass()
    wait(world, MINUTE)
    close(world, broken, at=NOW)
    closed_at = world.index - 1
    review(world, broken, CLINIC)
    review(world, broken)
    state = glass_state(world, broken)
    assert state is not None
    assert state["closed"] == {"at": NOW, "time": NOW + MINUTE, "index": closed_at}
    assert state["reviews"] == {CLINIC: closed_at + 1, HOSPITAL: closed_at + 2}


def test_only_the_first_disclosure_of_a_visit_changes_the_state() -> None:
    world = linked()
    broken = world.break_glass()
    wait(world, MINUTE)
    world.disclose(broken, FIRST)
    state = dict(world.state)
    world.disclose(broken, FIRST)
    assert world.state == state
    assert visit_begun(world, broken, FIRST) == NOW + MINUTE
    assert visit_begun(world, broken, SECOND) is None


def test_a_reader_tells_a_glass_from_a_grant_and_from_nothing() -> None:
    world = linked()
    given, broken = world.give(), world.break_glass()
    grant, glazed = under_state(world, given), under_state(world, broken)
    assert grant is not None
    assert glazed is not None
    assert (grant.glass, glazed.grant) == (None, None)
    assert (grant.document["id"], glazed.document["id"]) == (given, broken)
    assert under_state(world, "0" * 64) is None
    assert under_status(world, given, NOW, NOW) == under_status(world, broken, NOW, NOW) == "active"
    assert code(under_status(world, "0" * 64, NOW, NOW)) == "grant-unknown"
    assert code(glass_status(world, "0" * 64, NOW, NOW)) == "glass-unknown"
    assert visit_status(world, broken, None, NOW, NOW) == "new"
