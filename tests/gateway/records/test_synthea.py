"""Real files import fully, with exact counts; the same again changes nothing.

The everyday run takes the two information files, a part of the patients of Synthea 2.7 and of 2019, and the
whole NDJSON sample. YAOSHI_ALL_SYNTHEA=1 imports every patient of both and checks the full counts.
"""

import os
from pathlib import Path

import pytest

from gateway.records.files import files_of
from tests.gateway.records.store import DATA, Store

V27, V2019, BULK = (DATA / "fhir" / name for name in ("synthea-v2.7", "synthea-2019", "bulk-ndjson-10"))
ALL = os.environ.get("YAOSHI_ALL_SYNTHEA") == "1"

NOT_STORED_27 = {"Claim", "ExplanationOfBenefit", "SupplyDelivery"}
COUNTS = {
    "synthea-v2.7": {
        "Organization": 194, "Location": 194, "Practitioner": 195, "Patient": 73, "Encounter": 2899,
        "Condition": 911, "DiagnosticReport": 4926, "DocumentReference": 2899, "MedicationRequest": 2941,
        "Observation": 25220, "Procedure": 2194, "Immunization": 956, "Provenance": 73,
        "AllergyIntolerance": 59, "ImagingStudy": 95,
    },
    "synthea-2019": {
        "Patient": 60, "Encounter": 2766, "Condition": 622, "MedicationRequest": 861, "Observation": 15551,
        "Procedure": 1340, "Immunization": 702, "DiagnosticReport": 1261, "ImagingStudy": 173,
        "AllergyIntolerance": 27,
    },
}  # fmt: skip


def part_of(folder: Path, every: int) -> list[Path]:
    """The information files and every so many patient files."""
    files = files_of([folder]).files
    head = [path for path in files if "Information" in path.name]
    rest = [path for path in files if path not in head]
    return head + (rest if ALL else rest[::every])


@pytest.mark.skipif(not V27.is_dir(), reason="needs ../shared/data/fhir/synthea-v2.7")
def test_synthea_2_7_imports_and_the_same_again_changes_nothing(store: Store) -> None:
    files = part_of(V27, 6)
    assert "hospitalInformation" in files[0].name
    first = store.take_files(*files)
    assert {code for _, code in first.refused} == {"unsupported-type"}
    assert {type_ for type_, _ in first.refused} <= NOT_STORED_27
    assert first.stored["Organization"] == 194
    assert first.stored["Practitioner"] == 195
    assert first.stored["Patient"] == len(files) - 2
    if ALL:
        assert first.stored == COUNTS["synthea-v2.7"]
    before = [(row.id, row.version, row.json_text) for row in store.rows()]
    assert not any("?identifier=" in text for _, _, text in before)
    store.now += 1000
    again = store.take_files(*files)
    assert (again.stored.total(), again.changed.total()) == (0, 0)
    assert again.unchanged == first.stored
    assert [(row.id, row.version, row.json_text) for row in store.rows()] == before


@pytest.mark.skipif(not V27.is_dir(), reason="needs ../shared/data/fhir/synthea-v2.7")
def test_synthea_2_7_without_its_information_files_is_refused_whole(store: Store) -> None:
    path = next(path for path in files_of([V27]).files if "Information" not in path.name)
    report = store.take_files(path)
    assert report.stored.total() == 0
    codes = {code for _, code in report.refused}
    assert codes == {"unsupported-type", "reference-unmatched", "transaction-refused"}


@pytest.mark.skipif(not V2019.is_dir(), reason="needs ../shared/data/fhir/synthea-2019")
def test_synthea_2019_imports(store: Store) -> None:
    files = part_of(V2019, 6)
    first = store.take_files(*files)
    assert {code for _, code in first.refused} == {"unsupported-type"}
    assert first.stored["Patient"] == len(files)
    if ALL:
        stored = {name: count for name, count in first.stored.items() if name in COUNTS["synthea-2019"]}
        assert stored == COUNTS["synthea-2019"]


@pytest.mark.skipif(not BULK.is_dir(), reason="needs ../shared/data/fhir/bulk-ndjson-10")
def test_bulk_ndjson_imports(store: Store) -> None:
    report = store.take_files(BULK)
    assert report.stored == {
        "Organization": 43, "Location": 44, "Practitioner": 43, "Patient": 13, "AllergyIntolerance": 11,
        "Condition": 555, "DocumentReference": 1215, "Encounter": 1215, "Immunization": 161,
        "MedicationRequest": 1745, "Procedure": 2056, "Device": 16, "PractitionerRole": 43,
    }  # fmt: skip
    assert set(report.refused) == {("", "not-a-resource")}


def test_a_file_that_is_not_json_is_named_with_line_and_column(store: Store) -> None:
    broken = DATA / "abdm" / "bundles"
    if not broken.is_dir():
        pytest.skip("needs ../shared/data/abdm/bundles")
    store.take_files(broken)
    (refused,) = [each for each in store.refused if each.code == "not-json"]
    assert "ThirdVisit_TMH" in refused.file.name
    assert "line 159, column 11" in refused.detail
    assert store.rows() == []
