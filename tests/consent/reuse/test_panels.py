"""A panel is offered when every member of it is; else the verdict says how many exist."""

from __future__ import annotations

from dataclasses import replace

from consent.reuse.check import check
from consent.reuse.results import Result, Value
from tests.consent.reuse.world import LOINC, NOTHING, ORDER, RULE, result

MEMBERS = tuple(
    LOINC + code for code in ("6690-2", "789-8", "718-7", "4544-3", "787-2", "785-6", "786-4", "777-3")
)
PANEL = LOINC + "58410-2"
COUNT = replace(
    RULE, codes=frozenset(MEMBERS), members=MEMBERS, panels=frozenset({PANEL}), specimens=frozenset()
)
WHOLE = replace(ORDER, codes=frozenset({PANEL}), unit=None, specimen=None, method=None)


def members(*days: int) -> list[Result]:
    return [
        result(f"m{number}", days=age, codes=frozenset({code}), value=Value("1", "g/L"))
        for number, (code, age) in enumerate(zip(MEMBERS, days, strict=False))
    ]


def test_four_of_eight_exist() -> None:
    verdict = check(WHOLE, [COUNT], members(1, 1, 1, 1), NOTHING)
    assert verdict.offer is None
    assert verdict.reason == "panel-incomplete"
    assert verdict.panel == (4, 8)
    line = next(each for each in verdict.lines if each.key == "panel")
    assert line.outcome == "fails"
    assert line.facts == {"have": 4, "of": 8, "missing": list(MEMBERS[4:])}
    assert [each.offer is not None for each in verdict.members] == [True] * 4 + [False] * 4


def test_all_eight_are_offered_and_the_oldest_stands_for_them() -> None:
    found = members(1, 2, 3, 9, 5, 6, 7, 8)
    verdict = check(WHOLE, [COUNT], found, NOTHING)
    assert verdict.offers == tuple(found)
    assert verdict.offer is found[3]
    assert verdict.panel == (8, 8)
    assert verdict.reason is None
    assert verdict.too_soon


def test_the_group_without_a_code_is_the_panel_and_one_member_is_not() -> None:
    found = members(1, 1, 1, 1, 1, 1, 1, 1)
    assert check(replace(WHOLE, codes=frozenset()), [COUNT], found, NOTHING).panel == (8, 8)
    single = check(replace(WHOLE, codes=frozenset({MEMBERS[2]})), [COUNT], found, NOTHING)
    assert single.panel is None
    assert single.offer is found[2]


def test_one_member_that_fails_withholds_the_panel_and_is_named() -> None:
    found = members(1, 1, 1, 1, 1, 1, 1, 1)
    found[5] = replace(found[5], unfit=True)
    verdict = check(WHOLE, [COUNT], found, NOTHING)
    assert verdict.panel == (7, 8)
    assert [each.key for each in verdict.lines if each.outcome == "fails"] == ["value", "panel"]


def test_a_draft_says_of_a_whole_panel_what_it_would_offer() -> None:
    found = members(1, 1, 1, 1, 1, 1, 1, 1)
    verdict = check(WHOLE, [replace(COUNT, status="draft")], found, NOTHING)
    assert verdict.reason == "rule-draft"
    assert verdict.offers == ()
    assert verdict.would == tuple(found)


def test_nothing_of_a_panel_is_no_result() -> None:
    assert check(WHOLE, [COUNT], [], NOTHING).reason == "no-result"
    too_old = check(WHOLE, [COUNT], members(99), NOTHING)
    assert too_old.reason == "none-qualifies"
    assert too_old.panel == (0, 8)
