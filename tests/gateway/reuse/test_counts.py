"""Counts of what became of offers: by month, group and rule version, and never of a person."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.gateway.reuse.ward import DAY, HBA1C, Form, add_records, result

YEAR = 365 * DAY


def counts(form: Form, role: str = "administrator", **more: Any) -> Any:
    story = form.story
    client: FlaskClient = story.sign_in(role, story.clinic)
    now = story.clock()
    asked = {"from": now - YEAR, "to": now + DAY, **more}
    return client.get("/console/api/reuse/counts", query_string=asked)


def test_nothing_was_offered(alone: Form) -> None:
    answer = counts(alone)
    assert (answer.json["rows"], answer.json["rules"]) == ([], [])


def test_an_offer_counts_once_whatever_becomes_of_it(form: Form) -> None:
    form.check()
    form.check()
    [row] = counts(form).json["rows"]
    assert row == {
        "month": "2026-03",
        "group": "hba1c",
        "rule": "hba1c/default@1",
        "offered": 1,
        "used": 0,
        "repeated": {},
        "undone": 0,
    }


def test_used_and_undone_are_counted_beside_each_other(form: Form) -> None:
    form.undo(form.use(form.check()).json["order"]["id"])
    form.use(form.check())
    [row] = counts(form).json["rows"]
    assert (row["offered"], row["used"], row["undone"]) == (2, 2, 1)


def test_the_same_ordered_again_within_the_interval_is_undone(form: Form) -> None:
    form.use(form.check())
    form.place(urgent=True)
    [row] = counts(form).json["rows"]
    assert (row["used"], row["undone"]) == (1, 1)


def test_repeats_are_counted_by_reason(form: Form) -> None:
    form.repeat(form.check(), reason="patient-wish")
    [row] = counts(form).json["rows"]
    assert (row["repeated"], row["used"]) == ({"patient-wish": 1}, 0)


def test_an_order_without_an_offer_is_not_counted(alone: Form) -> None:
    alone.place()
    assert counts(alone).json["rows"] == []


def test_versions_of_a_rule_are_told_apart_and_named(form: Form) -> None:
    form.check()
    form.check(situation="stable")
    answer = counts(form).json
    assert [row["rule"] for row in answer["rows"]] == ["hba1c/default@1", "hba1c/stable@3"]
    assert {rule["name"] for rule in answer["rules"]} == {"hba1c/default@1", "hba1c/stable@3"}
    assert answer["groups"]["hba1c"] == {"zh-CN": "糖化血红蛋白", "en": "HbA1c"}


def test_a_month_begins_at_the_readers_midnight(form: Form) -> None:
    form.story.clock.advance(days=29, hours=20)  # 31 March, 20:00 UTC: April in Shanghai
    form.story.days_later(0)
    form.visits = []
    story = form.story
    add_records(story, story.clinic, result("own", HBA1C, "6.0", story.clock() - DAY))
    form.check()
    assert [row["month"] for row in counts(form).json["rows"]] == ["2026-03"]
    assert [row["month"] for row in counts(form, offset=480).json["rows"]] == ["2026-04"]


def test_what_lies_outside_the_period_is_not_counted(form: Form) -> None:
    form.check()
    now = form.story.clock()
    assert counts(form, **{"from": now + 1, "to": now + DAY}).json["rows"] == []


def test_counts_are_the_own_institutions(form: Form) -> None:
    form.check()
    form.story.clinic, own = form.story.hospital, form.story.clinic
    assert counts(form).json["rows"] == []
    form.story.clinic = own


def test_no_person_is_named(form: Form) -> None:
    form.repeat(form.check(), reason="quality-doubt", words="疑似溶血")
    text = counts(form).text
    for word in (form.story.chart, form.doctor.staff_id, "疑似溶血", "6.81"):  # type: ignore[attr-defined]
        assert word not in text


@pytest.mark.parametrize("role", ["clinician", "privacy", "administrator"])
def test_counts_are_for(role: str, alone: Form) -> None:
    assert counts(alone, role).status_code == 200


@pytest.mark.parametrize("role", ["desk", "auditor"])
def test_counts_are_not_for(role: str, alone: Form) -> None:
    assert counts(alone, role).json["code"] == "role-not-allowed"


WRONG = {
    "no period": {"from": None},
    "four years": {"from": 0, "to": 4 * YEAR},
    "an end before the beginning": {"from": 2, "to": 1},
    "a clock a day ahead": {"offset": 1440},
    "words": {"from": "yesterday"},
}


@pytest.mark.parametrize("case", WRONG)
def test_counts_are_refused_for(case: str, alone: Form) -> None:
    assert counts(alone, **WRONG[case]).json["code"] == "request-invalid"
