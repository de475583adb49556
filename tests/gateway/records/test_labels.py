"""Sensitive codes are labelled, stated labels are read, and reports inherit."""

import itertools
from hashlib import sha256
from typing import Any

import pytest

from consent.vocabulary import ACT_CODE, CONFIDENTIALITY, SENSITIVITY
from gateway.records.labelling import label_codes
from gateway.records.labelling.labels import label_of, stated_labels
from tests.gateway.records.store import ICD_10, LOINC, SNOMED, Store, encounter, observation, patient, report

CODES = {
    "depression in ICD-10": (ICD_10, "F32.1", "PSY"),
    "depression in ICD-10-CM, small letters": ("http://hl7.org/fhir/sid/icd-10-cm", "f32.9", "PSY"),
    "depression by OID": ("urn:oid:2.16.840.1.113883.6.90", "F32.9", "PSY"),
    "alcohol, not psychiatry at large": (ICD_10, "F10.2", "ETHUD"),
    "opioids": (ICD_10, "F11", "OPIOIDUD"),
    "other drugs": (ICD_10, "F14.1", "SUD"),
    "tobacco is not sensitive": (ICD_10, "F17.2", None),
    "HIV disease": (ICD_10, "B20.0", "HIV"),
    "HIV in pregnancy, four characters": (ICD_10, "O98.7", "HIV"),
    "another infection in pregnancy": (ICD_10, "O98.1", None),
    "diabetes": (ICD_10, "E11.2", None),
    "an HIV test": (LOINC, "75622-1", "HIV"),
    "PHQ-9": (LOINC, "44261-6", "PSY"),
    "HbA1c": (LOINC, "4548-4", None),
    "alcoholism in SNOMED": (SNOMED, "7200002", "ETHUD"),
    "no prefix in SNOMED": (SNOMED, "72000021", None),
    "an antidepressant by ATC": ("http://www.whocc.no/atc", "N06AB06", "PSY"),
    "prochlorperazine, against nausea": ("http://www.whocc.no/atc", "N05AB04", None),
    "an unknown system": ("urn:local", "F32.1", None),
}


@pytest.mark.parametrize(("system", "code", "label"), CODES.values(), ids=CODES)
def test_a_code_is_labelled(system: str, code: str, label: str | None) -> None:
    assert label_of((system, code)) == label


def test_every_label_of_the_tables_is_one_that_a_grant_can_name() -> None:
    tables = (label_codes.ICD_10, label_codes.ATC, label_codes.SNOMED, label_codes.LOINC, label_codes.RXNORM)
    used = {label for table in tables for label in table.values() if label is not None}
    assert used <= SENSITIVITY


def security(*codings: tuple[str, str]) -> dict[str, Any]:
    return {"meta": {"security": [{"system": system, "code": code} for system, code in codings]}}


STATED = {
    "nothing": ((), set()),
    "normal": (((CONFIDENTIALITY, "N"),), set()),
    "restricted alone": (((CONFIDENTIALITY, "R"),), {"R"}),
    "restricted beside its reason": (((CONFIDENTIALITY, "R"), (ACT_CODE, "PSY")), {"PSY"}),
    "very restricted": (((CONFIDENTIALITY, "V"), (ACT_CODE, "PSY")), {"V", "PSY"}),
    "a sensitivity under the confidentiality system": (((CONFIDENTIALITY, "HIV"),), {"HIV"}),
    "an older system name": ((("http://hl7.org/fhir/v3/ActCode", "ETH"),), {"ETH"}),
    "an unknown sensitivity stays closed": (((ACT_CODE, "NEWCODE"),), {"NEWCODE"}),
    "a strange code stays closed": (((ACT_CODE, "a b"),), {"V"}),
    "another system": ((("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"),), set()),
}


@pytest.mark.parametrize(("codings", "labels"), STATED.values(), ids=STATED)
def test_stated_labels_are_read(codings: tuple[tuple[str, str], ...], labels: set[str]) -> None:
    assert stated_labels(security(*codings)) == labels


@pytest.mark.parametrize("meta", [None, [], "x", {"security": "x"}, {"security": [None, 1, {"code": 1}]}])
def test_broken_labels_are_no_labels(meta: Any) -> None:
    assert stated_labels({"meta": meta}) == set()


def test_a_label_is_written_into_the_resource(store: Store) -> None:
    store.take(patient(), observation(code="44261-6", meta={"security": [{"system": "urn:x", "code": "y"}]}))
    assert store.resource("Observation")["meta"]["security"] == [
        {"system": "urn:x", "code": "y"},
        {"system": CONFIDENTIALITY, "code": "R"},
        {"system": ACT_CODE, "code": "PSY"},
    ]
    assert store.row("Observation").labels == "PSY"


def sensitive_visit() -> list[dict[str, Any]]:
    inside = {"encounter": {"reference": "Encounter/e1"}}
    return [
        observation("o1", code="44261-6", **inside),
        report("r1", result=[{"reference": "Observation/o1"}]),
        report("r2", **inside),
        encounter("e1"),
    ]


@pytest.mark.parametrize(
    "order", itertools.permutations(range(4)), ids=lambda order: "".join(map(str, order))
)
def test_reports_and_encounters_inherit_in_whatever_order_they_arrive(
    store: Store, order: tuple[int, ...]
) -> None:
    store.take(patient())
    resources = sensitive_visit()
    for number in order:
        store.take(resources[number])
    assert [row.labels for row in store.rows("DiagnosticReport")] == ["PSY", "PSY"]
    assert store.row("Encounter").labels == "PSY"
    for row in store.rows("DiagnosticReport"):
        assert '"code":"PSY"' in row.json_text


def test_an_observation_does_not_inherit(store: Store) -> None:
    inside = {"encounter": {"reference": "Encounter/e1"}}
    store.take(patient(), *sensitive_visit(), observation("o2", **inside))
    assert [row.labels for row in store.rows("Observation")] == ["PSY", ""]


def test_a_label_that_is_taken_back_leaves_the_report_too(store: Store) -> None:
    store.take(patient(), *sensitive_visit())
    corrected = observation("o1", code="4548-4", encounter={"reference": "Encounter/e1"})
    store.take(corrected)
    assert {row.labels for row in store.rows()} == {""}
    assert all("PSY" not in row.json_text for row in store.rows())


def test_a_report_that_is_relabelled_gets_a_new_version(store: Store) -> None:
    store.take(patient(), report("r1", result=[{"reference": "Observation/o1"}]))
    before = store.row("DiagnosticReport")
    store.now += 1000
    store.take(observation("o1", code="75622-1"))
    after = store.row("DiagnosticReport")
    assert (before.version, before.labels) == (1, "")
    assert (after.version, after.labels, after.last_updated) == (2, "HIV", store.now)
    assert after.revision > before.revision
    assert '"versionId":"2"' in after.json_text
    for row in (before, after):
        assert row.json_hash == sha256(row.json_text.encode()).hexdigest()


def test_a_provenance_does_not_tell_of_sensitive_records(store: Store) -> None:
    targets = [{"reference": "Patient/p1"}, {"reference": "Observation/o1"}]
    provenance = {
        "resourceType": "Provenance",
        "id": "v1",
        "target": targets,
        "recorded": "2025-06-02T00:00:00Z",
    }
    store.take(patient(), observation("o1", code="75622-1"), provenance)
    assert store.row("Provenance").labels == "HIV"


def test_another_patients_label_does_not_spread(store: Store) -> None:
    store.take(patient(), patient("p2"), *sensitive_visit(), report("r9", whose="p2"))
    assert [row.labels for row in store.rows("DiagnosticReport")] == ["PSY", "PSY", ""]


def test_a_new_label_table_labels_the_same_file_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.take(patient(), observation())
    monkeypatch.setattr("gateway.records.importing.preparation.VERSION", "2030-01")
    store.take(observation())
    assert store.report.changed == {"Observation": 1}
