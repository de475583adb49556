"""A chart with one of everything that the door serves, some of it hidden from most grants."""

from __future__ import annotations

from typing import Any

from tests.gateway.disclosure.world import World, category, import_into

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LOINC = "http://loinc.org"
WHO = {"reference": "Patient/p-first"}


def import_chart(world: World) -> None:
    """Adds it to the linked patient's records."""
    entries = [
        {"fullUrl": f"urn:chart:{each['resourceType']}-{each['id']}", "resource": each}
        for each in resources()
    ]
    import_into(world.gw, world.custodian, {"resourceType": "Bundle", "type": "collection", "entry": entries})


def resources() -> list[dict[str, Any]]:
    """Two visits: in one nothing is sensitive, in the other there is an HIV test."""
    return [
        visit("plain"),
        visit("hidden"),
        result("glucose", "15074-8", "plain", valueQuantity=quantity(5.6)),
        result("panel", "24323-8", "plain", hasMember=refer("Observation/glucose", "Observation/hiv")),
        result("hiv", "75622-1", "hidden"),
        report("lab", "plain", refer("Observation/glucose", "Observation/hiv-free", "Observation/old")),
        report("mixed", "hidden", refer("Observation/glucose", "Observation/hiv")),
        result("hiv-free", "718-7", "plain"),
        result("old", "718-7", "plain", effectiveDateTime="2019-01-01"),
        {"resourceType": "ImagingStudy", "id": "ct", "status": "available", "subject": WHO,
         "started": "2026-01-02", "encounter": one("Encounter/plain")},
        {"resourceType": "Condition", "id": "diabetes", "subject": WHO, "code": {"text": "糖尿病"},
         "onsetDateTime": "2015"},
        {"resourceType": "Immunization", "id": "flu", "patient": WHO, "status": "completed",
         "vaccineCode": {"text": "流感"}, "occurrenceDateTime": "2025-10-01"},
        {"resourceType": "Procedure", "id": "scope", "subject": WHO, "status": "completed",
         "code": {"text": "胃镜"}, "performedDateTime": "2025-10-01"},
        {"resourceType": "DocumentReference", "id": "letter", "subject": WHO, "status": "current",
         "type": {"text": "出院小结"}, "date": "2026-01-02T10:00:00Z",
         "content": [{"attachment": {"title": "出院小结"}}]},
        {"resourceType": "ServiceRequest", "id": "order", "subject": WHO, "status": "active",
         "intent": "order", "code": {"text": "血糖"}, "authoredOn": "2026-01-02"},
        provenance("of-glucose", "Observation/glucose"),
        provenance("of-hiv", "Observation/hiv"),
        provenance("of-both", "Observation/glucose", "Observation/hiv"),
        provenance("of-patient", "Patient/p-first"),
    ]  # fmt: skip


def visit(id_: str) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": id_, "status": "finished", "subject": WHO,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "period": {"start": "2026-01-02", "end": "2026-01-02"}}  # fmt: skip


def result(id_: str, code: str, within: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final", "category": [category("laboratory")],
            "code": {"coding": [{"system": LOINC, "code": code}]}, "subject": WHO,
            "encounter": one(f"Encounter/{within}"), "effectiveDateTime": "2026-01-02T08:00:00Z",
            **more}  # fmt: skip


def report(id_: str, within: str, results: list[dict[str, str]]) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "id": id_, "status": "final", "subject": WHO,
            "category": [{"coding": [{"code": "LAB"}]}], "code": {"text": "检验报告"}, "result": results,
            "encounter": one(f"Encounter/{within}"), "effectiveDateTime": "2026-01-02"}  # fmt: skip


def provenance(id_: str, *targets: str) -> dict[str, Any]:
    return {"resourceType": "Provenance", "id": id_, "target": refer(*targets),
            "recorded": "2026-01-02T09:00:00Z",
            "agent": [{"who": {"display": "检验科（合成）"}}]}  # fmt: skip


def quantity(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}


def one(name: str) -> dict[str, str]:
    return {"reference": name}


def refer(*names: str) -> list[dict[str, str]]:
    return [one(name) for name in names]
