"""Decisions: used, repeated for a reason, ordered, undone; on the ledger and in the chart, or in neither."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.reuse.deciding.reasons import REPEAT_REASONS, WITH_WORDS
from gateway.reuse.deciding.recording import settle_all
from ledger.errors import Unavailable
from tests.gateway.reuse.ward import DAY, HBA1C, Form, add_records, entries_of, filed, result, rows


def state(form: Form) -> str:
    [row] = form.post("/form", {"patient": form.story.chart}).json["orders"]
    return str(row["state"])


def test_a_used_result_is_filed_with_its_way_back_and_the_order_is_not_placed(form: Form) -> None:
    story = form.story
    answer = form.use(form.check())
    assert answer.status_code == 200, answer.text
    order = answer.json["order"]
    assert (order["state"], order["pending"]) == ("used", False)
    [copy] = filed(story)
    assert (copy["valueQuantity"]["value"], copy["method"]["text"]) == (6.81, "HPLC")
    assert copy["subject"]["reference"] == f"Patient/{story.chart}"
    [provenance] = filed(story, "Provenance")
    assert provenance["target"] == [{"reference": f"Observation/{copy['id']}"}]
    custodian = provenance["agent"][0]["who"]["identifier"]["value"]
    assert custodian == story.hospital
    [facts] = provenance["extension"]
    inside = {each["url"]: each for each in facts["extension"]}
    receipt = json.loads(b64decode(inside["receipt"]["valueAttachment"]["data"]))
    assert set(receipt) == {"record", "heads", "inclusion", "checkpoint"}
    [request] = filed(story, "ServiceRequest")
    assert (request["status"], request["intent"]) == ("revoked", "order")
    assert request["supportingInfo"] == [{"reference": f"Observation/{copy['id']}"}]
    assert story.hospital not in json.dumps(request)


def test_the_patient_can_open_what_was_decided(form: Form) -> None:
    form.use(form.check())
    [details] = entries_of(form.story)
    assert details["reason"] == "used"
    assert details["rule"] == "hba1c/default@1"
    assert details["order"]["words"] == {"zh-CN": "糖化血红蛋白", "en": "HbA1c"}
    [one] = details["results"]
    assert (one["source"], one["ref"].partition("/")[0]) == (form.story.hospital, "Observation")
    assert details["user"]["id"] == form.doctor.staff_id  # type: ignore[attr-defined]
    assert "6.81" not in json.dumps(details)


def test_the_entry_is_there_before_the_filing(form: Form) -> None:
    story, seen = form.story, []

    class Watched(Ledger):
        def record(self, entry: str, timeout: float) -> Any:
            seen.append(len(filed(story)))
            return self.engine.record(entry, timeout)

    with_ledger(form, Watched(story.gw.ledger))
    form.use(form.check())
    assert (seen[-1], len(filed(story))) == (0, 1)


def test_a_result_of_the_own_chart_is_used_without_a_copy(alone: Form) -> None:
    story = alone.story
    add_records(story, story.clinic, result("own", HBA1C, "6.2", story.clock() - 5 * DAY))
    assert alone.use(alone.check()).json["order"]["state"] == "used"
    assert (filed(story), filed(story, "Provenance")) == ([], [])
    [request] = filed(story, "ServiceRequest")
    assert request["supportingInfo"][0]["reference"].startswith("Observation/")
    assert [one["source"] for one in entries_of(story)[0]["results"]] == [story.clinic]


def test_using_twice_is_one_decision(form: Form) -> None:
    check = form.check()
    first, again = form.use(check), form.use(check)
    assert first.json == again.json
    assert (len(entries_of(form.story)), len(filed(form.story))) == (1, 1)


def test_a_filed_copy_is_then_offered_as_the_own_chart_and_named_by_its_laboratory(form: Form) -> None:
    form.use(form.check())
    colleague = Form(form.story, [])
    colleague.story.doctor = colleague.story.sign_in("clinician", colleague.story.clinic)
    [item] = colleague.check()["items"]
    assert (item["source"], item["copy"]) == (form.story.hospital, True)


ENDED: dict[str, Callable[[Form], Any]] = {
    "the visit is over": lambda form: (form.story.clock.advance(minutes=20), form.check(), later(form)),
    "the doctor closed the view": lambda form: form.doctor.delete(f"/console/api/visits/{form.visits[0]}"),
    "the view is left out": lambda form: form.visits.clear(),
}


def later(form: Form) -> None:
    form.story.clock.advance(minutes=10)


@pytest.mark.parametrize("case", ENDED)
def test_a_result_is_not_used_when(case: str, form: Form) -> None:
    check = form.check()
    ENDED[case](form)
    answer = form.use(check)
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-source-ended")
    assert (filed(form.story), entries_of(form.story)) == ([], [])


def test_a_result_is_not_used_after_the_patient_took_the_permission_back(form: Form) -> None:
    check = form.check()
    assert form.phone.submit("grant.revoke", grant=form.grant).status_code == 201
    answer = form.use(check)
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-source-ended")
    assert (filed(form.story), entries_of(form.story)) == ([], [])


def test_what_changed_since_it_was_shown_is_not_used(form: Form) -> None:
    story, check = form.story, form.check()
    add_records(story, story.clinic, result("newer", HBA1C, "6.0", story.clock() - DAY))
    answer = form.use(check)
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-offer-changed")
    assert filed(story) == []


def test_an_offer_is_the_doctors_own(form: Form) -> None:
    check = form.check()
    form.story.doctor = form.story.sign_in("clinician", form.story.clinic)
    for answer in (form.use(check), form.repeat(check), form.undo(check["order"]["id"]), form.undo("0" * 32)):
        assert (answer.status_code, answer.json["code"]) == (404, "order-unknown")


@pytest.mark.parametrize("reason", REPEAT_REASONS)
def test_a_repeat_is_ordered_with_its_reason(reason: str, form: Form) -> None:
    words = "与临床不符，拟复查" if reason in WITH_WORDS else None
    answer = form.repeat(form.check(), reason=reason, words=words, informed="not-possible", how=None)
    assert answer.json["order"]["state"] == "repeated", answer.text
    [request] = filed(form.story, "ServiceRequest")
    assert request["status"] == "active"
    assert reason in json.dumps(request)
    [details] = entries_of(form.story)
    assert (details["reason"], details["informed"]) == (reason, "not-possible")
    assert "拟复查" not in json.dumps(details, ensure_ascii=False)
    assert filed(form.story) == []


def test_what_the_clinician_wrote_stays_with_the_order(form: Form) -> None:
    form.repeat(form.check(), reason="quality-doubt", words="疑似溶血", informed="yes", how="当面")
    [row] = rows(form.story)
    assert (row.words, row.informed, row.informed_how) == ("疑似溶血", "yes", "当面")


INCOMPLETE: dict[str, tuple[dict[str, Any], str]] = {
    "a reason that is none": ({"reason": "because"}, "request-invalid"),
    "no reason": ({"reason": None}, "request-invalid"),
    "a reason that needs words, without": ({"reason": "quality-doubt"}, "reuse-words-missing"),
    "the same, with blanks": ({"reason": "other-clinical", "words": "  "}, "reuse-words-missing"),
    "nothing about what the patient was told": ({"informed": None}, "request-invalid"),
    "words beyond measure": ({"words": "字" * 501}, "request-invalid"),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_a_repeat_is_refused_with(case: str, form: Form) -> None:
    changes, code = INCOMPLETE[case]
    answer = form.repeat(form.check(), **changes)
    assert answer.json["code"] == code
    assert (filed(form.story, "ServiceRequest"), entries_of(form.story)) == ([], [])


def test_a_decision_stands(form: Form) -> None:
    check = form.check()
    assert form.use(check).status_code == 200
    answer = form.repeat(check)
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-decided")
    assert len(entries_of(form.story)) == 1


def test_what_has_no_offer_is_ordered_without_an_entry(alone: Form) -> None:
    answer = alone.place()
    assert (answer.json["order"]["state"], answer.json["order"]["rule"]) == ("ordered", None)
    [request] = filed(alone.story, "ServiceRequest")
    assert request["status"] == "active"
    assert entries_of(alone.story) == []


def test_an_offer_is_not_passed_over_in_silence(form: Form) -> None:
    answer = form.place()
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-decision-needed")
    assert filed(form.story, "ServiceRequest") == []


def test_an_urgent_order_is_placed_at_once(form: Form) -> None:
    assert form.place(urgent=True).json["order"]["state"] == "ordered"


def test_a_use_is_undone_and_its_copy_says_nothing_any_more(form: Form) -> None:
    story, order = form.story, form.use(form.check()).json["order"]["id"]
    answer = form.undo(order)
    assert answer.json["order"]["state"] == "undone"
    [copy] = filed(story)
    assert (copy["status"], "valueQuantity" in copy) == ("entered-in-error", False)
    assert [one["status"] for one in filed(story, "ServiceRequest")] == ["entered-in-error"]
    used, undone = entries_of(story)
    assert (used["reason"], undone["reason"], len(undone["undoes"])) == ("used", "undone", 64)
    assert form.undo(order).json == answer.json
    assert len(entries_of(story)) == 2


def test_after_undoing_the_result_is_offered_and_used_anew(form: Form) -> None:
    first = form.check()
    form.undo(form.use(first).json["order"]["id"])
    again = form.check()
    assert again["order"]["id"] != first["order"]["id"]
    assert form.use(again).json["order"]["state"] == "used"
    [copy] = filed(form.story)
    assert (copy["status"], copy["valueQuantity"]["value"]) == ("final", 6.81)


def test_a_use_is_not_undone_after_a_day(form: Form) -> None:
    order = form.use(form.check()).json["order"]["id"]
    form.story.clock.advance(days=1)
    with_same_person(form)
    answer = form.undo(order)
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-undo-late")


def test_a_repeat_is_nothing_to_undo(form: Form) -> None:
    answer = form.undo(form.repeat(form.check()).json["order"]["id"])
    assert (answer.status_code, answer.json["code"]) == (409, "reuse-not-used")


def test_the_same_ordered_again_within_the_interval_counts_as_undone(form: Form) -> None:
    order = form.use(form.check()).json["order"]["id"]
    form.place(urgent=True)
    [used] = [row for row in rows(form.story) if row.id == order]
    assert used.undone_why == "ordered-again"
    assert len(filed(form.story)) == 1


class Ledger:
    """The engine behind a failing door."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


class Down(Ledger):
    def record(self, entry: str, timeout: float) -> Any:
        raise Unavailable("unavailable", "the disk is full")


class Silent(Ledger):
    """It commits, and dies before it says so."""

    def record(self, entry: str, timeout: float) -> Any:
        self.engine.record(entry, timeout)
        raise Unavailable("outcome-unknown", "no answer")


def with_ledger(form: Form, ledger: Any) -> None:
    form.story.app.extensions["yaoshi"] = replace(form.story.gw, ledger=ledger)


def with_same_person(form: Form) -> None:
    """The session ran out; the same account signs in again."""
    from flask import Response

    from gateway.identity.sessions import open_session
    from tests.gateway.conftest import CONSOLE

    story, staff = form.story, form.doctor.staff_id  # type: ignore[attr-defined]
    with story.app.test_request_context(base_url=CONSOLE):
        response = Response()
        open_session(story.gw, staff, response)
    name, _, value = response.headers["Set-Cookie"].split(";")[0].partition("=")
    story.doctor.set_cookie(name, value, domain="localhost")


def test_a_crash_before_the_entry_leaves_nothing(form: Form) -> None:
    story, check = form.story, form.check()
    with_ledger(form, Down(story.gw.ledger))
    assert form.use(check).status_code == 503
    [row] = rows(story)
    assert row.filing is not None
    assert filed(story) == []
    settle_all(story.gw)
    [row] = rows(story)
    assert (row.decision, row.entry, row.filing, row.decided_at) == (None, None, None, None)
    assert (filed(story), entries_of(story)) == ([], [])


def test_a_crash_after_the_entry_is_completed_at_the_next_start(form: Form) -> None:
    story, check = form.story, form.check()
    with_ledger(form, Silent(story.gw.ledger))
    assert form.use(check).status_code == 503
    assert filed(story) == []
    settle_all(story.gw)
    [row] = rows(story)
    assert (row.decision, row.entry, row.filing) == ("used", None, None)
    assert (len(filed(story)), len(entries_of(story))) == (1, 1)


def test_asking_again_after_an_outage_completes_the_same_decision(form: Form) -> None:
    story, check = form.story, form.check()
    with_ledger(form, Silent(story.gw.ledger))
    assert form.use(check).status_code == 503
    with_ledger(form, story.gw.ledger)
    assert form.use(check).json["order"]["state"] == "used"
    assert (len(filed(story)), len(entries_of(story))) == (1, 1)


def test_a_crash_while_undoing_is_completed_too(form: Form) -> None:
    story, order = form.story, form.use(form.check()).json["order"]["id"]
    with_ledger(form, Silent(story.gw.ledger))
    assert form.undo(order).status_code == 503
    assert filed(story)[0]["status"] == "final"
    settle_all(story.gw)
    assert filed(story)[0]["status"] == "entered-in-error"
    with_ledger(form, story.gw.ledger)
    assert state(form) == "undone"
