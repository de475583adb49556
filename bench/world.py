"""A fresh node in a temporary folder with one linked patient and many laboratory results, to be measured."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert

from app import compose
from consent.links import own_id
from gateway.cli.opening import now_ms
from gateway.composition import Gateway
from gateway.disclosure.openings import save_opening
from gateway.identity.founding import found
from gateway.identity.signing import submit_signed
from gateway.links.tables import patient_link
from gateway.records.importing.importer import import_bundle
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from gateway.settings import Settings
from gateway.web.logs import make_log
from ledger.commitment import commit
from ledger.encoding import b64u, canonical_json
from ledger.signing import public_key, sign_compact

DAY_MS = 86_400_000
# One link takes all disclosures of a run, so the quota of a link must not be what is measured.
LIMITS = {"link_entries_per_hour": 10_000_000}
USER = {"id": "dr-1", "name": "合成医生", "role": "physician"}


@dataclass(frozen=True)
class World:
    """`phone` is the seed of the patient's key."""

    gw: Gateway
    settings: Settings
    custodian: str
    grantee: str
    patient_id: str
    link: str
    phone: bytes


def settings_in(folder: Path, port: int) -> Settings:
    """Settings of a node that listens on this port, with its files in the folder."""
    return Settings(
        console_origin=f"http://localhost:{port}",
        wallet_origin=f"http://127.0.0.1:{port}",
        data=folder / "node",
        port=port,
        disk_warn_bytes=0,
        disk_warn_percent=0,
        disk_stop_bytes=0,
    )


@contextmanager
def node(laboratory: int, port: int = 8080) -> Iterator[World]:
    """A composed node holding `laboratory` results of one linked patient; gone afterwards."""
    with TemporaryDirectory(prefix="yaoshi-bench-") as name:
        folder = Path(name)
        settings = settings_in(folder, port)
        found(settings, now_ms, os.urandom, limits=LIMITS)
        gw = replace(compose(settings), log=make_log(io.StringIO()))  # the table stands alone on the screen
        try:
            yield _world(gw, settings, laboratory)
        finally:
            gw.close()


def give(world: World) -> str:
    """Grant the laboratory results to the grantee; the grant's id."""
    terms = {
        "grantee": world.grantee,
        "clinician": USER,
        "role": None,
        "purpose": "TREAT",
        "scope": {"kinds": ["laboratory"]},
        "request": hashlib.sha256(b"bench").hexdigest(),
    }
    salt, text = os.urandom(32), canonical_json(terms)
    commitment = commit(salt, text)
    with world.gw.db.begin() as conn:
        save_opening(conn, commitment, world.custodian, world.link, salt, text.decode())
    not_after = world.gw.clock() + DAY_MS
    return str(sign_on_phone(world, "grant.give", not_after=not_after, commitment=commitment).entry_id)


def sign_on_phone(world: World, kind: str, **members: Any) -> Any:
    """Commit an entry of the patient's key."""
    payload = {
        "ledger": world.gw.ledger.id,
        "subject": world.link,
        "kind": kind,
        "at": world.gw.clock(),
        **members,
    }
    committed = submit_signed(world.gw, sign_compact(world.phone, "yaoshi-entry", payload))
    if not hasattr(committed, "entry_id"):
        raise RuntimeError(f"the ledger refused {kind}: {committed.code}")
    return committed


def _world(gw: Gateway, settings: Settings, laboratory: int) -> World:
    custodian, grantee = (each["id"] for each in gw.ledger.genesis.institutions[:2])
    records = json.dumps(_bundle(laboratory), ensure_ascii=False)
    report = import_bundle(gw.db, custodian, records, Report(), clock=gw.clock, entropy=gw.entropy)
    if report.refused:
        raise RuntimeError(f"the import refused {dict(report.refused)}")
    with gw.db.connect() as conn:
        patient_id = find_patients(conn, custodian, "chart-bench")[0].id
    phone, link = os.urandom(32), own_id(custodian, os.urandom)
    with gw.db.begin() as conn:
        row = {"institution": custodian, "patient_id": patient_id, "link": link, "generation": 1}
        conn.execute(insert(patient_link).values(row))
    key = b64u(public_key(phone))
    proof = sign_compact(
        phone, "yaoshi-proof", {"ledger": gw.ledger.id, "subject": link, "institution": custodian}
    )
    opening = {
        "ledger": gw.ledger.id,
        "subject": link,
        "kind": "link.open",
        "at": gw.clock(),
        "institution": custodian,
        "key": key,
        "proof": proof,
    }
    submit_signed(gw, gw.keys.sign(custodian, "desk", "yaoshi-entry", opening))
    return World(gw, settings, custodian, grantee, patient_id, link, phone)


def _bundle(laboratory: int) -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "id": "bench",
        "identifier": [{"system": "urn:bench:chart", "value": "chart-bench"}],
        "name": [{"text": "测量用（合成）"}],
        "gender": "female",
        "birthDate": "1970-01-01",
    }
    resources = [patient, *(_result(number) for number in range(laboratory))]
    entries = [{"fullUrl": f"urn:bench:{number}", "resource": each} for number, each in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _result(number: int) -> dict[str, Any]:
    """A result of about the size that hospitals' exports have (800 bytes)."""
    unit = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    laboratory = {
        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
        "code": "laboratory",
        "display": "Laboratory",
    }
    glucose = {"system": "http://loinc.org", "code": "15074-8", "display": "Glucose [Moles/volume] in Blood"}
    return {
        "resourceType": "Observation",
        "id": f"result-{number}",
        "status": "final",
        "category": [{"coding": [laboratory]}],
        "code": {
            "coding": [glucose],
            "text": "葡萄糖",
        },
        "subject": {"reference": "Patient/bench"},
        "effectiveDateTime": f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}T08:10:00+08:00",
        "valueQuantity": {"value": 5 + number % 40 / 10, **unit},
        "referenceRange": [{"low": {"value": 3.9, **unit}, "high": {"value": 6.1, **unit}}],
    }
