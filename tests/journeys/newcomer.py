"""A synthetic person of one journey alone, put into the running node as an operator does: by import.

A person can be linked once at each institution; the demonstration's people are few and shared.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.journeys.node import Node

LOINC, ATC = "http://loinc.org", "http://www.whocc.no/atc"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def newcomer(node: Node, folder: Path, name: str, codes: tuple[str, ...]) -> str:
    """A person of this name with a few results and a medicine at each of these institutions."""
    for code in codes:
        file = folder / f"{code}.json"
        file.write_text(json.dumps(_chart(name, code), ensure_ascii=False), encoding="utf-8")
        done = node.flask(code, "records", "import", "--institution", code, str(file))
        assert done.returncode == 0, done.stderr
    return name


def _chart(name: str, code: str) -> dict[str, Any]:
    own = name.encode().hex()
    person = {
        "resourceType": "Patient",
        "id": f"p-{own}",
        "identifier": [{"system": "urn:test:chart", "value": f"{code}-{name}"}],
        "name": [{"text": f"{name}（合成）"}],
        "gender": "female",
        "birthDate": "1958-04-02",
    }
    subject = {"reference": f"urn:test:p-{own}"}
    today = datetime.now(UTC)
    results = [
        {
            "resourceType": "Observation",
            "id": f"{loinc}-{days}-{own}",
            "status": "final",
            "category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
            "code": {"coding": [{"system": LOINC, "code": loinc}]},
            "subject": subject,
            "effectiveDateTime": (today - timedelta(days=days)).isoformat(timespec="seconds"),
            "valueQuantity": {"value": value, "unit": unit},
        }
        for loinc, value, unit, days in (
            ("4548-4", 6.8, "%", 20),
            ("4548-4", 7.1, "%", 120),
            ("2160-0", 71, "umol/L", 20),
        )
    ]
    medicine = {
        "resourceType": "MedicationRequest",
        "id": f"m-{own}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": "A10BA02", "display": "Metformin"}]},
        "subject": subject,
        "authoredOn": (today - timedelta(days=60)).isoformat(timespec="seconds"),
    }
    entries = [
        {"fullUrl": f"urn:test:{each['id']}", "resource": each} for each in (person, *results, medicine)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
