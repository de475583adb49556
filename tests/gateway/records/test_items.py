"""What a person sees of a record: values as written, ranges, flags, words."""

import json
from typing import Any

import pytest

from gateway.records.items import item_of, item_of_text
from tests.gateway.records.store import LOINC

V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def seen(**elements: Any) -> dict[str, Any]:
    return item_of_text(json.dumps({"resourceType": "Observation", "id": "x", **elements}))


def quantity(value: float, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": "mmol/L", "code": "mmol/L", **more}


def test_a_whole_result_is_shown_as_issued() -> None:
    text = """{"resourceType":"Observation","id":"abc","status":"final",
      "meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},
      "category":[{"coding":[{"code":"laboratory"}]}],
      "code":{"coding":[{"system":"http://loinc.org","code":"4548-4","display":"Hemoglobin A1c"}],
              "text":"糖化血红蛋白"},
      "effectiveDateTime":"2026-06-02T08:10:00+08:00",
      "valueQuantity":{"value":6.80,"unit":"%","code":"%"},
      "referenceRange":[{"low":{"value":4.0},"high":{"value":6.00}}],
      "method":{"text":"HPLC"},"specimen":{"display":"静脉血"}}"""
    assert item_of_text(text) == {
        "ref": "Observation/abc",
        "type": "Observation",
        "kind": "laboratory",
        "date": "2026-06-02T08:10:00+08:00",
        "code": {"system": LOINC, "code": "4548-4", "text": "糖化血红蛋白", "display": "Hemoglobin A1c"},
        "value": {"number": "6.80", "unit": "%", "code": "%", "comparator": None},
        "range": {"low": "4.0", "high": "6.00", "text": None},
        "flag": "H",
        "status": "final",
        "method": "HPLC",
        "specimen": "静脉血",
        "labels": ["PSY"],
        "title": None,
        "text": None,
        "results": None,
    }


def interpreted(code: str, system: str = V3) -> list[dict[str, Any]]:
    return [{"coding": [{"system": system, "code": code}]}]


RANGE = [{"low": quantity(4.0), "high": quantity(6.0)}]
FLAGS = {
    "the value is above its range": ({"valueQuantity": quantity(6.01), "referenceRange": RANGE}, "H"),
    "the value is below its range": ({"valueQuantity": quantity(3.99), "referenceRange": RANGE}, "L"),
    "the value is at the upper end": ({"valueQuantity": quantity(6.00), "referenceRange": RANGE}, None),
    "the value is at the lower end": ({"valueQuantity": quantity(4.0), "referenceRange": RANGE}, None),
    "the value is far above: never critical by us": (
        {"valueQuantity": quantity(60), "referenceRange": RANGE}, "H"),
    "there is no range": ({"valueQuantity": quantity(60)}, None),
    "the range has an upper end only": (
        {"valueQuantity": quantity(1), "referenceRange": [{"high": quantity(6)}]}, None),
    "the range is of another unit": (
        {"valueQuantity": quantity(60), "referenceRange": [{"high": {"value": 6, "code": "mg/dL"}}]}, None),
    "the range is of another group": (
        {"valueQuantity": quantity(60), "referenceRange": [{"high": quantity(6), "age": {}}]}, None),
    "there are two ranges": ({"valueQuantity": quantity(60), "referenceRange": RANGE * 2}, None),
    "the laboratory says high": ({"valueQuantity": quantity(5), "interpretation": interpreted("H")}, "H"),
    "the laboratory says normal": (
        {"valueQuantity": quantity(60), "referenceRange": RANGE, "interpretation": interpreted("N")}, None),
    "the laboratory says critically high": ({"interpretation": interpreted("HH")}, "HH"),
    "the laboratory says critically low": ({"interpretation": interpreted("LL")}, "LL"),
    "the laboratory says abnormal": ({"interpretation": interpreted("A")}, "A"),
    "the laboratory says it twice: the graver stands": (
        {"interpretation": [*interpreted("H"), *interpreted("HH")]}, "HH"),
    "somebody else's code": ({"interpretation": interpreted("HH", "urn:x")}, None),
    "less than a value inside": (
        {"valueQuantity": quantity(5, comparator="<"), "referenceRange": RANGE}, None),
    "less than the lower end": (
        {"valueQuantity": quantity(4.0, comparator="<"), "referenceRange": RANGE}, "L"),
    "more than the upper end": (
        {"valueQuantity": quantity(6.0, comparator=">"), "referenceRange": RANGE}, "H"),
    "less than something above": (
        {"valueQuantity": quantity(9, comparator="<"), "referenceRange": RANGE}, None),
}  # fmt: skip


@pytest.mark.parametrize(("elements", "flag"), FLAGS.values(), ids=FLAGS)
def test_a_flag_is_set_when(elements: dict[str, Any], flag: str | None) -> None:
    assert seen(**elements)["flag"] == flag


VALUES = {
    "a text": ({"valueString": "阴性"}, {"text": "阴性"}),
    "a code": ({"valueCodeableConcept": {"coding": [{"display": "Negative"}]}}, {"text": "Negative"}),
    "a whole number": (
        {"valueInteger": 7}, {"number": "7", "unit": None, "code": None, "comparator": None}),
    "parts": (
        {"component": [
            {"code": {"text": "收缩压"}, "valueQuantity": {"value": 134, "unit": "mmHg"}},
            {"code": {"text": "舒张压"}, "valueQuantity": {"value": 78, "unit": "mmHg"}}]},
        {"text": "收缩压 134 mmHg; 舒张压 78 mmHg"}),
    "a reason why there is none": ({"dataAbsentReason": {"text": "标本溶血"}}, {"text": "标本溶血"}),
    "nothing": ({}, None),
    "a number written as a text": ({"valueQuantity": {"value": "7"}}, None),
    "a boolean where a number belongs": ({"valueQuantity": {"value": True}}, None),
}  # fmt: skip


@pytest.mark.parametrize(("elements", "value"), VALUES.values(), ids=VALUES)
def test_a_value_is_shown_from(elements: dict[str, Any], value: object) -> None:
    assert seen(**elements)["value"] == value


def test_a_prescription_shows_the_drug_it_carries_and_its_dosage() -> None:
    item = item_of(
        {
            "resourceType": "MedicationRequest",
            "id": "m",
            "status": "active",
            "authoredOn": "2025-01-01",
            "contained": [{"resourceType": "Medication", "id": "medication", "code": {"text": "二甲双胍"}}],
            "medicationReference": {"reference": "#medication"},
            "dosageInstruction": [{"text": "每日 2 次"}],
        }
    )
    assert (item["kind"], item["code"]["text"], item["text"]) == ("medication", "二甲双胍", "每日 2 次")


def test_a_report_shows_its_conclusion_and_its_results() -> None:
    item = item_of(
        {
            "resourceType": "DiagnosticReport",
            "id": "r",
            "category": [{"coding": [{"code": "RAD"}]}],
            "code": {"text": "胸部CT"},
            "conclusion": "未见异常",
            "result": [{"reference": "Observation/1"}],
        }
    )
    shown = item["kind"], item["title"], item["text"], item["results"]
    assert shown == ("imaging", "胸部CT", "未见异常", ["Observation/1"])


def test_an_allergy_shows_its_reaction() -> None:
    item = item_of(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "reaction": [{"manifestation": [{"text": "皮疹"}], "description": "轻"}],
        }
    )
    assert (item["status"], item["text"]) == ("active", "皮疹\n轻")


DATES: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "a result by when it was taken": (
        "Observation", {"effectiveDateTime": "2025-01", "issued": "2025-02-01T00:00:00Z"}, "2025-01"),
    "a result by when it was issued": ("Observation", {"issued": "2025-02-01T00:00:00Z"},
                                       "2025-02-01T00:00:00Z"),
    "a stay by its beginning": ("Encounter", {"period": {"start": "2025-01", "end": "2025-02"}}, "2025-01"),
    "a stay that only has an end": ("Encounter", {"period": {"end": "2025-02"}}, "2025-02"),
    "an order by when it was written": (
        "ServiceRequest", {"authoredOn": "2025-01", "occurrenceDateTime": "2025-02"}, "2025-01"),
    "an immunization told in words": (
        "Immunization", {"occurrenceString": "小学时", "recorded": "2025-02"}, "小学时"),
    "a repeated measurement": ("Observation", {"effectiveTiming": {"event": ["2025-01"]}}, "2025-01"),
    "nothing": ("Condition", {}, None),
}  # fmt: skip


@pytest.mark.parametrize(("type_", "elements", "date"), DATES.values(), ids=DATES)
def test_an_item_is_dated(type_: str, elements: dict[str, Any], date: str | None) -> None:
    assert item_of({"resourceType": type_, "id": "x", **elements})["date"] == date


def test_an_order_says_what_was_ordered() -> None:
    item = item_of({"resourceType": "ServiceRequest", "id": "s", "status": "active",
                    "code": {"text": "糖化血红蛋白"}, "authoredOn": "2025-01-01"})  # fmt: skip
    assert (item["kind"], item["code"]["text"], item["status"]) == ("order", "糖化血红蛋白", "active")


TITLES = {
    "a plan": ({"resourceType": "CarePlan", "category": [{"text": "糖尿病管理"}]}, "糖尿病管理"),
    "a team": ({"resourceType": "CareTeam", "name": "伤口小组"}, "伤口小组"),
    "a device": ({"resourceType": "Device", "deviceName": [{"name": "起搏器"}]}, "起搏器"),
    "its use": ({"resourceType": "DeviceUseStatement", "device": {"display": "助听器"}}, "助听器"),
    "a relative's illness": (
        {"resourceType": "FamilyMemberHistory", "name": "李", "relationship": {"text": "父亲"}}, "父亲"),
    "a picture": ({"resourceType": "Media", "content": {"title": "伤口"}}, "伤口"),
    "a page": ({"resourceType": "Composition", "title": "出院小结"}, "出院小结"),
}  # fmt: skip


@pytest.mark.parametrize(("resource", "title"), TITLES.values(), ids=TITLES)
def test_what_has_no_code_is_called_by(resource: dict[str, Any], title: str) -> None:
    assert item_of(resource)["title"] == title


KINDS = {
    "a vital sign": ({"category": [{"coding": [{"code": "vital-signs"}]}]}, "vital-signs"),
    "a laboratory result": ({"category": [{"coding": [{"code": "laboratory"}]}]}, "laboratory"),
    "an imaging finding": ({"category": [{"coding": [{"code": "imaging"}]}]}, "imaging"),
    "a survey": ({"category": [{"coding": [{"code": "survey"}]}]}, "other"),
    "no category": ({}, "other"),
}


@pytest.mark.parametrize(("elements", "kind"), KINDS.values(), ids=KINDS)
def test_an_observation_is_of_the_kind(elements: dict[str, Any], kind: str) -> None:
    assert seen(**elements)["kind"] == kind


ELEMENTS = [
    "code",
    "category",
    "valueQuantity",
    "referenceRange",
    "interpretation",
    "method",
    "specimen",
    "component",
    "result",
    "effectiveDateTime",
    "effectivePeriod",
    "note",
    "reaction",
    "dosageInstruction",
    "contained",
    "status",
    "clinicalStatus",
    "meta",
    "valueCodeableConcept",
    "medicationCodeableConcept",
    "id",
]
BROKEN: list[Any] = [None, True, 0, "x", [], {}, [None], [[]], [{"coding": "x"}], {"coding": [1]}]


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize(
    "type_", ["Observation", "DiagnosticReport", "MedicationRequest", "AllergyIntolerance"]
)
def test_broken_elements_never_break_an_item(type_: str, element: str) -> None:
    for value in BROKEN:
        assert item_of({"resourceType": type_, element: value})["type"] == type_
