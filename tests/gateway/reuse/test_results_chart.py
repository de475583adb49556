"""A chart is read for one order: the results of its codes, what voids them, and what happened since."""

from __future__ import annotations

import json
from typing import Any

from consent.reuse.orders import Context
from consent.reuse.results import Result
from gateway.composition import Gateway
from gateway.records.importing.importer import import_bundle
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from gateway.reuse.reading.chart import FOR_EVER_MS, read_chart

LOINC, SNOMED, ATC = "http://loinc.org", "http://snomed.info/sct", "http://www.whocc.no/atc"
HBA1C = frozenset({f"{LOINC}|4548-4"})
AT = 1_767_225_600_000  # 2026-01-01T00:00:00Z
DAY_MS = 86_400_000
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:his", "value": "MR-1"}],
    "name": [{"text": "陆青禾（合成）"}],
    "gender": "female",
    "birthDate": "1970-01-01",
}


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def observation(name: str, code: str = "4548-4", day: str = "2025-12-20", **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": concept(LOINC, code),
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": f"{day}T08:00:00Z",
        "valueQuantity": {"value": 6.1, "system": "http://unitsofmeasure.org", "code": "%"},
        **members,
    }


def drug(name: str, day: str, code: str = "C10AA05") -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept(ATC, code),
        "subject": {"reference": "Patient/p"},
        "authoredOn": f"{day}T08:00:00Z",
    }


def procedure(name: str, **members: Any) -> dict[str, Any]:
    base = {
        "resourceType": "Procedure",
        "id": name,
        "status": "completed",
        "subject": {"reference": "Patient/p"},
    }
    return {**base, "code": concept(SNOMED, "302497006"), **members}


def look(
    gw: Gateway, *resources: dict[str, Any], reach_ms: int = FOR_EVER_MS
) -> tuple[dict[str, Result], Context]:
    """What is read of a chart with these resources; results by their sender's id."""
    hospital = str(gw.ledger.genesis.institutions[0]["id"])
    entries = [
        {"fullUrl": f"urn:test:{each['resourceType']}/{each['id']}", "resource": each}
        for each in (PATIENT, *resources)
    ]
    bundle = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    report = import_bundle(gw.db, hospital, bundle, Report(), clock=gw.clock, entropy=gw.entropy)
    assert not report.refused, dict(report.refused)
    with gw.db.connect() as conn:
        patient = find_patients(conn, hospital, "MR-1")[0].id
        results, context = read_chart(conn, hospital, patient, HBA1C, AT, reach_ms)
        elsewhere, _ = read_chart(conn, hospital, "nobody", HBA1C, AT)
    assert elsewhere == ()
    assert all(each.own and each.source == hospital and each.patient == patient for each in results)
    return {str(each.collected): each for each in results}, context


def collected(day: int) -> str:
    return str(AT - day * DAY_MS + 8 * 3_600_000)


def test_only_results_of_the_ordered_codes_are_read(gw: Gateway) -> None:
    found, context = look(gw, observation("a"), observation("b", "2345-7", "2025-12-21"))
    assert list(found) == [collected(12)]
    assert context == Context()


def test_a_void_report_voids_the_results_that_it_holds(gw: Gateway) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "entered-in-error",
        "code": concept(LOINC, "11502-2"),
        "subject": {"reference": "Patient/p"},
        "result": [{"reference": "Observation/a"}],
    }
    found, _ = look(gw, observation("a"), observation("b", day="2025-12-21"), report)
    assert found[collected(12)].reports == ("entered-in-error",)
    assert found[collected(11)].reports == ()


def test_a_specimen_of_its_own_is_read_with_the_result(gw: Gateway) -> None:
    specimen = {
        "resourceType": "Specimen",
        "id": "s",
        "type": concept(SNOMED, "122555007"),
        "subject": {"reference": "Patient/p"},
        "condition": [concept("http://terminology.hl7.org/CodeSystem/v2-0493", "HEM")],
    }
    found, _ = look(gw, observation("a", specimen={"reference": "Specimen/s"}), specimen)
    assert found[collected(12)].specimen == "venous-blood"
    assert found[collected(12)].unfit


def test_what_happened_within_the_reach_is_read_and_older_things_that_last(gw: Gateway) -> None:
    care = {
        "resourceType": "Encounter",
        "id": "icu",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "type": [concept(SNOMED, "305351004")],
        "subject": {"reference": "Patient/p"},
        "period": {"start": "2020-01-01T00:00:00Z"},
    }
    pregnancy = {
        "resourceType": "Condition",
        "id": "c",
        "code": concept(SNOMED, "77386006"),
        "subject": {"reference": "Patient/p"},
        "onsetDateTime": "2025-06-01",
    }
    _, context = look(
        gw,
        observation("a"),
        procedure("new", performedDateTime="2025-12-24T08:00:00Z"),
        procedure("old", performedDateTime="2024-12-24T08:00:00Z"),
        procedure("undated"),
        care,
        pregnancy,
        reach_ms=60 * DAY_MS,
    )
    assert sorted(each.kind for each in context.events) == ["dialysis", "intensive-care", "pregnancy"]
    assert context.unseen == {"Procedure"}, "nobody can say when the undated one was"


def test_a_drug_that_was_ordered_before_is_not_new(gw: Gateway) -> None:
    _, context = look(
        gw,
        observation("a"),
        drug("d1", "2024-01-01"),
        drug("d2", "2025-12-24"),
        drug("d3", "2025-12-25", "A10BA02"),
        reach_ms=60 * DAY_MS,
    )
    assert [(each.kind, each.code) for each in context.events] == [("new-drug", f"{ATC}|A10BA02")]


def test_a_corrected_result_replaces_the_older_one_in_the_chart(gw: Gateway) -> None:
    number = [{"system": "urn:lab", "value": "7"}]
    found, _ = look(
        gw,
        observation("a", identifier=number),
        observation("b", day="2025-12-21", status="corrected", identifier=number),
    )
    assert found[collected(12)].replaced_by == found[collected(11)].ref
