"""Imaging studies: what has to agree, and what must not be offered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consent.reuse.imaging import BOTH_SIDES, Study, StudyOrder, check_study
from consent.reuse.orders import Context, Event
from consent.reuse.rules import DAY_MS
from consent.reuse.verdicts import Verdict
from tests.consent.reuse.world import NOTHING, NOW, ORDER, RULE, result

DICOM = "http://dicom.nema.org/resources/ontology/DCM|"
CT, CHEST, KNEE = DICOM + "CT", "http://snomed.info/sct|51185008", "http://snomed.info/sct|72696002"
RULE_CT = replace(
    RULE,
    group="imaging-ct",
    codes=frozenset({CT}),
    situation="elective",
    min_interval_ms=None,
    window_ms=90 * DAY_MS,
)
ACUTE = replace(RULE_CT, situation="acute-trauma", never=True, window_ms=None)
RULES = (replace(RULE_CT, situation="default", window_ms=30 * DAY_MS), RULE_CT, ACUTE)
ASKED = StudyOrder(
    replace(ORDER, group="imaging-ct", codes=frozenset({CT}), situation="elective"),
    frozenset({CHEST}),
    contrast=False,
)


def study(**members: Any) -> Study:
    own = {
        name: members.pop(name)
        for name in ("body_sites", "side", "contrast", "images", "report")
        if name in members
    }
    of_result = {"codes": frozenset({CT}), "status": "available", "value": None, **members}
    complete = {"body_sites": frozenset({CHEST}), "contrast": False, "images": True, "report": "final", **own}
    return Study(replace(result("ct", days=20), **of_result), **complete)


def judge(found: Study, asked: StudyOrder = ASKED, context: Context = NOTHING) -> Verdict:
    return check_study(asked, RULES, [found], context)


def test_a_study_that_meets_everything_is_offered() -> None:
    verdict = judge(study())
    assert verdict.offer is not None
    assert verdict.reason is None
    assert [line.key for line in verdict.lines] == [
        "person", "code", "body-part", "side", "contrast", "status", "images", "report", "age", "mark",
        "context", "grant", "rule",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("members", "order", "key"),
    [
        pytest.param({"codes": frozenset({DICOM + "MR"})}, {}, "code", id="another modality"),
        pytest.param({"body_sites": frozenset({KNEE})}, {}, "body-part", id="another body part"),
        pytest.param({"body_sites": frozenset()}, {}, "body-part", id="no body part stated"),
        pytest.param({"side": None}, {"side": "left"}, "side", id="a side is asked for and none stated"),
        pytest.param({"side": "right"}, {"side": "left"}, "side", id="the other side"),
        pytest.param({"contrast": None}, {"contrast": True}, "contrast", id="contrast is not stated"),
        pytest.param({"contrast": True}, {}, "contrast", id="contrast where none is wanted"),
        pytest.param({"status": "registered"}, {}, "status", id="not available"),
        pytest.param({"images": None}, {}, "images", id="nobody says that the images can be had"),
        pytest.param({"images": False}, {}, "images", id="a report alone"),
        pytest.param({"report": None}, {}, "report", id="no report"),
        pytest.param({"report": "preliminary"}, {}, "report", id="a preliminary report"),
        pytest.param({"collected": NOW - 91 * DAY_MS}, {}, "age", id="too old"),
        pytest.param({"precision": "coarse"}, {}, "age", id="only its month is known"),
        pytest.param({"patient": "chart-2"}, {}, "person", id="another chart's"),
        pytest.param({"grant": None}, {}, "grant", id="no grant"),
    ],
)  # fmt: skip
def test_a_study_is_not_offered_when(members: dict[str, Any], order: dict[str, Any], key: str) -> None:
    verdict = judge(study(**members), replace(ASKED, **order))
    assert verdict.offer is None
    assert [line.key for line in verdict.lines if line.outcome == "fails"] == [key]


def test_both_sides_are_the_side_that_is_asked_for() -> None:
    assert judge(study(side=BOTH_SIDES), replace(ASKED, side="left")).offer is not None


def test_acute_trauma_never_reuses_and_an_unstated_situation_has_the_short_window() -> None:
    acute = replace(ASKED, order=replace(ASKED.order, situation="acute-trauma"))
    assert judge(study(), acute).reason == "never-reused"
    unstated = replace(ASKED, order=replace(ASKED.order, situation=None))
    assert judge(study(collected=NOW - 31 * DAY_MS), unstated).offer is None
    assert judge(study(collected=NOW - 29 * DAY_MS), unstated).offer is not None


def test_a_course_in_intensive_care_offers_nothing_even_with_images_and_report() -> None:
    care = Context((Event("intensive-care", NOW - 30 * DAY_MS, None),))
    verdict = judge(study(), context=care)
    assert verdict.offer is None
    assert [line.key for line in verdict.lines if line.outcome == "fails"] == ["context"]


def test_without_a_study_or_a_rule_the_reason_is_plain() -> None:
    assert check_study(ASKED, RULES, [], NOTHING).reason == "no-result"
    nothing = check_study(ASKED, (), [study()], NOTHING)
    assert nothing.reason == "rule-missing"
    drafts = [replace(rule, status="draft") for rule in RULES]
    draft = check_study(ASKED, drafts, [study()], NOTHING)
    assert (draft.reason, draft.offer, len(draft.would)) == ("rule-draft", None, 1)
