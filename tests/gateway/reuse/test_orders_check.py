"""What an order check offers: read on the server, from the own chart and the doctor's own open views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from gateway.records.tables import chart
from gateway.reuse.tables import reuse_ruling
from tests.gateway.reuse.ward import DAY, HBA1C, LDL, TG, Form, add_records, filed, iso, result, rows


def test_a_result_of_an_open_view_is_offered_with_all_that_a_doctor_needs(form: Form) -> None:
    check = form.check()
    [item] = check["items"]
    assert (item["value"]["number"], item["value"]["unit"]) == ("6.81", "%")
    assert (item["range"]["low"], item["range"]["high"]) == ("4.0", "6.0")
    assert (item["method"], item["specimen"], item["flag"]) == ("HPLC", "静脉血", "H")
    assert item["source"] == form.story.hospital
    assert (check["rule"]["id"], check["rule"]["version"]) == ("hba1c/default", 1)
    assert {line["key"]: line["outcome"] for line in check["lines"]}["method"] == "unknown"
    assert check["order"]["state"] == "offered"
    assert check["reason"] is None


def test_what_is_not_opened_is_not_spoken_of(form: Form) -> None:
    without = Form(form.story, [])
    check = without.check()
    assert (check["items"], check["trend"], check["others"]) == ([], [], [])
    assert form.story.hospital not in str(check)


def test_the_own_chart_is_offered_without_any_view(alone: Form) -> None:
    story = alone.story
    add_records(story, story.clinic, result("own", HBA1C, "6.2", story.clock() - 5 * DAY))
    check = alone.check()
    assert [item["source"] for item in check["items"]] == [story.clinic]
    assert {line["key"]: line["facts"] for line in check["lines"]}["grant"]["own"] is True


def test_a_draft_rule_shows_itself_and_offers_nothing(form: Form) -> None:
    story = form.story
    add_records(story, story.clinic, result("afp", "1834-1", "3.1", story.clock() - DAY))
    check = form.check("afp")
    assert (check["reason"], check["rule"]["status"], check["order"]) == ("rule-draft", "draft", None)
    assert [line["key"] for line in check["lines"]] == ["rule"]
    assert (check["items"], check["others"], check["trend"]) == ([], [], [])
    assert "3.1" not in str(check)


def test_a_situation_has_its_own_rule(form: Form) -> None:
    form.story.clock.advance(days=45)
    form.story.days_later(0)
    form.visits = []
    story = form.story
    add_records(story, story.clinic, result("old", HBA1C, "6.2", story.clock() - 70 * DAY))
    assert form.check()["reason"] == "none-qualifies"
    stated = form.check(situation="stable")
    assert (stated["reason"], stated["rule"]["version"], stated["situation_stated"]) == (None, 3, True)


def test_a_panel_is_offered_only_whole(form: Form) -> None:
    story = form.story
    add_records(story, story.clinic, result("ldl", LDL, "2.31", story.clock() - 3 * DAY))
    part = form.check("lipids")
    assert (part["reason"], part["panel"]) == ("panel-incomplete", {"have": 1, "of": 2})
    assert [bool(member["item"]) for member in part["members"]] == [True, False]
    add_records(story, story.clinic, result("tg", TG, "1.80", story.clock() - 4 * DAY))
    whole = form.check("lipids")
    assert [item["value"]["number"] for item in whole["items"]] == ["2.31", "1.8"]


def test_an_urgent_order_is_not_compared(form: Form) -> None:
    assert form.check(urgent=True)["reason"] == "order-urgent"


def test_the_same_offer_to_the_same_doctor_is_one(form: Form) -> None:
    first, again = form.check(), form.check()
    assert first["order"]["id"] == again["order"]["id"]
    assert len(rows(form.story)) == 1
    form.story.clock.advance(days=1)
    form.story.days_later(0)
    assert len(rows(form.story)) == 1


def test_a_row_of_an_offer_holds_no_value(form: Form) -> None:
    form.check()
    assert "6.81" not in str(rows(form.story))


def test_a_chart_of_another_sex_fails_the_person(form: Form) -> None:
    with form.story.gw.db.begin() as conn:
        conn.execute(update(chart).where(chart.c.patient_id == form.story.chart).values(sex="male"))
    check = form.check()
    assert check["reason"] == "none-qualifies"
    assert {line["key"]: line["outcome"] for line in check["lines"]}["person"] == "fails"


def test_a_view_that_ended_meanwhile_offers_nothing(form: Form) -> None:
    form.story.clock.advance(minutes=20)
    assert form.check()["reason"] is None
    form.story.clock.advance(minutes=10)
    assert form.check()["reason"] == "no-result"


def size(form: Form) -> int:
    with form.story.gw.ledger.view() as view:
        return int(view.size)


def test_a_check_belongs_to_the_look_that_opened_the_chart(alone: Form) -> None:
    opened = alone.doctor.post(f"/console/api/patients/{alone.story.chart}/open", json={})
    assert opened.status_code == 200
    before = size(alone)
    alone.check()
    assert size(alone) == before


def test_a_check_of_a_chart_that_was_not_opened_is_a_look_once_in_half_an_hour(alone: Form) -> None:
    alone.check()
    before = size(alone)
    alone.check()
    assert size(alone) == before
    alone.story.clock.advance(minutes=15)
    alone.check()
    alone.story.clock.advance(minutes=15)
    alone.check()
    assert size(alone) == before + 1


WRONG: dict[str, tuple[Callable[[Form], dict[str, Any]], str]] = {
    "a chart of another institution": (lambda form: {"patient": form.story.patient}, "patient-unknown"),
    "a chart that is none": (lambda form: {"patient": "x"}, "patient-unknown"),
    "a visit that is none": (lambda form: {"visits": ["00000000"]}, "reference-unknown"),
    "twenty-one orders": (lambda form: {"orders": [{"group": "hba1c"}] * 21}, "request-invalid"),
    "no order": (lambda form: {"orders": []}, "request-invalid"),
    "a result that the browser brings": (lambda form: {"results": [{"value": 1}]}, "request-invalid"),
    "a setting that is none": (lambda form: {"setting": "moon"}, "request-invalid"),
    "a NUL in a name": (lambda form: {"orders": [{"group": "\x00"}]}, "request-invalid"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_check_is_refused_for(case: str, form: Form) -> None:
    change, code = WRONG[case]
    answer = form.post("/check", {**form.body(orders=[{"group": "hba1c"}]), **change(form)})
    assert answer.json["code"] == code
    assert filed(form.story) == []


def test_a_visit_of_a_colleague_is_as_unknown_as_none(form: Form) -> None:
    form.story.doctor = form.story.sign_in("clinician", form.story.clinic)
    answer = form.post("/check", form.body(orders=[{"group": "hba1c"}]))
    assert (answer.status_code, answer.json["code"]) == (404, "reference-unknown")


def test_a_colleague_without_the_view_sees_only_the_chart(form: Form) -> None:
    form.story.doctor, form.visits = form.story.sign_in("clinician", form.story.clinic), []
    assert form.check()["reason"] == "no-result"


@pytest.mark.parametrize("role", ["desk", "privacy", "auditor", "administrator"])
def test_the_form_is_not_for(role: str, form: Form) -> None:
    form.story.doctor = form.story.sign_in(role, form.story.clinic)
    answer = form.post("/check", form.body(orders=[{"group": "hba1c"}]))
    assert (answer.status_code, answer.json["code"]) == (403, "role-not-allowed")


def test_the_form_lists_groups_reasons_and_what_was_decided_of_late(form: Form) -> None:
    answer = form.post("/form", {"patient": form.story.chart})
    groups = {each["group"]: each for each in answer.json["groups"]}
    assert groups["hba1c"]["words"] == {"zh-CN": "糖化血红蛋白", "en": "HbA1c"}
    assert [each["status"] for each in groups["afp"]["situations"]] == ["draft"]
    assert len(answer.json["reasons"]) == 12
    assert [each["reason"] for each in answer.json["reasons"] if each["words"]] == [
        "other-clinical",
        "quality-doubt",
    ]
    assert answer.json["orders"] == []


def test_what_happened_in_the_own_chart_counts_for_a_result_from_elsewhere(form: Form) -> None:
    story = form.story
    dialysis = {
        "resourceType": "Procedure",
        "id": "dialysis",
        "status": "completed",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "302497006"}]},
        "subject": {"reference": "Patient/p-first"},
        "performedDateTime": iso(story.clock() - 2 * DAY),
    }
    add_records(story, story.clinic, dialysis)
    check = form.check()
    assert check["reason"] == "none-qualifies"
    [context] = [line for line in check["lines"] if line["key"] == "context"]
    assert (context["outcome"], context["facts"]["events"]) == ("fails", ["dialysis"])
    assert check["nearest"]["value"]["number"] == "6.81"


def test_kinds_that_the_patient_kept_back_leave_the_condition_uncertain(form: Form) -> None:
    [context] = [line for line in form.check()["lines"] if line["key"] == "context"]
    assert context["outcome"] == "unknown"
    assert "Condition" in context["facts"]["unseen"]


def test_a_rule_that_the_institution_did_not_sign_offers_nothing(form: Form) -> None:
    with form.story.gw.db.begin() as conn:
        conn.execute(update(reuse_ruling).values(decided_by="somebody else"))
    assert form.check()["reason"] == "rule-draft"
