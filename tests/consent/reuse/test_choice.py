"""Which rule judges an order, and what keeps a rule from offering anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consent.reuse.check import check
from consent.reuse.choice import groups
from consent.reuse.rules import DAY_MS
from tests.consent.reuse.world import (
    DEFAULT,
    GLUCOSE,
    HBA1C,
    NOTHING,
    NOW,
    ORDER,
    RESULT,
    RULE,
    RULES,
    result,
)

BLEEDING = replace(DEFAULT, situation="bleeding", never=True, min_interval_ms=None)


@pytest.mark.parametrize("situation", [None, "default", "something-that-nobody-knows"])
def test_an_unstated_situation_is_judged_by_the_shortest_interval_and_says_so(situation: str | None) -> None:
    verdict = check(replace(ORDER, situation=situation), RULES, [result(days=49)], NOTHING)
    assert verdict.rule == DEFAULT
    assert not verdict.situation_stated
    assert verdict.offer is None
    assert verdict.lines[-1].outcome == "unknown"
    assert verdict.lines[-1].facts["situation_stated"] is False
    assert check(ORDER, RULES, [result(days=49)], NOTHING).offer is not None


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"status": "draft"}, "rule-draft"),
        ({"status": "withdrawn"}, "rule-withdrawn"),
        ({"valid_from": NOW + 1}, "rule-not-begun"),
        ({"settings": frozenset({"inpatient"})}, "setting-not-covered"),
        ({"settings": frozenset({"emergency"})}, "setting-not-covered"),
        ({"never": True, "min_interval_ms": None, "window_ms": None}, "never-reused"),
    ],
)
def test_a_rule_offers_nothing_when(members: dict[str, Any], reason: str) -> None:
    verdict = check(ORDER, [replace(RULE, **members)], [RESULT], NOTHING)
    assert verdict.offer is None
    assert verdict.offers == ()
    assert verdict.reason == reason
    assert verdict.lines[-1].outcome == "fails"
    assert verdict.lines[-1].facts["cause"] == reason


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"urgent": True}, "order-urgent"),
        ({"setting": "emergency"}, "setting-not-covered"),
        ({"age_years": 17}, "patient-not-adult"),
        ({"age_years": None}, "age-unknown"),
        ({"group": "unheard-of"}, "rule-missing"),
        ({"codes": frozenset({GLUCOSE})}, "code-not-covered"),
    ],
)
def test_an_order_gets_no_offer_when(members: dict[str, Any], reason: str) -> None:
    verdict = check(replace(ORDER, **members), RULES, [RESULT], NOTHING)
    assert verdict.offer is None
    assert verdict.reason == reason


def test_a_rule_for_all_ages_does_not_ask_for_the_age() -> None:
    rule = replace(RULE, adult_only=False)
    assert check(replace(ORDER, age_years=None), [rule], [RESULT], NOTHING).offer is not None


def test_a_draft_says_what_it_would_offer_and_a_rule_that_never_reuses_does_not() -> None:
    assert check(ORDER, [replace(RULE, status="draft")], [RESULT], NOTHING).would == (RESULT,)
    never = replace(RULE, never=True, min_interval_ms=None, window_ms=None, status="draft")
    assert check(ORDER, [never], [RESULT], NOTHING).would == ()


def test_a_stated_situation_whose_rule_is_a_draft_does_not_fall_back_to_the_default() -> None:
    drafts = (DEFAULT, replace(BLEEDING, status="draft"))
    verdict = check(replace(ORDER, situation="bleeding"), drafts, [result(days=1)], NOTHING)
    assert verdict.offer is None
    assert verdict.reason == "rule-draft"


def test_the_newest_approved_version_is_in_force_and_a_newer_draft_is_not() -> None:
    longer = replace(RULE, version=2, window_ms=90 * DAY_MS)
    seventy = [result(days=70)]
    assert check(ORDER, [RULE, replace(longer, status="draft")], seventy, NOTHING).offer is None
    verdict = check(ORDER, [RULE, longer], seventy, NOTHING)
    assert verdict.offer is not None
    assert verdict.rule is not None
    assert verdict.rule.name == "hba1c/t2dm-unstable@2"
    waiting = replace(longer, valid_from=NOW + DAY_MS)
    assert check(ORDER, [RULE, waiting], [RESULT], NOTHING).rule == RULE


def test_withdrawing_the_newest_version_does_not_bring_an_older_one_back() -> None:
    verdict = check(ORDER, [RULE, replace(RULE, version=2, status="withdrawn")], [RESULT], NOTHING)
    assert verdict.reason == "rule-withdrawn"


def test_a_group_without_members_needs_a_code() -> None:
    two = replace(RULE, codes=frozenset({HBA1C, GLUCOSE}))
    assert check(replace(ORDER, codes=frozenset()), [two], [RESULT], NOTHING).reason == "code-not-stated"
    assert check(replace(ORDER, codes=frozenset()), [RULE], [RESULT], NOTHING).offer == RESULT


def test_a_form_learns_its_choices_from_the_rules() -> None:
    found = groups([replace(RULE, version=2, status="draft"), RULE, DEFAULT])
    assert [each.key for each in found] == ["hba1c"]
    assert [(each.key, each.status) for each in found[0].situations] == [
        ("t2dm-unstable", "approved"),
        ("default", "approved"),
    ]
