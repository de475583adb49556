"""A small world for release tests: one patient of one custodian, a phone key, and grants to others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from consent.links import own_id
from gateway.disclosure.openings import save_opening
from gateway.identity.roles import Staff
from gateway.identity.signing import submit_signed
from gateway.links.tables import patient_link
from gateway.records.importing.importer import import_bundle
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from gateway.records.tables import record
from ledger.commitment import commit
from ledger.encoding import b64u, canonical_json
from ledger.entry import parse_entry
from ledger.record import decode_record
from ledger.signing import public_key, sign_compact

HOUR_MS = 3_600_000
FAMILY = "合成测试（合成）"


@dataclass(frozen=True)
class World:
    """`phone` is the seed of the patient's key at the custodian."""

    gw: Any
    custodian: str
    grantee: str
    third: str
    patient_id: str
    link: str
    phone: bytes

    @property
    def base(self) -> str:
        """The custodian's public address."""
        with self.gw.ledger.view() as view:
            return str(view.institution(self.custodian).base)


def make_world(gw: Any, laboratory: int = 3) -> World:
    """Import two patients with records, link the first one and give the phone all rights."""
    custodian, grantee, third = (each["id"] for each in gw.ledger.genesis.institutions[:3])
    import_into(gw, custodian, bundle("first", laboratory))
    import_into(gw, custodian, bundle("second", 2))
    with gw.db.connect() as conn:
        patient_id = find_patients(conn, custodian, "chart-first")[0].id
    phone, link = gw.entropy(32), own_id(custodian, gw.entropy)
    with gw.db.begin() as conn:
        row = {"institution": custodian, "patient_id": patient_id, "link": link, "generation": 1}
        conn.execute(patient_link.insert().values(row))
    key = b64u(public_key(phone))
    proven = {"ledger": gw.ledger.id, "subject": link, "institution": custodian}
    proof = sign_compact(phone, "yaoshi-proof", proven)
    opening = {
        **proven,
        "kind": "link.open",
        "at": gw.clock(),
        "key": key,
        "proof": proof,
    }
    opened = submit_signed(gw, gw.keys.sign(custodian, "desk", "yaoshi-entry", opening))
    assert opened.kind == "link.open"
    return World(gw, custodian, grantee, third, patient_id, link, phone)


def import_into(gw: Any, institution: str, records: dict[str, Any]) -> None:
    """Import a Bundle, all of it."""
    text = json.dumps(records, ensure_ascii=False)
    report = import_bundle(gw.db, institution, text, Report(), clock=gw.clock, entropy=gw.entropy)
    assert not report.refused


def give(
    world: World, *, terms: dict[str, Any] | None = None, keep_opening: bool = True, **members: Any
) -> str:
    """Give a grant; `terms` override default_terms, `members` those of the entry."""
    text = canonical_json({**default_terms(world), **(terms or {})})
    salt = world.gw.entropy(32)
    commitment = commit(salt, text)
    if keep_opening:
        with world.gw.db.begin() as conn:
            save_opening(conn, commitment, world.custodian, world.link, salt, text.decode())
    given = {"not_after": world.gw.clock() + HOUR_MS, "commitment": commitment, **members}
    return str(sign_on_phone(world, "grant.give", **given).entry_id)


def default_terms(world: World) -> dict[str, Any]:
    return {
        "grantee": world.grantee,
        "clinician": {"id": "dr-1", "name": "合成医生", "role": "physician"},
        "role": None,
        "purpose": "TREAT",
        "scope": {"kinds": ["laboratory"]},
        "request": hashlib.sha256(b"request").hexdigest(),
    }


def revoke(world: World, grant: str) -> None:
    assert sign_on_phone(world, "grant.revoke", grant=grant).kind == "grant.revoke"


def sign_on_phone(world: World, kind: str, **members: Any) -> Any:
    payload = {
        "ledger": world.gw.ledger.id,
        "subject": world.link,
        "kind": kind,
        "at": world.gw.clock(),
        **members,
    }
    return submit_signed(world.gw, sign_compact(world.phone, "yaoshi-entry", payload))


def doctor(world: World, **changes: Any) -> Staff:
    staff = Staff(
        id="dr-1",
        institution=world.grantee,
        user="dr",
        name="合成医生",
        role="clinician",
        department="内分泌科",
        role_code="physician",
        fresh=True,
    )
    return replace(staff, **changes)


def bundle(name: str, laboratory: int) -> dict[str, Any]:
    """A Bundle: patient, laboratory results, one vital sign, one sensitive result, an allergy, a drug."""
    patient = {
        "resourceType": "Patient",
        "id": f"p-{name}",
        "identifier": [{"system": "urn:test:chart", "value": f"chart-{name}"}],
        "name": [{"text": FAMILY}],
        "gender": "female",
        "birthDate": "1970-01-01",
    }
    results = [observation(name, number) for number in range(laboratory)]
    sensitive = observation(name, 1000)
    sensitive["meta"] = {
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}]
    }
    pulse = observation(name, 2000)
    pulse["category"] = [category("vital-signs")]
    subject = {"reference": f"Patient/p-{name}"}
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": f"a-{name}",
        "patient": subject,
        "code": {"text": "青霉素"},
    }
    drug = {
        "resourceType": "MedicationRequest",
        "id": f"m-{name}",
        "status": "active",
        "intent": "order",
        "subject": subject,
        "medicationCodeableConcept": {"text": "二甲双胍"},
        "authoredOn": "2026-01-05",
    }
    resources = [patient, *results, sensitive, pulse, allergy, drug]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:test:{each['resourceType']}-{each['id']}", "resource": each}
            for each in resources
        ],
    }


def observation(name: str, number: int) -> dict[str, Any]:
    day, month = 1 + number % 28, 1 + (number // 28) % 12
    return {
        "resourceType": "Observation",
        "id": f"o-{name}-{number}",
        "status": "final",
        "category": [category("laboratory")],
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "HbA1c"}],
            "text": "糖化血红蛋白",
        },
        "subject": {"reference": f"Patient/p-{name}"},
        "effectiveDateTime": f"2026-{month:02}-{day:02}T08:10:00+08:00",
        "valueQuantity": {
            "value": 6.8,
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
        "referenceRange": [{"low": {"value": 4.0, "unit": "%"}, "high": {"value": 6.0, "unit": "%"}}],
    }


def category(code: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {"coding": [{"system": system, "code": code}]}


def disclosures_of(world: World) -> list[Any]:
    """The disclosure.made entries of the link, in order: parsed entries with entry_id and payload."""
    with world.gw.ledger.view() as view:
        rows = view.chain(world.link)
    entries = [parse_entry(decode_record(row.record_bytes).entry.decode()) for row in rows]
    return [Made(each.id, each.payload) for each in entries if each.kind == "disclosure.made"]


@dataclass(frozen=True)
class Made:
    entry_id: str
    payload: dict[str, Any]


def stored_id(world: World, resource_type: str, kind: str = "", label: str = "", other: bool = False) -> str:
    """Id of a stored record: of this type, kind and label, of the linked patient or of the other one."""
    own = record.c.patient_id == world.patient_id
    query = select(record.c.id).where(record.c.type == resource_type, ~own if other else own)
    if kind:
        query = query.where(record.c.kind == kind, record.c.labels.contains(label))
        query = query if label else query.where(record.c.labels == "")
    with world.gw.db.connect() as conn:
        return str(conn.execute(query.order_by(record.c.id)).scalars().first())
