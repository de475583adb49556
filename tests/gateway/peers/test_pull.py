"""The grantee's pull: everything granted and proved, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from gateway.disclosure.release import Ask, Released, release
from gateway.fhir.receipts_door import proof_of_disclosure
from gateway.identity.together import Together
from gateway.peers.pull import Pulled, pull_grant
from gateway.peers.verification import Expected, Verified, verify_disclosure
from gateway.records.searching.query import Query, parse_query
from ledger.encoding import b64u, unb64u
from ledger.entry import parse_entry
from ledger.errors import Refusal, Unavailable
from ledger.record import decode_record
from tests.gateway.disclosure.world import FAMILY, World, disclosures_of, doctor, give, make_world, revoke


@pytest.fixture
def world(gw: Any) -> World:
    return make_world(gw, laboratory=205)


def pull(world: World, grant: str, **changes: Any) -> Pulled | Refusal:
    asked = {
        "grantee": world.grantee,
        "custodian": world.custodian,
        "grant": grant,
        "staff": doctor(world),
        "purpose": "TREAT",
        **changes,
    }
    return pull_grant(world.gw, **asked)


def test_a_pull_brings_everything_granted_with_its_proofs(world: World) -> None:
    kinds = ["laboratory", "medication", "allergy"]

    pulled = pull(world, give(world, terms={"scope": {"kinds": kinds}}, max_visits=1))

    assert isinstance(pulled, Pulled)
    assert pulled.patient["name"][0]["text"] == FAMILY
    counts = {each["type"]: 0 for each in pulled.items}
    for each in pulled.items:
        counts[each["type"]] += 1
        assert each["source"] == world.custodian
    assert counts == {"Observation": 205, "MedicationRequest": 1, "AllergyIntolerance": 1}
    assert list(pulled.received) == [each["ref"] for each in pulled.items]
    given = {each.disclosure for each in pulled.received.values()}
    assert given <= {each["entry_id"] for each in pulled.disclosures}
    made = disclosures_of(world)
    assert [each["entry_id"] for each in pulled.disclosures] == [each.entry_id for each in made]
    assert sum(each["count"] for each in pulled.disclosures) == 205 + 1 + 1 + 1
    assert {each.payload["visit"] for each in made} == {pulled.visit}
    assert all(each["verified"] is True for each in pulled.disclosures)


def test_disclosures_that_were_signed_together_are_proved_one_by_one(gw: Any) -> None:
    small = make_world(gw)
    grant = give(small)
    # As a gateway of a consortium signs; here the moment is long, so that threads surely meet in it.
    vars(gw)["together"] = Together(gw.keys.sign_entries, pace_s=0.3)
    with ThreadPoolExecutor(6) as threads:
        pulled = list(threads.map(lambda _number: pull(small, grant), range(6)))
    assert all(isinstance(each, Pulled) for each in pulled)
    shown = [one for each in pulled for one in each.disclosures]
    assert all(one["verified"] is True for one in shown)
    with gw.ledger.view() as view:
        entries = [
            parse_entry(decode_record(row.record_bytes).entry.decode()) for row in view.records(1, 999)
        ]
        receipts = [view.receipt(index) for index in range(1, view.size)]
    batched = [one for one in entries if one.batched]
    assert {one.kind for one in batched} == {"disclosure.made"}
    assert {one.id for one in batched} <= {one["entry_id"] for one in shown}
    for one, receipt in zip(entries, receipts, strict=True):
        stored = decode_record(unb64u(receipt["record"])).entry.decode()
        others = [other.text.split(".")[1] for other in entries if other is not one]
        assert one.text.split(".")[1] in stored
        assert not any(payload in stored for payload in others), "a receipt carries nobody else's entry"


def test_a_number_is_shown_as_it_was_written(world: World) -> None:
    pulled = pull(world, give(world))
    assert isinstance(pulled, Pulled)
    assert {each["range"]["low"] for each in pulled.items} == {"4.0"}


REFUSED: dict[str, tuple[Callable[[World], dict[str, Any]], str]] = {
    "the grant is unknown": (lambda world: {"grant": "0" * 64}, "not-granted"),
    "the custodian is another": (lambda world: {"custodian": world.third}, "not-granted"),
    "the custodian is not registered": (lambda world: {"custodian": "0" * 32}, "institution-unknown"),
    "another institution pulls": (lambda world: {"grantee": world.third}, "not-granted"),
    "another clinician pulls": (lambda world: {"staff": doctor(world, id="dr-2")}, "not-granted"),
    "the purpose is another": (lambda world: {"purpose": "ETREAT"}, "not-granted"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_pull_is_refused_when(case: str, world: World) -> None:
    change, code = REFUSED[case]
    answer = pull(world, **{"grant": give(world), **change(world)})
    assert isinstance(answer, Refusal)
    assert answer.code == code
    assert disclosures_of(world) == []


def test_a_revoked_grant_is_refused_like_an_unknown_one(world: World) -> None:
    grant = give(world)
    revoke(world, grant)
    assert pull(world, grant) == pull(world, "0" * 64)


def test_a_person_without_an_id_is_not_asked_for(world: World) -> None:
    assert isinstance(pull(world, give(world), staff=doctor(world, id="")), Refusal)


def test_an_outage_of_the_ledger_is_not_a_refusal(world: World) -> None:
    class Down:
        def __init__(self, engine: Any) -> None:
            self._engine = engine

        def __getattr__(self, name: str) -> Any:
            return getattr(self._engine, name)

        def record(self, entry: str, timeout: float) -> Any:
            raise Unavailable("unavailable", "the disk is full")

    grant = give(world)
    with pytest.raises(Unavailable):
        pull(replace(world, gw=replace(world.gw, ledger=Down(world.gw.ledger))), grant)


@pytest.fixture
def proved(gw: Any) -> tuple[World, Released, Expected, dict[str, Any], list[tuple[str, str]]]:
    """A release of three results with its proof and what the grantee expects."""
    world = make_world(gw)
    grant = give(world)
    query = parse_query("Observation", [("patient", world.patient_id)], "strict")
    assert isinstance(query, Query)
    user = {"id": "dr-1", "name": "合成医生", "role": "physician"}
    asked = Ask(world.custodian, grant, world.grantee, user, "TREAT", "assertion", query)
    released = release(gw, asked)
    assert isinstance(released, Released)
    proof = proof_of_disclosure(gw, world.custodian, world.grantee, released.entry_id)
    assert proof is not None
    expected = Expected(
        released.entry_id,
        world.custodian,
        world.grantee,
        grant,
        released.visit,
        "TREAT",
        "assertion",
        user,
        ("Observation", [("patient", world.patient_id)]),
    )
    received = [(f"{each.type}/{each.id}", each.json_text) for each in released.page.records]
    return world, released, expected, proof, received


Proved = tuple[World, Released, Expected, dict[str, Any], list[tuple[str, str]]]


def test_what_was_disclosed_verifies(proved: Proved) -> None:
    world, released, expected, proof, received = proved
    verified = verify_disclosure(world.gw, proof, expected, received)
    assert isinstance(verified, Verified)
    assert verified.visit == released.visit


def test_the_first_answer_of_a_pull_says_which_visit_it_is(proved: Proved) -> None:
    world, released, expected, proof, received = proved
    verified = verify_disclosure(world.gw, proof, replace(expected, visit=None), received)
    assert isinstance(verified, Verified)
    assert verified.visit == released.visit


def other_receipt(proof: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**proof, "receipt": {**proof["receipt"], **changes}}


def flipped(text: str) -> str:
    data = bytearray(unb64u(text))
    data[-1] ^= 1
    return b64u(bytes(data))


Lie = Callable[[dict[str, Any], Expected, list[tuple[str, str]]], tuple[dict[str, Any], Expected, Any]]
LIES: dict[str, Lie] = {
    "a record's text was changed": lambda p, e, r: (p, e, [(r[0][0], r[0][1] + " "), *r[1:]]),
    "a record was kept back": lambda p, e, r: (p, e, r[1:]),
    "a record was added": lambda p, e, r: (p, e, [*r, ("Observation/x", "{}")]),
    "two records changed places": lambda p, e, r: (p, e, [r[1], r[0], *r[2:]]),
    "a record goes by another name": lambda p, e, r: (p, e, [("Observation/x", r[0][1]), *r[1:]]),
    "the details were changed": lambda p, e, r: (
        {**p, "opening": {**p["opening"], "details": p["opening"]["details"].replace("TREAT", "TREET")}},
        e,
        r,
    ),
    "the salt is another": lambda p, e, r: (
        {**p, "opening": {**p["opening"], "salt": flipped(p["opening"]["salt"])}},
        e,
        r,
    ),
    "the salt is short": lambda p, e, r: ({**p, "opening": {**p["opening"], "salt": "AA"}}, e, r),
    "the opening is missing": lambda p, e, r: ({"receipt": p["receipt"]}, e, r),
    "the opening is a text": lambda p, e, r: ({**p, "opening": "x"}, e, r),
    "the receipt is missing": lambda p, e, r: ({"opening": p["opening"]}, e, r),
    "the heads root was changed": lambda p, e, r: (
        other_receipt(p, heads=flipped(p["receipt"]["heads"])),
        e,
        r,
    ),
    "the record was changed": lambda p, e, r: (
        other_receipt(p, record=flipped(p["receipt"]["record"])),
        e,
        r,
    ),
    "the inclusion path is short": lambda p, e, r: (
        other_receipt(p, inclusion=p["receipt"]["inclusion"][:-1]),
        e,
        r,
    ),
    "the checkpoint names another size": lambda p, e, r: (
        other_receipt(p, checkpoint=resized(p["receipt"]["checkpoint"])),
        e,
        r,
    ),
    "the checkpoint has no signature": lambda p, e, r: (
        other_receipt(p, checkpoint=p["receipt"]["checkpoint"].split("\n\n")[0] + "\n\n"),
        e,
        r,
    ),
    "the entry is another": lambda p, e, r: (p, replace(e, entry_id="0" * 64), r),
    "the visit is another": lambda p, e, r: (p, replace(e, visit="0" * 32), r),
    "it was made for another purpose": lambda p, e, r: (p, replace(e, purpose="ETREAT"), r),
    "it was made for another assertion": lambda p, e, r: (p, replace(e, assertion="other"), r),
    "another person asked": lambda p, e, r: (p, replace(e, user={**e.user, "id": "dr-2"}), r),
    "it answers a search for another type": lambda p, e, r: (
        p,
        replace(e, query=("Condition", e.query[1])),
        r,
    ),
    "it answers another search": lambda p, e, r: (p, replace(e, query=("Observation", [("_id", "x")])), r),
}


def resized(note: str) -> str:
    origin, size, rest = note.split("\n", 2)
    return f"{origin}\n{int(size) + 1}\n{rest}"


@pytest.mark.parametrize("case", LIES)
def test_nothing_is_shown_when(case: str, proved: Proved) -> None:
    world, _released, expected, proof, received = proved
    lied_proof, lied_expected, lied_received = LIES[case](proof, expected, received)
    answer = verify_disclosure(world.gw, lied_proof, lied_expected, lied_received)
    assert isinstance(answer, Refusal)
    assert answer.code == "disclosure-unproven"


def test_a_disclosure_to_another_grantee_proves_nothing(proved: Proved) -> None:
    world, _released, expected, proof, received = proved
    stranger = replace(expected, grantee=world.third)
    assert isinstance(verify_disclosure(world.gw, proof, stranger, received), Refusal)


def test_a_disclosure_signed_by_another_institution_proves_nothing(proved: Proved) -> None:
    world, _released, expected, proof, received = proved
    stranger = replace(expected, custodian=world.third)
    assert isinstance(verify_disclosure(world.gw, proof, stranger, received), Refusal)


def test_one_page_that_does_not_verify_and_nothing_is_returned(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.peers import here as module

    grant, calls = give(world), []

    def keeps_the_second_back(*asked: Any) -> Any:
        calls.append(asked)
        return None if len(calls) == 2 else proof_of_disclosure(*asked)

    monkeypatch.setattr(module, "proof_of_disclosure", keeps_the_second_back)
    answer = pull(world, grant)
    assert isinstance(answer, Refusal)
    assert answer.code == "disclosure-unproven"
