"""What happened to a patient between two tests, out of conditions, procedures, drugs and stays."""

from __future__ import annotations

from typing import Any

import pytest

from consent.reuse.orders import Event
from gateway.reuse.reading.context import PREGNANCY_MS, context_of

SNOMED, ATC, ICD = "http://snomed.info/sct", "http://www.whocc.no/atc", "http://hl7.org/fhir/sid/icd-10"
NOON = "2026-01-01T12:00:00Z"
NOON_MS = 1_767_268_800_000
DAY_MS = 86_400_000


def concept(system: str, code: str, text: str = "x") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], "text": text}


def procedure(code: dict[str, Any], **members: Any) -> dict[str, Any]:
    base = {"resourceType": "Procedure", "status": "completed", "performedDateTime": NOON, "code": code}
    return {name: value for name, value in {**base, **members}.items() if value is not None}


def drug(code: dict[str, Any], at: str | None = NOON, **members: Any) -> dict[str, Any]:
    base = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": code,
        "authoredOn": at,
    }
    return {name: value for name, value in {**base, **members}.items() if value is not None}


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (procedure(concept(SNOMED, "302497006")), "dialysis"),
        (procedure(concept(SNOMED, "703423002")), "chemotherapy"),
        (procedure(concept(SNOMED, "116859006")), "transfusion"),
        (procedure(concept(SNOMED, "430701006")), "iv-fluids"),
        (procedure(concept("urn:his", "9", "血液透析治疗")), "dialysis"),
        (procedure(concept("urn:his", "9", "输血")), "transfusion"),
        (procedure(concept("urn:his", "9", "阑尾切除术")), "procedure"),
        (drug(concept(ATC, "L01XA01")), "chemotherapy"),
        (drug(concept(ATC, "B05BB01")), "iv-fluids"),
        (drug(concept(ATC, "B05AA01")), "transfusion"),
        (drug(concept(ATC, "C10AA05")), "new-drug"),
        (drug({"text": "阿托伐他汀"}), "new-drug"),
    ],
)
def test_an_event_is_known_by_its_code_or_else_by_its_words(resource: dict[str, Any], kind: str) -> None:
    events = context_of([resource]).events
    assert [(each.kind, each.at, each.until) for each in events] == [(kind, NOON_MS, NOON_MS)]


@pytest.mark.parametrize(
    "resource",
    [
        procedure(concept(SNOMED, "430193006")),
        procedure(concept(SNOMED, "302497006"), status="not-done"),
        procedure(concept(SNOMED, "302497006"), status="entered-in-error"),
        drug(concept(ATC, "C10AA05"), status="cancelled"),
        {"resourceType": "Condition", "code": concept(SNOMED, "44054006"), "onsetDateTime": NOON},
        {
            "resourceType": "Condition",
            "code": concept(SNOMED, "77386006"),
            "onsetDateTime": NOON,
            "verificationStatus": {"coding": [{"code": "refuted"}]},
        },
        {"resourceType": "Encounter", "type": [concept(SNOMED, "185349003")], "period": {"start": NOON}},
        {"resourceType": "Observation", "id": "x"},
        {},
    ],
)
def test_what_changes_nothing_is_no_event(resource: dict[str, Any]) -> None:
    assert context_of([resource]).events == ()


def test_a_stay_in_intensive_care_lasts_as_long_as_its_period() -> None:
    care = concept(SNOMED, "305351004", "Admission to intensive care")
    stay = {"resourceType": "Encounter", "type": [care], "period": {"start": NOON}}
    assert context_of([stay]).events == (
        Event("intensive-care", NOON_MS, None, f"{SNOMED}|305351004", "Admission to intensive care"),
    )
    ended = {**stay, "period": {"start": NOON, "end": "2026-01-03T12:00:00Z"}}
    assert context_of([ended]).events[0].until == NOON_MS + 2 * DAY_MS + 1000
    ward = {**stay, "type": [], "location": [{"location": {"display": "重症监护室"}}]}
    assert context_of([ward]).events[0].kind == "intensive-care"


@pytest.mark.parametrize("code", [concept(SNOMED, "72892002"), concept(ICD, "Z34.0"), {"text": "妊娠 12 周"}])
def test_a_pregnancy_lasts_until_it_is_closed_and_no_longer_than_one_can(code: dict[str, Any]) -> None:
    pregnant = {"resourceType": "Condition", "code": code, "onsetDateTime": NOON}
    event = context_of([pregnant]).events[0]
    assert (event.kind, event.at, event.until) == ("pregnancy", NOON_MS, NOON_MS + 1000 + PREGNANCY_MS)
    closed = {**pregnant, "abatementDateTime": "2026-01-02"}
    assert context_of([closed]).events[0].until == NOON_MS + int(1.5 * DAY_MS)
    undated = {"resourceType": "Condition", "code": code}
    assert context_of([undated]).events[0].until is None


def test_a_day_may_lie_after_anything_of_that_day() -> None:
    event = context_of([procedure(concept(SNOMED, "302497006"), performedDateTime="2026-01-01")]).events[0]
    assert (event.at, event.until) == (NOON_MS - DAY_MS // 2, NOON_MS + DAY_MS // 2)


def test_a_drug_is_new_at_its_first_order_only() -> None:
    again = [
        drug(concept(ATC, "C10AA05"), at) for at in ("2026-03-01T12:00:00Z", NOON, "2026-02-01T12:00:00Z")
    ]
    assert [each.at for each in context_of(again).events] == [NOON_MS]


def test_what_has_no_date_leaves_its_kind_of_record_unseen() -> None:
    found = context_of(
        [procedure(concept(SNOMED, "302497006"), performedDateTime=None)], unseen=frozenset({"Encounter"})
    )
    assert found.events == ()
    assert found.unseen == {"Procedure", "Encounter"}
    assert context_of([drug(concept(ATC, "C10AA05"), None)]).unseen == {"MedicationRequest"}
