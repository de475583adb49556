"""A release under a broken glass takes the path of one under a grant, and stops wherever that stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.disclosure.release import Ask, Denied, Released, release
from gateway.peers.pull import Pulled, pull_glass, pull_grant
from gateway.records.searching.query import Query, parse_query
from ledger.errors import Refusal
from tests.gateway.disclosure.test_release import BesideTheEngine
from tests.gateway.disclosure.world import (
    World,
    disclosures_of,
    doctor,
    give,
    make_world,
    sign_on_phone,
)
from tests.gateway.glass.broken import DOCTOR, break_glass


@pytest.fixture
def world(gw: Any) -> World:
    return make_world(gw)


def ask(world: World, under: str, **changes: Any) -> Ask:
    query = parse_query("Observation", [("patient", world.patient_id)], "strict")
    assert isinstance(query, Query)
    plain = Ask(world.custodian, under, world.grantee, DOCTOR, "BTG", "the client's assertion", query)
    return replace(plain, **changes)


def close(world: World, glass: str) -> None:
    assert sign_on_phone(world, "glass.closed", glass=glass).kind == "glass.closed"


def test_what_a_glass_opens_leaves_with_its_disclosure(world: World) -> None:
    glass = break_glass(world)
    released = release(world.gw, ask(world, glass))
    assert isinstance(released, Released)
    made = disclosures_of(world)[-1]
    assert (made.entry_id, made.payload["under"], made.payload["visit"]) == (
        released.entry_id,
        glass,
        released.visit,
    )
    labels = {each.kind for each in released.page.records}
    assert labels == {"laboratory", "vital-signs"}


DENIED: dict[str, Callable[[World], dict[str, Any]]] = {
    "the glass is unknown": lambda world: {"under": "0" * 64},
    "another custodian is asked": lambda world: {"custodian": world.third},
    "another institution asks": lambda world: {"grantee": world.third},
    "the custodian asks itself": lambda world: {"grantee": world.custodian},
    "a colleague of the declarer asks": lambda world: {"user": {**DOCTOR, "id": "dr-2"}},
    "the purpose is treatment": lambda world: {"purpose": "TREAT"},
    "there is no purpose": lambda world: {"purpose": ""},
}


@pytest.mark.parametrize("case", DENIED)
def test_nothing_is_released_or_recorded_when(case: str, world: World) -> None:
    glass = break_glass(world)
    assert release(world.gw, ask(world, **{"under": glass, **DENIED[case](world)})) == Denied()
    assert disclosures_of(world) == []


def test_a_closing_after_the_decision_stops_the_commit(world: World) -> None:
    glass = break_glass(world)
    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, before=lambda: close(world, glass)))
    assert release(racing, ask(world, glass)) == Denied()
    assert disclosures_of(world) == []


def test_a_closing_after_the_commit_stops_the_release(world: World) -> None:
    glass = break_glass(world)
    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, after=lambda: close(world, glass)))
    assert release(racing, ask(world, glass)) == Denied()
    assert len(disclosures_of(world)) == 1


def test_a_glass_that_ends_while_it_is_recorded_releases_nothing(world: World, clock: Any) -> None:
    glass = break_glass(world, ttl_ms=1000)
    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, after=lambda: clock.advance(1000)))
    assert release(racing, ask(world, glass)) == Denied()


def test_a_closing_in_the_middle_of_a_pull_shows_nothing_of_it(world: World) -> None:
    glass = break_glass(world)
    count = 0

    def close_at_the_third() -> None:
        nonlocal count
        count += 1
        if count == 3:
            close(world, glass)

    racing = replace(world.gw, ledger=BesideTheEngine(world.gw.ledger, after=close_at_the_third))
    answer = pull_glass(
        racing, grantee=world.grantee, custodian=world.custodian, glass=glass, staff=doctor(world)
    )
    assert answer == Refusal("not-granted", "Nothing is granted here.")
    assert len(disclosures_of(world)) == 3


def test_a_pull_under_a_glass_brings_everything_with_its_proofs(world: World) -> None:
    glass = break_glass(world)
    pulled = pull_glass(
        world.gw, grantee=world.grantee, custodian=world.custodian, glass=glass, staff=doctor(world)
    )
    assert isinstance(pulled, Pulled)
    assert {item["type"] for item in pulled.items} == {
        "Observation",
        "AllergyIntolerance",
        "MedicationRequest",
    }
    assert [each["entry_id"] for each in pulled.disclosures] == [
        each.entry_id for each in disclosures_of(world)
    ]


CROSSED: dict[str, Callable[[World], Any]] = {
    "a glass is pulled as a grant": lambda world: pull_grant(
        world.gw,
        grantee=world.grantee,
        custodian=world.custodian,
        grant=break_glass(world),
        staff=doctor(world),
        purpose="TREAT",
    ),
    "a glass is pulled as a grant for an emergency": lambda world: pull_grant(
        world.gw,
        grantee=world.grantee,
        custodian=world.custodian,
        grant=break_glass(world),
        staff=doctor(world),
        purpose="BTG",
    ),
    "a grant is pulled as a glass": lambda world: pull_glass(
        world.gw,
        grantee=world.grantee,
        custodian=world.custodian,
        glass=give(world),
        staff=doctor(world),
    ),
    "a colleague pulls": lambda world: pull_glass(
        world.gw,
        grantee=world.grantee,
        custodian=world.custodian,
        glass=break_glass(world),
        staff=doctor(world, id="dr-2"),
    ),
}


@pytest.mark.parametrize("case", CROSSED)
def test_a_pull_brings_nothing_when(case: str, world: World) -> None:
    answer = CROSSED[case](world)
    assert isinstance(answer, Refusal)
    assert answer.code == "not-granted"
    assert disclosures_of(world) == []
