"""The order form under attack: late answers, values that changed since, words that no scope opens."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from gateway.records.tables import record
from gateway.reuse.deciding.recording import settle
from tests.gateway.hostile import knocks
from tests.gateway.reuse.conftest import alone, form, ward
from tests.gateway.reuse.test_orders_decisions import Silent, with_ledger
from tests.gateway.reuse.ward import DAY, HBA1C, Form, add_records, adopt, entries_of, filed, result, rows

__all__ = ["alone", "form", "ward"]

HIV = """
[group.hiv]
words = { zh = "艾滋病病毒抗体", en = "HIV antibodies" }
codes = ["7917-8"]

[[group.hiv.rule]]
situation = "default"
version = 1
min_interval_d = 90
sources = ["CN-HB"]
"""


def test_a_late_answer_does_not_file_again_what_was_undone(form: Form) -> None:
    story, check = form.story, form.check()
    with_ledger(form, Silent(story.gw.ledger))
    assert form.use(check).status_code == 503
    [late] = rows(story)  # what a second request, slower than the first, has read at this moment
    with_ledger(form, story.gw.ledger)
    order = form.use(check).json["order"]["id"]
    assert form.undo(order).json["order"]["state"] == "undone"
    assert settle(story.gw, late).undone_at is not None
    [copy] = filed(story)
    assert (copy["status"], "valueQuantity" in copy) == ("entered-in-error", False)
    assert [one["status"] for one in filed(story, "ServiceRequest")] == ["entered-in-error"]
    assert [one["reason"] for one in entries_of(story)] == ["used", "undone"]


def test_a_value_that_was_corrected_since_it_was_shown_is_not_filed(form: Form) -> None:
    story, check = form.story, form.check()
    assert "6.81" in json.dumps(check["items"])
    at = story.clock() - 12 * DAY
    more: dict[str, Any] = {"method": {"text": "HPLC"}, "specimen": {"display": "静脉血"}}
    add_records(story, story.hospital, result("fresh", HBA1C, "9.9", at, **more))
    story.doctor.post(f"/console/api/visits/{form.visits[0]}/refresh")
    answer = form.use(check)
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-offer-changed")
    assert filed(story) == []
    assert form.use(form.check()).json["order"]["state"] == "used"


def test_a_copy_whose_original_was_corrected_since_is_not_offered_again(form: Form) -> None:
    story = form.story
    assert form.use(form.check()).json["order"]["state"] == "used"
    more: dict[str, Any] = {"method": {"text": "HPLC"}, "specimen": {"display": "静脉血"}}
    at = story.clock() - 12 * DAY
    add_records(story, story.hospital, {**result("fresh", HBA1C, "9.9", at, **more), "status": "corrected"})
    story.doctor.post(f"/console/api/visits/{form.visits[0]}/refresh")
    offered = json.dumps(form.check()["items"])
    assert "9.9" in offered
    assert "6.81" not in offered


def test_a_copy_that_another_use_stands_on_is_not_emptied(form: Form) -> None:
    story = form.story
    first, order = story.doctor, form.use(form.check()).json["order"]["id"]
    story.doctor = story.sign_in("clinician", story.clinic)
    form.visits.clear()
    assert form.use(form.check()).json["order"]["state"] == "used"  # of the copy, in the own chart by now
    story.doctor = first
    assert form.undo(order).json["order"]["state"] == "undone"
    [copy] = filed(story)
    assert (copy["status"], copy["valueQuantity"]["value"]) == ("final", 6.81)


def test_the_order_of_a_sensitive_group_bears_the_groups_label(alone: Form) -> None:
    """Ordered as a whole group it has no code that a table knows; a grant without HIV must not tell of it."""
    story = alone.story
    adopt(story, HIV, approved=False)  # what is ordered is labelled whether or not the rule is in force
    assert alone.place("hiv").json["order"]["state"] == "ordered"
    with story.gw.db.connect() as conn:
        labels = conn.execute(select(record.c.labels).where(record.c.type == "ServiceRequest")).scalar_one()
    assert labels == "HIV"
    [request] = filed(story, "ServiceRequest")
    assert "HIV" in json.dumps(request["meta"]["security"])


@pytest.mark.parametrize("steps", ["use use use use", "use repeat use repeat"])
def test_decisions_at_one_moment_are_one_decision(steps: str, form: Form) -> None:
    check = form.check()
    wanted, together = steps.split(), Barrier(4)

    def decide(step: str) -> tuple[str, int]:
        together.wait()
        answer = form.use(check) if step == "use" else form.repeat(check)
        knocks.check(answer, step)
        return step, answer.status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(decide, wanted))
    [row] = rows(form.story)
    won = {"used": "use", "repeated": "repeat"}[row.decision]
    assert {step for step, status in answers if status == 200} == {won}
    assert all(status == 200 for step, status in answers if step == won)
    assert len(entries_of(form.story)) == 1
    assert len(filed(form.story)) == (won == "use")
    assert len(filed(form.story, "ServiceRequest")) == 1
