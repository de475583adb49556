"""Every search parameter of every served type finds what it should and is the one of the standard."""

import json
import tarfile
from functools import cache
from typing import Any

import pytest

from gateway.fhir.consent_search import CONSENT
from gateway.fhir.search_types import (
    SERVED,
    includes_of,
    parameters_of,
    public_parameters,
    revincludes_of,
)
from gateway.records.definitions.parameters import definition
from gateway.records.definitions.resource_types import TYPES
from tests.gateway.records.store import DATA, LOINC, Store, patient

PACKAGE = DATA / "schema" / "hl7.fhir.r4.core-4.0.1.tgz"
# What the table of this door must hold; more is allowed.
REQUIRED = {
    "Patient": "identifier family given name birthdate gender",
    "Observation": "patient subject category code date status encounter based-on value-quantity combo-code",
    "DiagnosticReport": "patient category code date issued status result based-on encounter",
    "ImagingStudy": "patient started status modality bodysite identifier basedon encounter",
    "MedicationRequest": "patient code authoredon status intent encounter",
    "AllergyIntolerance": "patient code date clinical-status verification-status criticality",
    "Condition": "patient code category clinical-status verification-status onset-date recorded-date",
    "Immunization": "patient vaccine-code date status",
    "Procedure": "patient code category date status",
    "DocumentReference": "patient type category date period status identifier security-label",
    "ServiceRequest": "patient code category authored occurrence status intent",
    "Provenance": "target recorded when agent",
    "Encounter": "patient status class type date",
}
OF_ALL = "_id _lastUpdated _security _tag _profile"
TEXT, OTHER = "urn:x|wanted", "urn:x|other"
CODED = {"coding": [{"system": "urn:x", "code": "wanted"}]}
FAR = {"reference": "https://elsewhere.example/fhir/Thing/1"}
AT, AWAY = FAR["reference"], "https://elsewhere.example/fhir/Thing/2"
DAY, NEXT = "2020-03-01", "2020-03-02"
HL7 = "http://hl7.org/fhir"

# type: {parameter: (elements, a value that finds them, a value that does not)}
Case = tuple[dict[str, Any], str, str]
SEARCHED: dict[str, dict[str, Case]] = {
    "Patient": {
        "identifier": ({"identifier": [{"system": "urn:x", "value": "wanted"}]}, TEXT, OTHER),
        "family": ({"name": [{"family": "Müller-Lüd"}]}, "mulLER", "ller"),
        "given": ({"name": [{"given": ["秀兰", "小"]}]}, "秀", "兰"),
        "name": ({"name": [{"prefix": ["Dr."], "text": "林秀兰（合成）"}]}, "dr", "秀"),
        "birthdate": ({"birthDate": DAY}, "2020-03", "2020-04"),
        "gender": ({"gender": "other"}, f"{HL7}/administrative-gender|other", "urn:x|other"),
    },
    "Observation": {
        "category": ({"category": [CODED]}, TEXT, OTHER),
        "code": ({"code": CODED}, "wanted", "|wanted"),
        "component-code": ({"component": [{"code": CODED}]}, "urn:x|", "urn:y|"),
        "combo-code": ({"component": [{"code": CODED}]}, TEXT, OTHER),
        "status": ({"status": "final"}, f"{HL7}/observation-status|final", "preliminary"),
        "date": ({"effectivePeriod": {"start": DAY, "end": DAY}}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
        "based-on": ({"basedOn": [FAR]}, AT, AWAY),
        "has-member": ({"hasMember": [FAR]}, AT, AWAY),
        "value-quantity": ({"valueQuantity": {"value": 5.4, "code": "mg"}}, "5.4||mg", "5.4||g"),
    },
    "DiagnosticReport": {
        "category": ({"category": [CODED]}, TEXT, OTHER),
        "code": ({"code": CODED}, TEXT, OTHER),
        "status": ({"status": "final"}, f"{HL7}/diagnostic-report-status|final", "partial"),
        "date": ({"effectiveDateTime": DAY}, DAY, NEXT),
        "issued": ({"issued": f"{DAY}T10:00:00Z"}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
        "based-on": ({"basedOn": [FAR]}, AT, AWAY),
        "result": ({"result": [FAR]}, AT, AWAY),
    },
    "ImagingStudy": {
        "identifier": ({"identifier": [{"value": "wanted"}]}, "|wanted", OTHER),
        "modality": ({"series": [{"modality": {"system": "urn:x", "code": "wanted"}}]}, TEXT, OTHER),
        "bodysite": ({"series": [{"bodySite": {"system": "urn:x", "code": "wanted"}}]}, TEXT, OTHER),
        "status": ({"status": "available"}, f"{HL7}/imagingstudy-status|available", "cancelled"),
        "started": ({"started": DAY}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
        "basedon": ({"basedOn": [FAR]}, AT, AWAY),
    },
    "MedicationRequest": {
        "category": ({"category": [CODED]}, TEXT, OTHER),
        "code": ({"contained": [{"resourceType": "Medication", "id": "m", "code": CODED}]}, TEXT, OTHER),
        "status": ({"status": "active"}, f"{HL7}/CodeSystem/medicationrequest-status|active", "stopped"),
        "intent": ({"intent": "order"}, f"{HL7}/CodeSystem/medicationrequest-intent|order", "plan"),
        "authoredon": ({"authoredOn": DAY}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
    },
    "AllergyIntolerance": {
        "clinical-status": ({"clinicalStatus": CODED}, TEXT, OTHER),
        "verification-status": ({"verificationStatus": CODED}, TEXT, OTHER),
        "code": ({"reaction": [{"substance": CODED}]}, TEXT, OTHER),
        "category": ({"category": ["food"]}, f"{HL7}/allergy-intolerance-category|food", "medication"),
        "criticality": ({"criticality": "low"}, f"{HL7}/allergy-intolerance-criticality|low", "high"),
        "date": ({"recordedDate": DAY}, DAY, NEXT),
    },
    "Condition": {
        "category": ({"category": [CODED]}, TEXT, OTHER),
        "code": ({"code": CODED}, TEXT, OTHER),
        "clinical-status": ({"clinicalStatus": CODED}, TEXT, OTHER),
        "verification-status": ({"verificationStatus": CODED}, TEXT, OTHER),
        "onset-date": ({"onsetDateTime": "2015"}, "2015", "2015-01"),
        "recorded-date": ({"recordedDate": DAY}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
    },
    "Immunization": {
        "vaccine-code": ({"vaccineCode": CODED}, TEXT, OTHER),
        "status": ({"status": "completed"}, f"{HL7}/event-status|completed", "not-done"),
        "date": ({"occurrenceDateTime": DAY}, DAY, NEXT),
    },
    "Procedure": {
        "category": ({"category": CODED}, TEXT, OTHER),
        "code": ({"code": CODED}, TEXT, OTHER),
        "status": ({"status": "completed"}, f"{HL7}/event-status|completed", "stopped"),
        "date": ({"performedPeriod": {"start": DAY, "end": DAY}}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
    },
    "DocumentReference": {
        "type": ({"type": CODED}, TEXT, OTHER),
        "category": ({"category": [CODED]}, TEXT, OTHER),
        "security-label": ({"securityLabel": [CODED]}, TEXT, OTHER),
        "identifier": ({"masterIdentifier": {"system": "urn:x", "value": "wanted"}}, TEXT, OTHER),
        "status": ({"status": "current"}, f"{HL7}/document-reference-status|current", "superseded"),
        "date": ({"date": f"{DAY}T10:00:00Z"}, DAY, NEXT),
        "period": ({"context": {"period": {"start": DAY, "end": DAY}}}, DAY, NEXT),
        "encounter": ({"context": {"encounter": [FAR]}}, AT, AWAY),
    },
    "Encounter": {
        "type": ({"type": [CODED]}, TEXT, OTHER),
        "class": ({"class": {"system": "urn:x", "code": "wanted"}}, TEXT, OTHER),
        "status": ({"status": "finished"}, f"{HL7}/encounter-status|finished", "planned"),
        "date": ({"period": {"start": DAY, "end": DAY}}, DAY, NEXT),
    },
    "ServiceRequest": {
        "category": ({"category": [CODED]}, TEXT, OTHER),
        "code": ({"code": CODED}, TEXT, OTHER),
        "status": ({"status": "revoked"}, f"{HL7}/request-status|revoked", "active"),
        "intent": ({"intent": "order"}, f"{HL7}/request-intent|order", "plan"),
        "authored": ({"authoredOn": DAY}, DAY, NEXT),
        "occurrence": ({"occurrencePeriod": {"start": DAY, "end": DAY}}, DAY, NEXT),
        "encounter": ({"encounter": FAR}, AT, AWAY),
    },
    "Provenance": {
        "recorded": ({"recorded": f"{DAY}T10:00:00Z"}, DAY, NEXT),
        "when": ({"occurredDateTime": DAY}, DAY, NEXT),
        "target": ({"target": [{"reference": "Patient/p1"}, FAR]}, AT, AWAY),
        "agent": ({"agent": [{"who": FAR}]}, AT, AWAY),
    },
}  # fmt: skip
OF_EVERY_TYPE: dict[str, Case] = {
    "_tag": ({"meta": {"tag": [{"system": "urn:x", "code": "wanted"}]}}, TEXT, OTHER),
    "_profile": (
        {"meta": {"profile": ["http://p.example/a|b"]}},
        "http://p.example/a|b",
        "http://p.example/a",
    ),
    "_security": ({"meta": {"security": [{"system": "urn:x", "code": "wanted"}]}}, TEXT, OTHER),
    "_lastUpdated": ({}, "2026-01-01", "2025-12-31"),
}


def made(type_: str, **elements: Any) -> dict[str, Any]:
    """A resource of a type that says whose it is and these elements, nothing else."""
    whose = {"reference": "Patient/p1"}
    owner = {"target": {"target": [whose]}, "": {}}.get(TYPES[type_].patient, {TYPES[type_].patient: whose})
    return {"resourceType": type_, "id": "one", **owner, **elements}


ALL = [(type_, name) for type_, cases in SEARCHED.items() for name in cases]


@pytest.mark.parametrize(("type_", "name"), ALL, ids=[f"{type_} by {name}" for type_, name in ALL])
def test_a_record_is_found(store: Store, type_: str, name: str) -> None:
    elements, value, other = SEARCHED[type_][name]
    if type_ == "Patient":
        store.take({"resourceType": "Patient", "id": "p1", **elements})
    else:
        store.take(patient(), made(type_, **elements))
    assert store.refused == []
    assert store.search(type_, (name, value)).total == 1
    assert store.search(type_, (name, other)).total == 0


@pytest.mark.parametrize("type_", [name for name in SERVED if name != "Patient"])
@pytest.mark.parametrize("name", OF_EVERY_TYPE)
def test_a_record_of_any_type_is_found(store: Store, type_: str, name: str) -> None:
    elements, value, other = OF_EVERY_TYPE[name]
    store.take(patient(), made(type_, **elements))
    totals = [store.search(type_, (name, each)).total for each in (value, other)]
    assert totals == [1, 0]


def test_no_parameter_goes_untried() -> None:
    served = {type_: {each.name for each in TYPES[type_].parameters if each.is_public} for type_ in SERVED}
    assert {type_: set(cases) for type_, cases in SEARCHED.items()} == served


@pytest.mark.parametrize("type_", REQUIRED)
def test_the_parameters_of_the_doors_table_are_there(type_: str) -> None:
    names = {each.name for each in parameters_of(type_)}
    assert {*REQUIRED[type_].split(), *OF_ALL.split()} <= names
    assert sorted(SERVED) == sorted(REQUIRED)


def test_what_may_come_along_is_what_the_doors_table_names() -> None:
    forward = {value for type_ in SERVED for value in includes_of(type_)}
    encounters = {"Observation:encounter", "ImagingStudy:encounter"}
    assert forward == {"DiagnosticReport:result", "Observation:has-member", *encounters}
    assert {value for type_ in SERVED for value in revincludes_of(type_)} == {"Provenance:target"}


@cache
def package(kind: str) -> dict[str, Any]:
    """The published resources of one kind by URL."""
    with tarfile.open(PACKAGE) as tar:
        names = [name for name in tar.getnames() if f"/{kind}-" in name]
        found = [json.loads((tar.extractfile(name) or tar).read()) for name in names]  # type: ignore[union-attr]
    return {each["url"]: each for each in found if "url" in each}


@pytest.mark.skipif(not PACKAGE.exists(), reason="needs ../shared/data/schema/hl7.fhir.r4.core-4.0.1.tgz")
@pytest.mark.parametrize("type_", [*SERVED, "Consent"])
def test_a_parameter_is_the_one_that_the_standard_defines(type_: str) -> None:
    wrong = []
    for each in public_parameters(CONSENT) if type_ == "Consent" else parameters_of(type_):
        published = package("SearchParameter").get(definition(type_, each.name))
        known = published is not None and (published["code"], published["type"]) == (each.name, each.type)
        if not known or not {type_, "Resource"} & set(published["base"]):
            wrong.append((each.name, published and published["url"]))
    assert wrong == []


@pytest.mark.skipif(not PACKAGE.exists(), reason="needs ../shared/data/schema/hl7.fhir.r4.core-4.0.1.tgz")
@pytest.mark.parametrize("type_", SERVED)
def test_the_system_of_a_plain_code_is_the_one_that_its_binding_implies(type_: str) -> None:
    elements = package("StructureDefinition")[f"{HL7}/StructureDefinition/{type_}"]["snapshot"]["element"]
    implied = {}
    for each in elements:
        if each.get("type", [{}])[0].get("code") == "code" and "binding" in each:
            values = package("ValueSet").get(each["binding"]["valueSet"].partition("|")[0])
            implied[each["path"].partition(".")[2]] = (
                values["compose"]["include"][0]["system"] if values else ""
            )
    stated = {each.paths[0]: each.system for each in TYPES[type_].parameters if each.paths and each.system}
    assert stated == {path: implied.get(path) for path in stated}
    coded = {each.paths[0] for each in TYPES[type_].parameters if each.type == "token" and each.paths}
    assert coded & set(implied) == set(stated)


def test_loinc_codes_are_found_by_system_and_code(store: Store) -> None:
    coding = {"coding": [{"system": LOINC, "code": "4548-4"}, {"system": "urn:local", "code": "HBA1C"}]}
    store.take(patient(), made("Observation", code=coding))
    for value in ("4548-4", f"{LOINC}|4548-4", f"{LOINC}|", "HBA1C", "urn:local|HBA1C", "x,4548-4"):
        assert store.search("Observation", ("code", value)).total == 1, value
    for value in ("4548", f"{LOINC}|HBA1C", "|4548-4", f"{LOINC}/|4548-4"):
        assert store.search("Observation", ("code", value)).total == 0, value
