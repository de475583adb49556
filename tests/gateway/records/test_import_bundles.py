"""Bundles: whole or in parts, of one patient or of several, with a patient stated by the command."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.records.importing import batch_import
from gateway.records.importing.stated import Stated
from tests.gateway.records.store import Store, encounter, observation, patient, report

URN = "urn:uuid:00000000-0000-4000-8000-00000000000"
OTHER = [patient("p2"), encounter("e2", whose="p2"), observation("o2", whose="p2")]
STRAY = observation("o9", encounter={"reference": "Encounter/e2"})


@pytest.mark.parametrize("type_", ["transaction", "batch", "collection"])
def test_a_bundle_of_two_patients_is_split_when_each_resource_names_its_own(store: Store, type_: str) -> None:
    store.take(patient(), observation(), *OTHER, type_=type_)
    assert store.refused == []
    whose = {row.source_id: row.patient_id for row in store.rows()}
    assert whose["Observation/o1"] == whose["Patient/p1"]
    assert whose["Observation/o2"] == whose["Encounter/e2"] == whose["Patient/p2"]


@pytest.mark.parametrize(("type_", "stored"), [("transaction", 0), ("batch", 5), ("collection", 5)])
def test_a_resource_that_cites_another_patients_record_spoils_a_transaction(
    store: Store, type_: str, stored: int
) -> None:
    store.take(patient(), observation(), *OTHER, STRAY, type_=type_)
    assert store.codes.count("mixed-patients") == 1
    assert store.codes.count("transaction-refused") == (0 if stored else 5)
    assert len(store.rows()) == stored == store.report.stored.total()


def test_a_document_is_about_one_patient(store: Store) -> None:
    page = {"resourceType": "Composition", "id": "c", "subject": {"reference": "Patient/p1"}}
    store.take(page, patient(), observation(), *OTHER, type_="document")
    assert set(store.codes) == {"mixed-patients", "transaction-refused"}
    assert store.rows() == []
    store.take(page, patient(), observation(), type_="document")
    assert store.report.stored == {"Composition": 1, "Patient": 1, "Observation": 1}


WHOLE = {
    "a reference by condition has no match": (
        [observation("o2", performer=[{"reference": "Practitioner?identifier=s|1"}])], "reference-unmatched"),
    "a resource stands there twice, differently": (
        [observation("o1", code="777-3")], "twice-in-bundle"),
    "an ifNoneExist says nothing": (
        [{"resource": observation("o2"), "request": {"method": "POST", "ifNoneExist": "name=x"}}],
        "create-ambiguous"),
}  # fmt: skip


@pytest.mark.parametrize("most", [5000, 0], ids=["in one transaction of the store", "judged before writing"])
@pytest.mark.parametrize(("more", "code"), WHOLE.values(), ids=WHOLE)
def test_a_transaction_is_refused_whole_when(
    store: Store, monkeypatch: pytest.MonkeyPatch, more: list[Any], code: str, most: int
) -> None:
    monkeypatch.setattr(batch_import, "WHOLE_AT_ONCE", most)
    claim = {"resourceType": "Claim", "id": "c"}
    store.take(patient(), observation(), claim, *more, type_="transaction")
    assert sorted(store.codes) == sorted([code, "unsupported-type", *["transaction-refused"] * 2])
    assert store.rows() == []
    store.take(patient(), observation(), claim, type_="transaction")
    assert store.codes == ["unsupported-type"]
    assert len(store.rows()) == 2


def test_a_transaction_too_large_for_one_is_stored_in_pieces(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_import, "WHOLE_AT_ONCE", 3)
    monkeypatch.setattr(batch_import, "RESOURCES_AT_ONCE", 2)
    several = [observation(f"o{n}", encounter={"reference": "Encounter/e1"}) for n in range(9)]
    store.take(patient(), encounter(), *several, type_="transaction")
    assert store.refused == []
    assert store.report.stored == {"Patient": 1, "Encounter": 1, "Observation": 9}


def test_a_transaction_waits_for_what_a_later_file_holds(store: Store, tmp_path: Path) -> None:
    by = {"reference": "Practitioner?identifier=s|1"}
    doctor = {"resourceType": "Practitioner", "id": "d", "identifier": [{"system": "s", "value": "1"}]}
    entries = [{"resource": each} for each in (patient(), observation(performer=[by]))]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    (tmp_path / "a.json").write_text(json.dumps(bundle))
    (tmp_path / "z.json").write_text(json.dumps(doctor))
    store.take_files(tmp_path)
    assert store.refused == []
    assert store.report.stored == {"Patient": 1, "Observation": 1, "Practitioner": 1}


@pytest.mark.parametrize("first", ["stored", "refused"])
def test_what_stands_twice_word_for_word_shares_one_fate(store: Store, first: str) -> None:
    one = observation(whose="p1" if first == "stored" else "p9")
    store.take(patient(), one, one, one)
    assert store.report.read == 4
    if first == "stored":
        assert (store.report.stored["Observation"], store.report.unchanged["Observation"]) == (1, 2)
    else:
        assert store.codes == ["no-patient"] * 3


def test_a_bundle_may_say_what_it_is_at_its_end(store: Store) -> None:
    entry = {"resource": patient(), "fullUrl": f"{URN}1"}
    store.take_text(json.dumps({"entry": [entry], "type": "batch", "resourceType": "Bundle"}))
    assert store.report.stored == {"Patient": 1}


REFUSED = {
    "it is a search result": (
        {"type": "searchset", "entry": [{"resource": patient()}, {}]}, ["bundle-type"] * 2),
    "it has no type": ({"entry": [{"resource": patient()}]}, ["bundle-type"]),
    "it is a message without entries": ({"type": "message"}, ["bundle-type"]),
    "it is empty": ({"type": "collection", "entry": []}, ["bundle-empty"]),
    "its entry is no list": ({"type": "collection", "entry": {"resource": patient()}}, ["bundle-empty"]),
    "its entries are nothing": ({"type": "batch", "entry": [None, 5, {}, []]}, ["not-a-resource"] * 4),
    "it asks and deletes": (
        {"type": "batch", "entry": [{"request": {"method": "GET", "url": "Patient"}},
                                    {"request": {"method": "DELETE", "url": "Patient/1"}}]},
        ["method"] * 2),
}  # fmt: skip


@pytest.mark.parametrize(("members", "codes"), REFUSED.values(), ids=REFUSED)
def test_a_bundle_is_refused_when(store: Store, members: dict[str, Any], codes: list[str]) -> None:
    store.take_text(json.dumps({"resourceType": "Bundle", **members}))
    assert store.codes == codes
    assert store.report.read == len(codes)
    assert store.rows() == []


def test_a_fault_in_one_entry_leaves_the_others(store: Store) -> None:
    good = json.dumps({"resource": patient()})
    bad = '{"resource":{"resourceType":"Observation","id":"x","status":"a","status":"b"}}'
    control = '{"resource":{"resourceType":"Observation","id":"y","note":[{"text":"\\u0007"}]}}'
    store.take_text(f'{{"resourceType":"Bundle","type":"batch","entry":[{bad},{good},{control}]}}')
    assert [(each.place, each.type, each.code) for each in store.refused] == [
        (1, "Observation", "duplicate-key"), (3, "Observation", "control-character"),
    ]  # fmt: skip
    assert store.report.stored == {"Patient": 1}


def test_a_patient_named_by_an_identifier_alone_is_found(store: Store) -> None:
    who = {"identifier": {"system": "urn:mr", "value": "77"}}
    store.take(patient(identifier=[{"system": "urn:mr", "value": "77"}]), observation(subject=who))
    assert store.refused == []
    assert store.resource("Observation")["subject"] == {**who, "reference": f"Patient/{store.patient()}"}
    store.take(observation("o2", subject={"identifier": {"system": "urn:mr", "value": "78"}}))
    assert store.codes == ["no-patient"]


# A patient whom the command states

NOBODY = {"resourceType": "Observation", "id": "n1", "code": {"text": "Heart rate"}}


@pytest.fixture
def stated(store: Store) -> Stated:
    store.take(patient(), patient("p2", identifier=[{"system": "s", "value": "2"}]))
    return Stated(next(row.patient_id for row in store.rows("Patient") if row.source_id == "Patient/p1"))


TAKEN = {
    "nobody": {},
    "a display": {"subject": {"display": "Riyaz"}},
    "an empty reference": {"subject": {}},
    "the patient, known here": {"subject": {"reference": "Patient/p1"}},
}


@pytest.mark.parametrize("elements", TAKEN.values(), ids=TAKEN)
def test_a_record_is_of_the_stated_patient_that_names(
    store: Store, stated: Stated, elements: dict[str, Any]
) -> None:
    store.take({**NOBODY, **elements}, stated=stated)
    assert store.refused == []
    assert store.row("Observation").patient_id == stated.patient_id
    assert store.resource("Observation")["subject"]["reference"] == f"Patient/{stated.patient_id}"


LEFT = {
    "another patient who is here": ({"reference": "Patient/p2"}, "mixed-patients"),
    "another patient's number": ({"identifier": {"system": "s", "value": "2"}}, "mixed-patients"),
    "a patient who is not here": ({"reference": "Patient/example"}, "no-patient"),
    "a number that nobody has": ({"identifier": {"system": "s", "value": "9"}}, "no-patient"),
    "somebody it contains": ({"reference": "#who"}, "no-patient"),
    "a text": ("Riyaz", "no-patient"),
}


@pytest.mark.parametrize(("subject", "code"), LEFT.values(), ids=LEFT)
def test_a_record_is_not_of_the_stated_patient_that_names(
    store: Store, stated: Stated, subject: Any, code: str
) -> None:
    store.take({**NOBODY, "subject": subject}, stated=stated)
    assert store.codes == [code]
    assert store.rows("Observation") == []


def test_the_command_says_how_files_name_the_stated_patient(store: Store, stated: Stated) -> None:
    named = stated._replace(names=frozenset({"Patient/example"}))
    by = [{"reference": "Patient/example"}]
    store.take({**NOBODY, "subject": {"reference": "Patient/example"}, "performer": by}, stated=named)
    resource = store.resource("Observation")
    assert resource["subject"] == resource["performer"][0] == {"reference": f"Patient/{stated.patient_id}"}


def test_a_bundle_that_shows_two_names_is_refused_whole(store: Store, stated: Stated) -> None:
    names = ["Riyaz", " RIYAZ ", "Shriya"]
    found = [{**NOBODY, "id": f"n{n}", "subject": {"display": name}} for n, name in enumerate(names)]
    store.take(*found, stated=stated)
    assert sorted(store.codes) == ["names-differ", "transaction-refused", "transaction-refused"]
    assert store.rows("Observation") == []
    store.take(*found, stated=stated._replace(is_one_person=True))
    assert store.report.stored == {"Observation": 3}


def test_a_stated_patient_is_not_replaced_by_the_files_own(store: Store, stated: Stated) -> None:
    store.take(patient("p3"), {**NOBODY, "subject": {"reference": "Patient/p3"}}, stated=stated)
    assert store.codes == ["patient-stated", "no-patient"]
    named = stated._replace(names=frozenset({"Patient/p3"}))
    store.take(patient("p3"), {**NOBODY, "subject": {"reference": "Patient/p3"}}, stated=named)
    assert store.codes == ["patient-stated"]
    assert store.row("Observation").patient_id == stated.patient_id


def test_a_record_stays_with_the_patient_of_its_first_import(store: Store, stated: Stated) -> None:
    store.take(NOBODY, stated=stated)
    other = next(row.patient_id for row in store.rows("Patient") if row.source_id == "Patient/p2")
    store.take({**NOBODY, "valueString": "72"}, stated=Stated(other))
    assert store.codes == ["patient-changed"]
    assert store.row("Observation").patient_id == stated.patient_id
    store.take(NOBODY)
    assert store.report.unchanged == {"Observation": 1}


# Drugs

ORDER = {
    "resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order",
    "subject": {"reference": "Patient/p1"}, "medicationReference": {"reference": "Medication/m"},
}  # fmt: skip
DRUG = {
    "resourceType": "Medication",
    "id": "m",
    "code": {"coding": [{"system": "s", "code": "c"}], "text": "药"},
}


@pytest.mark.parametrize("files", [["drug", "order"], ["order", "drug"]], ids=["before", "after"])
def test_a_prescription_carries_a_drug_of_another_file(
    store: Store, tmp_path: Path, files: list[str]
) -> None:
    content = {"drug": DRUG, "order": ORDER}
    (tmp_path / "0.json").write_text(json.dumps(patient()))
    for number, name in enumerate(files, 1):
        (tmp_path / f"{number}.ndjson").write_text(json.dumps(content[name]))
    for _ in range(2):
        store.take_files(tmp_path)
        assert store.refused == []
        assert store.report.changed.total() == 0
        resource = store.resource("MedicationRequest")
        assert resource["medicationReference"] == {"reference": "#medication"}
        assert resource["contained"][0]["code"]["text"] == "药"
    assert store.report.unchanged == {"Patient": 1, "Medication": 1, "MedicationRequest": 1}


def test_a_prescription_is_kept_without_its_drug_and_takes_it_in_later(store: Store, tmp_path: Path) -> None:
    store.take(patient(), ORDER)
    assert store.report.stored == {"Patient": 1, "MedicationRequest": 1}
    store.take(DRUG)
    store.take(ORDER)
    assert store.report.changed == {"MedicationRequest": 1}
    assert store.resource("MedicationRequest")["contained"][0]["code"]["text"] == "药"


def test_what_a_prescription_contains_already_stays(store: Store) -> None:
    inside = {"resourceType": "Practitioner", "id": "medication"}
    store.take(patient(), DRUG, {**ORDER, "contained": [inside]})
    contained = store.resource("MedicationRequest")["contained"]
    assert [each["resourceType"] for each in contained] == ["Practitioner", "Medication"]
    assert len({each["id"] for each in contained}) == 2


def test_a_report_by_an_absolute_address_of_its_own_sender_is_linked(store: Store) -> None:
    base = "https://a.example/fhir/"
    result = {"reference": f"{base}Observation/o1"}
    entries = [
        {"fullUrl": base + "Patient/p1", "resource": patient()},
        {"fullUrl": base + "Observation/o1", "resource": observation()},
        {"fullUrl": base + "DiagnosticReport/r1", "resource": report(result=[result])},
    ]
    store.take(*entries)
    assert store.resource("DiagnosticReport")["result"] == [
        {"reference": f"Observation/{store.row('Observation').id}"}
    ]
