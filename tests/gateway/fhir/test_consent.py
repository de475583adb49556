"""The Consent of a token's own grant: what it says, who finds it, and that it is never wider."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from ledger.signing import peek_compact
from tests.gateway.disclosure.world import HOUR_MS, World, disclosures_of, give, revoke
from tests.gateway.fhir.conftest import Peer
from tests.gateway.fhir.schema_check import faults

SCHEMA = Path(__file__).resolve().parents[3] / "../shared/data/schema/fhir.schema.r4.json.gz"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
HEIGHT = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def consent(peer: Peer, grant: str) -> dict[str, Any]:
    answer = peer.get(f"Consent/{grant}", peer.token(grant))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_consent_says_who_may_have_what_for_what_until_when(peer: Peer, world: World) -> None:
    grant = give(world, not_after=world.gw.clock() + HOUR_MS, max_visits=3)
    found = consent(peer, grant)
    assert found["status"] == "active"
    assert found["patient"] == {"reference": f"Patient/{world.patient_id}"}
    assert found["organization"][0]["reference"] == f"urn:yaoshi:institution:{world.custodian}"
    assert found["dateTime"] == "2026-01-01T00:00:00.000Z"
    assert found["extension"] == [{"url": "urn:yaoshi:extension:max-visits", "valueInteger": 3}]
    provision = found["provision"]
    assert provision["type"] == "permit"
    assert provision["period"] == {"start": "2026-01-01T00:00:00.000Z", "end": "2026-01-01T00:59:59.999Z"}
    assert provision["actor"][0]["reference"]["reference"] == f"urn:yaoshi:clinician:{world.grantee}#dr-1"
    assert [each["code"] for each in provision["purpose"]] == ["TREAT"]
    assert provision["class"] == [{"system": "urn:yaoshi:record-kind", "code": "laboratory"}]
    assert provision["securityLabel"] == [{"system": HEIGHT, "code": "N"}]


def test_its_source_is_the_signed_entry_itself(peer: Peer, world: World) -> None:
    grant = give(world)
    attachment = consent(peer, grant)["sourceAttachment"]
    header, payload = peek_compact(b64decode(attachment["data"]).decode())
    assert (header["typ"], payload["kind"], payload["subject"]) == ("yaoshi-entry", "grant.give", world.link)


PROVISIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "kinds that are one type": (
        {"kinds": ["allergy", "condition"]},
        {"type": "permit", "class": [("http://hl7.org/fhir/resource-types", "AllergyIntolerance"),
                                     ("http://hl7.org/fhir/resource-types", "Condition")]}),
    "a kind that is several, by its own name": (
        {"kinds": ["imaging"]}, {"type": "permit", "class": [("urn:yaoshi:record-kind", "imaging")]}),
    "days, the last of them inside": (
        {"kinds": ["condition"], "from": "2025-01-01", "to": "2025-03-01"},
        {"type": "permit", "dataPeriod": {"start": "2025-01-01", "end": "2025-02-28"}}),
    "codes": (
        {"kinds": ["laboratory"], "codes": ["http://loinc.org|4548-4", "|local"]},
        {"type": "permit", "code": [{"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
                                    {"coding": [{"code": "local"}]}]}),
    "single records": (
        {"kinds": [], "records": ["Observation/x"]},
        {"type": "permit", "class": None,
         "data": [{"meaning": "instance", "reference": {"reference": "Observation/x"}}]}),
    "sensitive codes": (
        {"kinds": ["laboratory"], "sensitive": ["HIV", "R"]},
        {"securityLabel": [{"system": HEIGHT, "code": "R"}, {"system": ACT_CODE, "code": "HIV"}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", PROVISIONS)
def test_a_provision_says(case: str, peer: Peer, world: World) -> None:
    scope, expected = PROVISIONS[case]
    provision = consent(peer, give(world, terms={"scope": scope}))["provision"]
    for name, value in expected.items():
        found = provision.get(name)
        if name == "class" and found is not None:
            found = [(each["system"], each["code"]) for each in found]
        assert found == value, name


def test_limits_and_single_records_are_never_joined_into_something_else(peer: Peer, world: World) -> None:
    scope = {"kinds": ["condition"], "records": ["Observation/x"]}
    provision = consent(peer, give(world, terms={"scope": scope}))["provision"]
    assert provision["type"] == "deny"
    kinds, records = provision["provision"]
    assert (kinds["type"], records["type"]) == ("permit", "permit")
    assert ("data" in kinds, "class" in kinds) == (False, True)
    assert ("data" in records, "class" in records) == (True, False)
    for nested in (kinds, records):
        for name in ("actor", "period", "purpose", "securityLabel"):
            assert nested[name] == provision[name]


def test_a_role_is_an_actor_where_no_person_is_named(peer: Peer, world: World) -> None:
    grant = give(world, terms={"clinician": None, "role": "physician"})
    (actor,) = consent(peer, grant)["provision"]["actor"]
    assert actor["reference"]["reference"] == f"urn:yaoshi:role:{world.grantee}#physician"


@pytest.mark.parametrize("sort", ["plain", "both", "records"])
def test_it_has_the_standards_form(sort: str, peer: Peer, world: World) -> None:
    if not SCHEMA.exists():
        pytest.skip("the FHIR R4 JSON schema is missing: ../shared/data/schema/fhir.schema.r4.json.gz")
    schema = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    scopes: dict[str, Any] = {
        "plain": {"kinds": ["laboratory"], "from": "2025-01-01", "codes": ["http://loinc.org|1"]},
        "both": {"kinds": ["laboratory"], "records": ["Observation/x"], "sensitive": ["HIV"]},
        "records": {"kinds": [], "records": ["Observation/x"]},
    }
    token = peer.token(give(world, max_visits=2, terms={"scope": scopes[sort]}))
    for path in ("Consent", "Consent?_summary=true", "Consent?_elements=status"):
        answer = peer.get(path, token)
        assert answer.json["total"] == 1
        assert faults(schema, answer.json) == []


def test_after_a_revocation_it_is_inactive_and_another_version(peer: Peer, world: World, clock: Any) -> None:
    grant = give(world)
    token = peer.token(grant)
    assert peer.get(f"Consent/{grant}", token).headers["ETag"] == 'W/"1"'
    clock.advance(minutes=1)
    revoke(world, grant)
    answer = peer.get(f"Consent/{grant}", token, **{"If-None-Match": 'W/"1"'})
    assert (answer.status_code, answer.json["status"], answer.headers["ETag"]) == (200, "inactive", 'W/"2"')
    assert answer.json["meta"]["lastUpdated"] == "2026-01-01T00:01:00.000Z"
    assert peer.get("Consent?status=active", token).json["total"] == 0
    assert peer.get("Observation?patient={p}", token).status_code == 404
    again = peer.get(f"Consent/{grant}", token, **{"If-None-Match": 'W/"2"'})
    assert (again.status_code, again.data) == (304, b"")


def test_a_grant_whose_time_is_over_is_active_with_its_period_past(
    peer: Peer, world: World, clock: Any
) -> None:
    grant = give(world, not_after=world.gw.clock() + 60_000)
    token = peer.token(grant)
    clock.advance(minutes=2)
    found = peer.get(f"Consent/{grant}", token).json
    assert (found["status"], found["provision"]["period"]["end"]) == ("active", "2026-01-01T00:00:59.999Z")


def test_a_grant_whose_uses_are_spent_is_inactive(peer: Peer, world: World, clock: Any) -> None:
    grant = give(world, max_visits=1, not_after=world.gw.clock() + 24 * HOUR_MS)
    peer.get("Observation?patient={p}", peer.token(grant))
    clock.advance(minutes=28)
    late = peer.token(grant)
    assert peer.get(f"Consent/{grant}", late).json["status"] == "active"
    clock.advance(minutes=3)
    found = peer.get(f"Consent/{grant}", late).json
    assert found["status"] == "inactive"


def test_reading_it_is_no_disclosure(peer: Peer, world: World) -> None:
    grant = give(world)
    before = len(disclosures_of(world))
    consent(peer, grant)
    assert len(disclosures_of(world)) == before


SEARCHES = {
    "nothing": ("", 1),
    "its patient": ("patient={p}", 1),
    "its patient as a reference": ("patient=Patient/{p}", 1),
    "another patient": ("patient=nobody", 0),
    "the patient's number": ("patient.identifier=urn:test:chart|chart-first", 1),
    "another patient's number": ("patient.identifier=urn:test:chart|chart-second", 0),
    "its state": ("status=active", 1),
    "its state with its system": ("status=http://hl7.org/fhir/consent-state-codes|active", 1),
    "another state": ("status=inactive,rejected", 0),
    "not that state": ("status:not=active", 0),
    "its actor": ("actor=urn:yaoshi:clinician:{grantee}%23dr-1", 1),
    "another actor": ("actor=urn:yaoshi:clinician:{grantee}%23dr-2", 0),
    "its day": ("date=2026-01-01", 1),
    "another day": ("date=2026-01-02", 0),
    "its period": ("period=2026-01", 1),
    "a period before it": ("period=lt2026", 0),
    "a period that reaches into it": ("period=ap2026-01-01T00:30:00Z", 1),
    "its purpose": ("purpose=TREAT", 1),
    "another purpose": ("purpose=HPAYMT", 0),
    "its scope": ("scope=patient-privacy", 1),
    "its category": ("category=http://loinc.org|59284-0", 1),
    "its label": (f"security-label={HEIGHT}|N", 1),
    "another label": ("security-label=HIV", 0),
    "when it was last changed": ("_lastUpdated=ge2026-01-01", 1),
    "before it was last changed": ("_lastUpdated=lt2026-01-01", 0),
    "an id": ("_id=x", 0),
    "a label of the resource itself": ("_security=N", 0),
    "no label of the resource itself": ("_security:missing=true", 1),
    "with a period": ("period:missing=false", 1),
    "only the count": ("_summary=count", 1),
}


@pytest.mark.parametrize("case", SEARCHES)
def test_it_is_found_by(case: str, peer: Peer, world: World) -> None:
    query, total = SEARCHES[case]
    answer = peer.get(f"Consent?{query.replace('{grantee}', world.grantee)}", peer.token(give(world)))
    assert (answer.status_code, answer.json["total"]) == (200, total), answer.text
    assert len(answer.json.get("entry", [])) == (0 if "count" in query else total)


@pytest.mark.parametrize(
    "query", ["colour=red", "patient.name=x", "_include=Consent:actor", "status=", "date=x"]
)
def test_a_search_of_it_is_refused(query: str, peer: Peer, world: World) -> None:
    assert peer.get(f"Consent?{query}", peer.token(give(world))).status_code == 400


def test_a_search_by_post(peer: Peer, world: World) -> None:
    token, path = peer.token(give(world)), f"/i/{world.custodian}/fhir/Consent/_search"
    headers = {"Authorization": f"Bearer {token}"}
    assert peer.http.post(path, data={"status": "active"}, headers=headers).json["total"] == 1
    assert peer.http.post(path, json={}, headers=headers).status_code == 415


def test_another_grant_does_not_exist(peer: Peer, world: World) -> None:
    """Neither the same patient's other grant, nor one to somebody else, nor one that was never given."""
    own, second = give(world), give(world)
    foreign = give(world, terms={"grantee": world.third})
    token = peer.token(own)
    answers = [
        peer.get(f"Consent/{id_}", token) for id_ in (second, foreign, "f" * 64, "x", "a_b", "1/_history/1")
    ]
    assert {each.status_code for each in answers} == {404}
    assert len({each.data for each in answers}) == 1
    assert [peer.get(f"Consent?_id={id_}", token).json["total"] for id_ in (own, second, foreign)] == [
        1,
        0,
        0,
    ]
    assert peer.get(f"Consent/{own}/_history/1", token).status_code == 200
    assert peer.get(f"Consent/{own}/_history/2", token).status_code == 404


def test_nobody_reads_it_without_a_token(peer: Peer, world: World) -> None:
    grant = give(world)
    for path in ("Consent", f"Consent/{grant}"):
        assert peer.http.get(f"/i/{world.custodian}/fhir/{path}").status_code == 401
