"""A filed copy: the same result to the last digit, a way back to its source, and never released onward."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from sqlalchemy import select

from gateway.peers.pull import Pulled, pull_grant
from gateway.records.tables import record
from gateway.reuse.deciding.copies import NO_REDISCLOSURE, Origin, copy_of, provenance_of
from gateway.reuse.deciding.filing import FilingError, file_resources
from ledger.receipt import open_receipt
from tests.gateway.disclosure.world import World, bundle, doctor, give, import_into, make_world

USER = {"id": "dr-1", "name": "合成医生", "role": "physician"}


@pytest.fixture
def world(gw: Any) -> World:
    made = make_world(gw)
    import_into(gw, made.grantee, bundle("first", 1))
    return made


@pytest.fixture
def pulled(world: World) -> tuple[str, Pulled]:
    grant = give(world)
    answer = pull_grant(
        world.gw,
        grantee=world.grantee,
        custodian=world.custodian,
        grant=grant,
        staff=doctor(world),
        purpose="TREAT",
    )
    assert isinstance(answer, Pulled)
    return grant, answer


def origin_of(world: World, grant: str, pulled: Pulled, ref: str) -> Origin:
    arrived = pulled.received[ref]
    base = f"{world.base}/fhir"
    return Origin(world.custodian, "望溪", base, ref, grant, arrived.disclosure, arrived.receipt)


def chart_of(world: World) -> str:
    query = select(record.c.id).where(record.c.institution == world.grantee, record.c.type == "Patient")
    with world.gw.db.connect() as conn:
        return str(conn.execute(query).scalar_one())


def filed(world: World, origin: Origin, text: str) -> dict[str, str]:
    patient = chart_of(world)
    own = {"id": world.grantee, "name": "梧桐里"}
    made = provenance_of(
        text, origin, patient, institution=own, user=USER, rule="hba1c/default@1", now=world.gw.clock()
    )
    resources = [
        (origin.full_url(patient), copy_of(text, origin, patient)),
        ("urn:yaoshi:provenance:1", made),
    ]
    with world.gw.db.begin() as conn:
        return file_resources(
            conn, world.grantee, patient, resources, now=world.gw.clock(), entropy=world.gw.entropy
        )


def stored(world: World, ref: str) -> tuple[dict[str, Any], Any]:
    type_, id_ = ref.split("/")
    query = select(record).where(
        record.c.institution == world.grantee, record.c.type == type_, record.c.id == id_
    )
    with world.gw.db.connect() as conn:
        row = conn.execute(query).one()
    return json.loads(row.json_text), row


def test_a_copy_says_what_the_original_says_to_the_last_digit(world: World) -> None:
    text = (
        '{"resourceType":"Observation","id":"x","status":"final","code":{"text":"HbA1c"},'
        '"valueQuantity":{"value":6.80,"unit":"%"},"specimen":{"reference":"Specimen/1","display":"静脉血"},'
        '"encounter":{"reference":"Encounter/1"},"performer":[{"reference":"Practitioner/1"}],'
        '"referenceRange":[{"low":{"value":4.0}}],"meta":{"source":"urn:theirs","versionId":"3"}}'
    )
    origin = Origin("a" * 32, "望溪", "https://a.example/fhir", "Observation/x", "b" * 64, "c" * 64, {})
    copy = copy_of(text, origin, "p")
    assert [copy["valueQuantity"]["value"], copy["referenceRange"][0]["low"]["value"]] == ["6.80", "4.0"]
    assert copy["specimen"] == {"display": "静脉血"}
    assert [each["display"] for each in copy["performer"]] == ["望溪"]
    assert copy["meta"]["source"] == "https://a.example/fhir/Observation/x"
    assert "encounter" not in copy


def test_a_filed_copy_lies_in_the_own_chart_and_its_provenance_leads_back(
    world: World, pulled: tuple[str, Pulled]
) -> None:
    grant, answer = pulled
    ref, arrived = next(iter(answer.received.items()))
    origin = origin_of(world, grant, answer, ref)
    named, name = filed(world, origin, arrived.json_text), origin.full_url(chart_of(world))
    copy, row = stored(world, named[name])
    assert row.patient_id == chart_of(world)
    assert copy["valueQuantity"] == json.loads(arrived.json_text)["valueQuantity"]
    provenance, beside = stored(world, named["urn:yaoshi:provenance:1"])
    assert provenance["target"] == [{"reference": named[name]}]
    assert provenance["entity"][0]["what"]["reference"] == origin.address
    [disclosure] = provenance["extension"]
    facts = {each["url"]: each for each in disclosure["extension"]}
    assert facts["entry"]["valueId"] == arrived.disclosure
    assert facts["under"]["valueId"] == grant
    receipt = json.loads(b64decode(facts["receipt"]["valueAttachment"]["data"]))
    key = world.gw.ledger.genesis.checkpoint_key(world.gw.ledger.genesis.operators[0]["id"])
    assert open_receipt(receipt, world.gw.ledger.genesis.origin, key).entry.id == arrived.disclosure
    assert [row.labels, beside.labels] == [NO_REDISCLOSURE, NO_REDISCLOSURE]


def test_the_same_result_filed_again_is_one_copy(world: World, pulled: tuple[str, Pulled]) -> None:
    grant, answer = pulled
    ref, arrived = next(iter(answer.received.items()))
    origin = origin_of(world, grant, answer, ref)
    first, name = filed(world, origin, arrived.json_text), origin.full_url(chart_of(world))
    assert filed(world, origin, arrived.json_text)[name] == first[name]


def test_what_cannot_be_stored_leaves_nothing(world: World) -> None:
    with pytest.raises(FilingError), world.gw.db.begin() as conn:
        file_resources(
            conn, world.grantee, chart_of(world), [("urn:x:1", {"resourceType": "Basic"})],
            now=1, entropy=world.gw.entropy,
        )  # fmt: skip
