"""Adds what is no series: conditions, medicines, allergies, imaging, and one sensitive episode.

The sensitive episode is a depressive illness treated at the clinic; its codes get their labels at import, as
real records do.
"""
# ruff: noqa: E501 - a Chinese character counts twice

from collections.abc import Iterator
from typing import Any

from gateway.demo.maker import Json, Maker, concept, reference
from gateway.demo.people import ICD_10, LOINC, Concept, Imaging, Medicine
from gateway.records.elements.json_text import Number

_DEPRESSION: Concept = (ICD_10, "F32.1", "Moderate depressive episode", "中度抑郁发作")
_PHQ_9: Concept = (
    LOINC,
    "44261-6",
    "Patient Health Questionnaire 9 item (PHQ-9) total score",
    "PHQ-9 抑郁筛查总分",
)
_CONSULT: Concept = (LOINC, "34788-0", "Psychiatry Consult note", "心理门诊会诊记录")
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"


def story_of(make: Maker) -> Iterator[Json]:
    """Everything of this person at this institution that stands beside the visits."""
    person, here = make.person, make.institution
    for number, (institution, days_ago, what) in enumerate(person.conditions):
        if institution == here:
            yield _condition(make, number, days_ago, what)
    for number, medicine in enumerate(person.medicines):
        if medicine.institution == here:
            yield _medicine(make, number, medicine)
    for number, (institution, what, reaction, criticality) in enumerate(person.allergies):
        if institution == here:
            yield _allergy(make, number, what, reaction, criticality)
    for number, imaging in enumerate(person.imaging):
        if imaging.institution == here:
            yield from _imaging(make, number, imaging)
    if person.sensitive and here == "WT":
        yield from _sensitive(make)


def _status(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def _condition(make: Maker, number: object, days_ago: int, what: Concept, **more: Any) -> Json:
    day = make.moment(days_ago, "condition")[:10]
    return make.resource(
        "Condition", (number,), clinicalStatus=_status("condition-clinical", "active"),
        verificationStatus=_status("condition-ver-status", "confirmed"),
        category=[_status("condition-category", "problem-list-item")], code=concept(what), subject=make.subject,
        onsetDateTime=day, recordedDate=day, **more,
    )  # fmt: skip


def _medicine(make: Maker, number: int, medicine: Medicine) -> Json:
    return make.resource(
        "MedicationRequest", (number,), status=medicine.status, intent="order",
        medicationCodeableConcept=concept(medicine.drug), subject=make.subject,
        authoredOn=make.moment(medicine.days_ago, "medicine"), dosageInstruction=[{"text": medicine.dosage}],
    )  # fmt: skip


def _allergy(make: Maker, number: int, what: Concept, reaction: str, criticality: str) -> Json:
    return make.resource(
        "AllergyIntolerance", (number,), clinicalStatus=_status("allergyintolerance-clinical", "active"),
        verificationStatus=_status("allergyintolerance-verification", "confirmed"), type="allergy",
        criticality=criticality, code=concept(what), patient=make.subject,
        recordedDate=make.moment(900, "allergy")[:10], reaction=[{"manifestation": [{"text": reaction}]}],
    )  # fmt: skip


def _imaging(make: Maker, number: int, imaging: Imaging) -> Iterator[Json]:
    at = make.moment(imaging.days_ago, "imaging")
    study = make.resource(
        "ImagingStudy", (number,), status="available", subject=make.subject, started=at,
        modality=[{"system": _DICOM, "code": imaging.modality}], procedureCode=[concept(imaging.study)],
    )  # fmt: skip
    yield study
    yield make.resource(
        "DiagnosticReport", ("imaging", number), status="final",
        category=[_status("v2-0074", "RAD")], code=concept(imaging.study), subject=make.subject,
        effectiveDateTime=at, issued=at, imagingStudy=[reference(study)],
        conclusion=imaging.conclusion,
    )  # fmt: skip


def _sensitive(make: Maker) -> Iterator[Json]:
    days_ago = 156
    at = make.moment(days_ago, "sensitive")
    encounter = make.encounter("sensitive", at, "心理咨询门诊")
    inside = {"encounter": reference(encounter)}
    score = make.resource(
        "Observation", ("PHQ-9",), status="final", category=[_status("observation-category", "survey")],
        code=concept(_PHQ_9), subject=make.subject, effectiveDateTime=at, **inside,
        valueQuantity={"value": Number("13"), "unit": "分", "system": "http://unitsofmeasure.org", "code": "{score}"},
    )  # fmt: skip
    yield encounter
    yield _condition(make, "sensitive", days_ago, _DEPRESSION, **inside)
    yield score
    yield make.resource(
        "DiagnosticReport", ("sensitive",), status="final", category=[_status("v2-0074", "OTH")],
        code=concept(_CONSULT), subject=make.subject, effectiveDateTime=at, issued=at, **inside,
        result=[reference(score)],
        conclusion="情绪低落、睡眠差约两个月，PHQ-9 得 13 分，考虑中度抑郁发作。建议心理治疗，两周后复诊。",
    )  # fmt: skip
