"""Real files: every resource stored or refused with its reason; the same again changes nothing.

The small sets run whole. Of Synthea's two the everyday run takes a part; YAOSHI_ALL_DATA=1 imports every
patient and checks the full counts. A table of counts stands at the end of the run.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.records.elements.json_text import parse
from gateway.records.importing.refusals import REASONS
from gateway.records.importing.report import Report
from gateway.records.importing.stated import Stated
from tests.gateway.records.real_files import ABDM, ALL, FHIR, by_code, files_in, resources_in, table_of
from tests.gateway.records.store import Store, patient

Record = Callable[[str, object], None]
Counts = tuple[dict[str, int], dict[str, int]]  # stored by type, refused by code

SMALL: dict[str, Counts] = {
    "bulk-ndjson-10": (
        {"AllergyIntolerance": 11, "Condition": 555, "Device": 16, "DocumentReference": 1215,
         "Encounter": 1215, "Immunization": 161, "Location": 44, "MedicationRequest": 1745,
         "Organization": 43, "Patient": 13, "Practitioner": 43, "PractitionerRole": 43, "Procedure": 2056},
        {"not-a-resource": 4}),
    "us-core-examples": (
        {"Medication": 2, "Organization": 2, "Patient": 2, "Practitioner": 2},
        {"bundle-type": 4, "no-patient": 114, "unsupported-type": 12}),
    "ips": (
        {"AllergyIntolerance": 4, "Composition": 2, "Condition": 4, "Immunization": 3, "Medication": 4,
         "MedicationStatement": 4, "Observation": 14, "Organization": 6, "Patient": 3, "Practitioner": 3,
         "PractitionerRole": 1},
        {"patient-changed": 1}),
    "r4-spec-examples": (
        {"CarePlan": 3, "Composition": 1, "Condition": 2, "DiagnosticReport": 3, "DocumentReference": 1,
         "Encounter": 1, "ImagingStudy": 1, "Location": 3, "Media": 1, "Medication": 13, "Observation": 9,
         "Organization": 7, "Patient": 21, "Practitioner": 67, "PractitionerRole": 16, "Procedure": 1,
         "ServiceRequest": 2},
        {"bundle-type": 18, "method": 13, "mixed-patients": 1, "no-patient": 267, "twice-in-bundle": 1,
         "unsupported-type": 111}),
    "ihe-pcf": (
        {"Encounter": 1, "Observation": 3, "Organization": 2, "Patient": 2, "Practitioner": 3},
        {"no-patient": 4, "unsupported-type": 23}),
    "ihe-balp-audit": ({}, {"no-patient": 1, "unsupported-type": 30}),
    "hl7-validator-cases": (
        {"AllergyIntolerance": 2, "Composition": 4, "Condition": 3, "Encounter": 3, "FamilyMemberHistory": 2,
         "Location": 1, "Medication": 1, "MedicationStatement": 3, "Observation": 17, "Organization": 3,
         "Patient": 12, "Practitioner": 4, "Procedure": 2, "ServiceRequest": 1},
        {"bundle-type": 15, "id-invalid": 1, "no-patient": 21, "not-a-resource": 1, "not-json": 3,
         "older-version": 1, "unsupported-type": 57}),
    "abdm": ({}, {"no-patient": 31, "not-json": 1, "unsupported-type": 1}),
}  # fmt: skip
LARGE: dict[str, Counts] = {
    "synthea-v2.7": (
        {"AllergyIntolerance": 59, "CarePlan": 304, "CareTeam": 304, "Condition": 911, "Device": 16,
         "DiagnosticReport": 4926, "DocumentReference": 2899, "Encounter": 2899, "ImagingStudy": 95,
         "Immunization": 956, "Location": 194, "Medication": 198, "MedicationAdministration": 198,
         "MedicationRequest": 2941, "Observation": 25220, "Organization": 194, "Patient": 73,
         "Practitioner": 195, "PractitionerRole": 195, "Procedure": 2194, "Provenance": 73},
        {"unsupported-type": 9797}),
    "synthea-2019": (
        {"AllergyIntolerance": 27, "CarePlan": 317, "Condition": 622, "DiagnosticReport": 1261,
         "Encounter": 2766, "Goal": 241, "ImagingStudy": 173, "Immunization": 702, "MedicationRequest": 861,
         "Observation": 15551, "Organization": 57, "Patient": 60, "Practitioner": 57, "Procedure": 1340},
        {"unsupported-type": 6393}),
}  # fmt: skip


def needs(name: str) -> pytest.MarkDecorator:
    folder = ABDM if name == "abdm" else FHIR / name
    return pytest.mark.skipif(not folder.is_dir(), reason=f"needs ../{folder.relative_to(folder.parents[3])}")


def sets_of(*names: str) -> list[object]:
    return [pytest.param(name, marks=needs(name), id=name) for name in names]


def first_import(store: Store, name: str, record: Record, stated: Stated | None = None) -> Report:
    """Imports a set; every resource in it is counted once and is either in the store or refused."""
    files = files_in(name)
    report = store.take_files(*files, stated=stated)
    record("table", table_of(name, report))
    assert report.read == resources_in(files)
    assert len(store.refused) == report.refused.total()
    assert {each.code for each in store.refused} <= set(REASONS)
    assert all(each.file in files for each in store.refused)
    return report


def import_again(store: Store, name: str, record: Record, stated: Stated | None = None) -> Report:
    """The same again: nothing is stored, changed or relabelled, and no new version made."""
    before = [(row.id, row.version, row.json_text, row.labels) for row in store.rows()]
    read = store.report.read
    store.now += 1000
    report = store.take_files(*files_in(name), stated=stated)
    record("table", table_of(f"{name} again", report))
    assert (report.stored.total(), report.changed.total(), report.read) == (0, 0, read)
    assert [(row.id, row.version, row.json_text, row.labels) for row in store.rows()] == before
    return report


@pytest.mark.parametrize("name", sets_of(*SMALL))
def test_every_resource_of_a_set_is_stored_or_refused(
    store: Store, name: str, record_property: Record
) -> None:
    report = first_import(store, name, record_property)
    stored, refused = SMALL[name]
    assert report.stored == stored
    assert by_code(report) == refused
    assert Counter(row.type for row in store.rows()) == stored
    import_again(store, name, record_property)


@pytest.mark.parametrize("name", sets_of(*LARGE))
def test_synthetic_patients_are_stored_without_their_accounts(
    store: Store, name: str, record_property: Record
) -> None:
    report = first_import(store, name, record_property)
    stored, refused = LARGE[name]
    assert by_code(report).keys() == {"unsupported-type"}
    assert {type_ for type_, _ in report.refused} <= {"Claim", "ExplanationOfBenefit", "SupplyDelivery"}
    patients = [path for path in files_in(name) if "Information" not in path.name]
    assert report.stored["Patient"] == len(patients)
    if ALL:
        assert (report.stored, by_code(report)) == (stored, refused)
    assert not any("?identifier=" in row.json_text for row in store.rows())
    assert import_again(store, name, record_property).unchanged == report.stored + report.unchanged


@needs("synthea-v2.7")
def test_patients_whose_hospitals_are_missing_are_refused_whole(store: Store) -> None:
    path = next(path for path in files_in("synthea-v2.7") if "Information" not in path.name)
    report = store.take_files(path)
    assert store.rows() == []
    assert by_code(report).keys() == {"unsupported-type", "reference-unmatched", "transaction-refused"}


@needs("synthea-v2.7")
def test_a_prescription_of_a_synthetic_patient_names_its_drug(store: Store) -> None:
    store.take_files(*files_in("synthea-v2.7"))
    for row in (*store.rows("MedicationRequest"), *store.rows("MedicationAdministration")):
        resource = parse(row.json_text)
        drug = resource.get("medicationCodeableConcept") or resource["contained"][0]["code"]
        assert drug["coding"][0]["code"]


# Sets without their patient: the command says who it is.

STATED: dict[str, tuple[str, frozenset[str], bool, dict[str, int]]] = {
    "examples that refer to a patient who is not among them": (
        "us-core-examples", frozenset({"Patient/example"}), False,
        {"stored": 113, "bundle-type": 4, "no-patient": 7, "patient-stated": 2, "unsupported-type": 12}),
    "visits that name people by displays, one Bundle several": (
        "abdm", frozenset(), False,
        {"stored": 21, "names-differ": 8, "no-patient": 1, "not-json": 1, "transaction-refused": 1,
         "unsupported-type": 1}),
    "the same visits, when it is known that it is one person": (
        "abdm", frozenset({"Patient/example"}), True,
        {"stored": 31, "not-json": 1, "unsupported-type": 1}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "names", "is_one_person", "counts"),
    [pytest.param(*case, marks=needs(case[0]), id=title) for title, case in STATED.items()],
)
def test_a_patient_is_stated_for(
    store: Store,
    name: str,
    names: frozenset[str],
    is_one_person: bool,
    counts: dict[str, int],
    record_property: Record,
) -> None:
    store.take(patient())
    stated = Stated(store.patient(), names, is_one_person)
    report = first_import(store, name, record_property, stated)
    assert {"stored": report.stored.total(), **by_code(report)} == counts
    owned = {row.patient_id for row in store.rows()} - {None}
    assert owned == {store.patient()}
    import_again(store, name, record_property, stated)


@needs("abdm")
def test_a_file_that_is_not_json_is_named_with_line_and_column(store: Store) -> None:
    store.take_files(ABDM)
    (refused,) = [each for each in store.refused if each.code == "not-json"]
    assert "ThirdVisit_TMH" in refused.file.name
    assert "line 159, column 11" in refused.detail


@needs("hl7-validator-cases")
def test_files_broken_on_purpose_are_named_where_they_are_broken(store: Store) -> None:
    store.take_files(FHIR / "hl7-validator-cases")
    told = {each.file.name: each.detail for each in store.refused if each.code == "not-json"}
    assert {name: detail.partition(":")[0] for name, detail in told.items()} == {
        "bad-json-close-2.json": "line 15, column 11",
        "bad-json-close-3.json": "line 16, column 9",
        "json-comments-2.json": "line 3, column 3",
    }


@needs("synthea-2019")
def test_everything_in_one_folder_is_one_import(
    store: Store, tmp_path: Path, record_property: Record
) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for number, name in enumerate(("synthea-2019", "ips", "bulk-ndjson-10", "ihe-pcf")):
        (mixed / f"{number}").mkdir()
        for path in files_in(name)[:12]:
            (mixed / f"{number}" / path.name).symlink_to(path)
    (mixed / "notes.csv").write_text("a,b")
    report = store.take_files(mixed)
    record_property("table", table_of("four sets in one folder", report))
    assert report.read == resources_in([path for path in mixed.rglob("*.*") if path.suffix != ".csv"])
    assert [path.name for path in report.passed_over] == ["notes.csv"]
    assert by_code(report).keys() <= {"unsupported-type", "no-patient", "patient-changed", "not-a-resource"}
