"""Decide, record, read again, release: what happens when something changes between two of these steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from gateway.disclosure.openings import opening_of, openings_of_link
from gateway.disclosure.release import RELEASE_WITHIN_MS, Ask, Denied, Released, release
from gateway.records.searching.query import Query, parse_query
from ledger.commitment import commit
from ledger.encoding import unb64u
from ledger.errors import Unavailable
from ledger.signing import peek_compact
from tests.gateway.disclosure.world import World, disclosures_of, give, make_world, revoke


@pytest.fixture
def world(gw: Any) -> World:
    return make_world(gw)


def ask(world: World, grant: str, **changes: Any) -> Ask:
    query = parse_query("Observation", [("patient", world.patient_id)], "strict")
    assert isinstance(query, Query)
    plain = Ask(
        custodian=world.custodian,
        under=grant,
        grantee=world.grantee,
        user={"id": "dr-1", "name": "合成医生", "role": "physician"},
        purpose="TREAT",
        assertion="the client's assertion",
        query=query,
    )
    return replace(plain, **changes)


class BesideTheEngine:
    """The real engine with something happening right before or right after a disclosure is committed."""

    def __init__(
        self, engine: Any, before: Callable[[], None] = int, after: Callable[[], None] = int
    ) -> None:
        self._engine, self._before, self._after = engine, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def record(self, entry: str, timeout: float) -> Any:
        disclosure = peek_compact(entry)[1]["kind"] == "disclosure.made"
        if disclosure:
            self._before()
        answer = self._engine.record(entry, timeout)
        if disclosure:
            self._after()
        return answer


def test_a_release_is_recorded_and_says_exactly_what_left(world: World) -> None:
    grant = give(world)

    released = release(world.gw, ask(world, grant))

    assert isinstance(released, Released)
    made = disclosures_of(world)[-1]
    assert (made.entry_id, made.payload["under"]) == (released.entry_id, grant)
    assert (made.payload["visit"], made.payload["commitment"]) == (released.visit, released.commitment)
    with world.gw.db.connect() as conn:
        opening = opening_of(conn, released.commitment)
    assert opening is not None
    assert commit(unb64u(opening["salt"]), opening["details"].encode()) == released.commitment
    details = json.loads(opening["details"])
    assert details["counts"] == {"Observation": 3}
    assert details["records"] == [
        [f"Observation/{each.id}", sha256(each.json_text.encode()).hexdigest()]
        for each in released.page.records
    ]
    assert (details["grantee"], details["purpose"], details["user"]["id"]) == (world.grantee, "TREAT", "dr-1")
    assert details["assertion"] == "the client's assertion"
    assert details["query"].startswith("Observation?")


DENIED: dict[str, Callable[[World], dict[str, Any]]] = {
    "the grant is unknown": lambda world: {"grant": "0" * 64},
    "the grant id is empty": lambda world: {"grant": ""},
    "another custodian is asked": lambda world: {"custodian": world.third},
    "another institution asks": lambda world: {"grantee": world.third},
    "another person asks": lambda world: {"user": {"id": "dr-2", "name": "n", "role": "physician"}},
    "the purpose is another": lambda world: {"purpose": "ETREAT"},
    "there is no purpose": lambda world: {"purpose": ""},
}


@pytest.mark.parametrize("case", DENIED)
def test_nothing_is_released_or_recorded_when(case: str, world: World) -> None:
    changes = {"grant": give(world), **DENIED[case](world)}
    assert release(world.gw, ask(world, **changes)) == Denied()
    assert disclosures_of(world) == []


def test_a_grant_that_never_reached_its_custodian_opens_nothing(world: World) -> None:
    assert release(world.gw, ask(world, give(world, keep_opening=False))) == Denied()


def test_a_revocation_after_the_decision_stops_the_commit(world: World) -> None:
    grant = give(world)
    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, before=lambda: revoke(world, grant)))

    assert release(racing, ask(world, grant)) == Denied()

    assert disclosures_of(world) == []


def test_a_revocation_after_the_commit_stops_the_release(world: World) -> None:
    grant = give(world)
    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, after=lambda: revoke(world, grant)))

    assert release(racing, ask(world, grant)) == Denied()

    assert len(disclosures_of(world)) == 1


def test_a_grant_that_ends_while_it_is_recorded_releases_nothing(world: World, clock: Any) -> None:
    grant = give(world, not_after=world.gw.clock() + 1000)
    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, after=lambda: clock.advance(1000)))
    assert release(racing, ask(world, grant)) == Denied()


@pytest.mark.parametrize(
    ("taken_ms", "comes"),
    [
        pytest.param(RELEASE_WITHIN_MS, True, id="after exactly five seconds it still leaves"),
        pytest.param(RELEASE_WITHIN_MS + 1, False, id="a millisecond later it does not"),
        pytest.param(-1, False, id="nor when the clock was set back"),
    ],
)
def test_a_release_leaves_within_five_seconds(taken_ms: int, comes: bool, world: World, clock: Any) -> None:
    grant = give(world)
    slow = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, after=lambda: clock.advance(taken_ms)))
    if comes:
        assert isinstance(release(slow, ask(world, grant)), Released)
    else:
        with pytest.raises(Unavailable) as outage:
            release(slow, ask(world, grant))
        assert outage.value.code == "disclosure-late"


def test_a_ledger_that_cannot_record_is_an_outage_and_not_a_denial(world: World) -> None:
    def fail() -> None:
        raise Unavailable("unavailable", "the disk is full")

    failing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, before=fail))
    with pytest.raises(Unavailable):
        release(failing, ask(world, give(world)))


def test_the_opening_is_kept_before_the_entry_is_submitted(world: World) -> None:
    grant, seen = give(world), []

    def look() -> None:
        with world.gw.db.connect() as conn:
            seen.append(len(openings_of_link(conn, world.link)))

    watching = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, before=look))
    release(watching, ask(world, grant))
    assert seen == [2]  # the grant's and the disclosure's


def test_asks_of_one_person_within_half_an_hour_are_one_visit(world: World, clock: Any) -> None:
    grant = give(world, max_visits=2)
    first = release(world.gw, ask(world, grant))
    clock.advance(minutes=29)
    second = release(world.gw, ask(world, grant))
    clock.advance(minutes=1)
    third = release(world.gw, ask(world, grant))
    assert isinstance(first, Released)
    assert isinstance(second, Released)
    assert isinstance(third, Released)
    assert first.visit == second.visit != third.visit
    clock.advance(minutes=30)
    assert release(world.gw, ask(world, grant)) == Denied()


def test_two_people_under_one_grant_have_visits_of_their_own(world: World) -> None:
    grant = give(world, terms={"clinician": None, "role": "physician"})
    first = release(world.gw, ask(world, grant))
    second = release(world.gw, ask(world, grant, user={"id": "dr-2", "name": "n", "role": "physician"}))
    assert isinstance(first, Released)
    assert isinstance(second, Released)
    assert first.visit != second.visit


def test_a_denial_is_logged_by_its_code_and_without_identifying_words(world: World) -> None:
    from structlog.testing import capture_logs

    with capture_logs() as logs:
        release(replace(world.gw, log=fresh_log()), ask(world, give(world), purpose="ETREAT"))
    assert [line["cause"] for line in logs if line["event"] == "disclosure-denied"] == ["purpose-differs"]
    assert "合成" not in str(logs)
    assert world.patient_id not in str(logs)


def fresh_log() -> Any:
    import structlog

    return structlog.get_logger()
