"""The eleven conditions of a reuse: each holds, is unknown or fails, and the verdict says which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consent.reuse.check import check
from consent.reuse.orders import Context, Event, Order
from consent.reuse.results import Mark, Result, Value
from consent.reuse.rules import DAY_MS, Rule
from consent.reuse.verdicts import Line, Verdict
from tests.consent.reuse.world import (
    GLUCOSE,
    GLUCOSE_BLOOD,
    HBA1C,
    HERE,
    NOTHING,
    NOW,
    ORDER,
    RESULT,
    RULE,
    RULES,
    THERE,
    result,
)

KEYS = [
    "person", "code", "specimen", "method", "status", "value", "age", "mark", "unit", "panel", "context",
    "grant", "rule",
]  # fmt: skip
WUHAN = {HERE: frozenset({"武汉", "鄂"}), THERE: frozenset({"武汉", "鄂"})}


def line(verdict: Verdict, key: str) -> Line:
    return next(each for each in verdict.lines if each.key == key)


def judge(
    *results: Result, order: Order = ORDER, rule: Rule = RULE, context: Context = NOTHING, **more: Any
) -> Verdict:
    return check(order, [rule], results, context, **more)


def test_a_result_that_meets_everything_is_offered_with_every_line() -> None:
    verdict = check(ORDER, RULES, [RESULT], NOTHING)
    assert verdict.offer == RESULT
    assert verdict.offers == (RESULT,)
    assert verdict.reason is None
    assert [each.key for each in verdict.lines] == KEYS
    assert {each.outcome for each in verdict.lines} == {"holds"}
    assert verdict.rule == RULE
    assert verdict.too_soon


@pytest.mark.parametrize(
    ("members", "key", "facts"),
    [
        pytest.param({"patient": "chart-2"}, "person", {}, id="it is another chart's"),
        pytest.param({"specimen": "serum"}, "specimen", {"result": "serum"}, id="the sample is another one"),
        pytest.param({"method": "免疫法"}, "method", {"result": "免疫法"}, id="the method is another one"),
        pytest.param(
            {"status": "registered"}, "status", {"status": "registered"}, id="it is only registered"
        ),
        pytest.param({"status": "preliminary"}, "status", {}, id="it is preliminary"),
        pytest.param({"status": "cancelled"}, "status", {}, id="it was cancelled"),
        pytest.param({"status": "entered-in-error"}, "status", {}, id="it was entered in error"),
        pytest.param({"status": "unknown"}, "status", {}, id="its status is unknown"),
        pytest.param({"status": "appended"}, "status", {}, id="only a report may be appended"),
        pytest.param({"replaced_by": "Observation/new"}, "status", {"replaced": True}, id="it was replaced"),
        pytest.param(
            {"reports": ("final", "entered-in-error")},
            "status",
            {"report": "entered-in-error"},
            id="a void report holds it",
        ),
        pytest.param({"absent": True}, "value", {"cause": "absent"}, id="the value is said to be absent"),
        pytest.param({"unfit": True}, "value", {"cause": "unfit"}, id="the sample was haemolysed"),
        pytest.param({"value": None}, "value", {"cause": "missing"}, id="there is no value"),
        pytest.param(
            {"value": Value(text="")}, "value", {"cause": "missing"}, id="the value is an empty text"
        ),
        pytest.param(
            {"collected": NOW - 60 * DAY_MS - 1},
            "age",
            {"cause": "too-old"},
            id="it is a millisecond too old",
        ),
        pytest.param({"precision": "coarse"}, "age", {"cause": "coarse"}, id="only its month is known"),
        pytest.param(
            {"collected": None, "precision": None}, "age", {"cause": "undated"}, id="it has no date"
        ),
        pytest.param({"collected": NOW + 1}, "age", {"cause": "after-order"}, id="it lies in the future"),
        pytest.param(
            {"value": Value("43", "mmol/mol")}, "unit", {"factor": None}, id="its unit is another quantity's"
        ),
        pytest.param(
            {"value": Value("6.1", "%{NGSP}")}, "unit", {"factor": None}, id="its unit has another annotation"
        ),
        pytest.param(
            {"value": Value("6.1")},
            "unit",
            {"result": None},
            id="its unit is not stated but one is asked for",
        ),
        pytest.param({"grant": None}, "grant", {"own": False}, id="no grant opened it"),
    ],
)
def test_nothing_is_offered_when(members: dict[str, Any], key: str, facts: dict[str, Any]) -> None:
    verdict = judge(result(**members))
    assert verdict.offer is None
    assert verdict.reason == "none-qualifies"
    assert [each.key for each in verdict.lines if each.outcome == "fails"] == [key]
    assert facts.items() <= line(verdict, key).facts.items()


@pytest.mark.parametrize(
    ("members", "order", "key", "outcome"),
    [
        ({"status": "amended"}, {}, "status", "holds"),
        ({"status": "corrected"}, {}, "status", "holds"),
        ({"reports": ("preliminary",)}, {}, "status", "holds"),
        ({"method": None}, {}, "method", "unknown"),
        ({}, {"method": None}, "method", "unknown"),
        ({"method": None}, {"method": None}, "method", "unknown"),
        ({"method": " 高效液相色谱法 "}, {}, "method", "holds"),
        ({"specimen": None}, {}, "specimen", "unknown"),
        ({}, {"specimen": None}, "specimen", "unknown"),
        ({"specimen": None}, {"specimen": None}, "specimen", "unknown"),
        ({"issued_only": True}, {}, "age", "unknown"),
        ({"collected": NOW - 60 * DAY_MS}, {}, "age", "holds"),
        ({"precision": "day"}, {}, "age", "holds"),
        ({"collected": NOW}, {}, "age", "holds"),
        ({"value": Value("6.1")}, {"unit": None}, "unit", "unknown"),
        ({"value": Value(text="阴性")}, {}, "unit", "holds"),
        ({"value": Value("6.1", "%", "<")}, {}, "value", "holds"),
        ({"own": True, "grant": None}, {}, "grant", "holds"),
    ],
)
def test_it_is_offered_and_the_line_says(
    members: dict[str, Any], order: dict[str, Any], key: str, outcome: str
) -> None:
    verdict = judge(result(**members), order=replace(ORDER, **order))
    assert verdict.offer is not None
    assert line(verdict, key).outcome == outcome


def test_what_the_code_implies_of_the_sample_is_enough_unless_the_order_asks_for_more() -> None:
    rule = replace(RULE, specimens=frozenset({"blood", "venous-blood"}))
    silent = result(specimen=None)
    assert line(judge(silent, order=replace(ORDER, specimen=None), rule=rule), "specimen").facts["implied"]
    assert line(judge(silent, order=replace(ORDER, specimen=None), rule=rule), "specimen").outcome == "holds"
    assert line(judge(silent, rule=rule), "specimen").outcome == "unknown"
    assert (
        line(judge(silent, order=replace(ORDER, specimen="serum"), rule=rule), "specimen").outcome == "fails"
    )
    other = judge(result(specimen="capillary-blood"), order=replace(ORDER, specimen=None), rule=rule)
    assert line(other, "specimen").outcome == "fails"


def test_a_rule_may_name_the_only_methods_that_fit() -> None:
    rule = replace(RULE, methods=frozenset({"高效液相色谱法"}))
    asked = replace(ORDER, method=None)
    assert line(judge(RESULT, order=asked, rule=rule), "method").outcome == "holds"
    assert judge(result(method="酶法"), order=asked, rule=rule).offer is None


@pytest.mark.parametrize(
    ("given", "asked", "times"),
    [("%", "%", "1"), ("10*3/uL", "10*9/L", "1"), ("ug/L", "ng/mL", "1"), ("g/L", "g/dL", "0.1")],
)
def test_units_that_need_no_guess_convert(given: str, asked: str, times: str) -> None:
    verdict = judge(result(value=Value("6.1", given)), order=replace(ORDER, unit=asked))
    assert line(verdict, "unit").facts["factor"] == times
    assert verdict.offer is not None
    assert verdict.offer.value == Value("6.1", given)  # shown as issued


def test_filtration_with_and_without_body_surface_are_two_things() -> None:
    egfr = "http://loinc.org|33914-3"
    rule = replace(RULE, codes=frozenset({egfr}))
    order = replace(ORDER, codes=frozenset({egfr}), unit="mL/min/{1.73_m2}")
    found = result(codes=frozenset({egfr}), value=Value("88", "mL/min"))
    assert line(judge(found, order=order, rule=rule), "unit").outcome == "fails"


def test_whole_blood_and_serum_are_one_only_where_the_laboratory_says_so() -> None:
    rule = replace(RULE, codes=frozenset({GLUCOSE, GLUCOSE_BLOOD}))
    order = replace(ORDER, codes=frozenset({GLUCOSE}), specimen=None)
    found = result(codes=frozenset({GLUCOSE_BLOOD}))
    assert judge(found, order=order, rule=rule).reason == "no-result"
    equal = replace(rule, equivalent=(frozenset({GLUCOSE, GLUCOSE_BLOOD}),))
    verdict = judge(found, order=order, rule=equal)
    assert verdict.offer == found
    assert line(verdict, "code").facts == {"code": GLUCOSE_BLOOD, "equivalent": True}


@pytest.mark.parametrize(
    ("marks", "accepted", "offered"),
    [
        pytest.param((), (), False, id="no mark"),
        pytest.param((Mark("HR", "全国"),), (), True, id="the whole country"),
        pytest.param((Mark("HR", "武汉"),), (), True, id="both lie in the area"),
        pytest.param((Mark("HR", "京津冀"),), (), False, id="neither lies in the area"),
        pytest.param((Mark("HR", "鄂"),), ("全国HR",), False, id="a mark that the rule does not accept"),
        pytest.param((Mark("XR", "全国"),), (), False, id="another mark"),
    ],
)
def test_a_demanded_mark_counts_where_both_institutions_lie(
    marks: tuple[Mark, ...], accepted: tuple[str, ...], offered: bool
) -> None:
    rule = replace(RULE, mark_required=True, marks_accepted=accepted)
    verdict = judge(result(marks=marks), rule=rule, areas=WUHAN)
    assert (verdict.offer is not None) is offered
    assert line(verdict, "mark").outcome == ("holds" if offered else "fails")


def test_a_mark_of_one_area_does_not_reach_an_institution_elsewhere() -> None:
    rule = replace(RULE, mark_required=True)
    found = result(marks=(Mark("HR", "武汉"),))
    assert judge(found, rule=rule, areas={**WUHAN, THERE: frozenset({"京津冀"})}).offer is None
    assert judge(found, rule=rule, areas={HERE: frozenset({"武汉"})}).offer is None


@pytest.mark.parametrize(
    "kind",
    [
        "pregnancy",
        "dialysis",
        "chemotherapy",
        "transfusion",
        "iv-fluids",
        "intensive-care",
        "new-drug",
        "procedure",
    ],
)
def test_what_happened_after_the_collection_stands_against_it(kind: Any) -> None:
    at = NOW - 3 * DAY_MS
    verdict = judge(RESULT, context=Context((Event(kind, at, at),)))
    assert verdict.offer is None
    facts = line(verdict, "context").facts
    assert facts["events"] == [kind]
    assert facts["at"] == at


@pytest.mark.parametrize(
    ("event", "offered"),
    [
        pytest.param(
            Event("procedure", NOW - 20 * DAY_MS, NOW - 19 * DAY_MS), True, id="before the collection"
        ),
        pytest.param(Event("dialysis", NOW - 20 * DAY_MS, None), False, id="it goes on since before"),
        pytest.param(
            Event("intensive-care", NOW - 20 * DAY_MS, NOW - 11 * DAY_MS),
            False,
            id="it lasted into the time after",
        ),
        pytest.param(Event("new-drug", NOW + 1, NOW + 1), True, id="after the order"),
        pytest.param(Event("new-drug", NOW - 12 * DAY_MS, NOW - 12 * DAY_MS), True, id="at the very moment"),
    ],
)
def test_only_what_may_lie_between_collection_and_order_counts(event: Event, offered: bool) -> None:
    assert (judge(RESULT, context=Context((event,))).offer is not None) is offered


def test_an_event_that_belongs_to_the_situation_is_no_objection() -> None:
    rule = replace(RULE, context_allowed=frozenset({"iv-fluids"}))
    fluids = Context((Event("iv-fluids", NOW - DAY_MS, None),))
    assert judge(RESULT, rule=rule, context=fluids).offer is not None
    assert judge(RESULT, context=fluids).offer is None


def test_a_rule_may_name_the_drugs_and_procedures_that_matter_and_the_others_are_shown() -> None:
    atc = "http://www.whocc.no/atc|"
    rule = replace(RULE, relevant_drugs=frozenset({atc + "A10*"}), relevant_procedures=frozenset())
    at = NOW - DAY_MS
    harmless = Context(
        (Event("new-drug", at, at, atc + "J01CR02", "阿莫西林"), Event("procedure", at, at, "urn:x|1"))
    )
    verdict = judge(RESULT, rule=rule, context=harmless)
    assert verdict.offer is not None
    assert line(verdict, "context").outcome == "unknown"
    assert line(verdict, "context").facts["others"] == ["urn:x|1", "阿莫西林"]
    metformin = Context((Event("new-drug", at, at, atc + "A10BA02", "二甲双胍"),))
    assert judge(RESULT, rule=rule, context=metformin).offer is None
    assert line(judge(RESULT, rule=rule, context=metformin), "context").facts["what"] == "二甲双胍"
    dialysis = Context((Event("dialysis", at, at, "x|1"),))
    assert judge(RESULT, rule=rule, context=dialysis).offer is None


def test_records_that_could_not_be_looked_at_leave_the_context_unknown() -> None:
    verdict = judge(RESULT, context=Context((), frozenset({"Procedure"})))
    assert verdict.offer is not None
    assert line(verdict, "context").outcome == "unknown"
    assert line(verdict, "context").facts["unseen"] == ["Procedure"]


def test_the_youngest_that_qualifies_is_taken_and_the_others_say_why_not() -> None:
    young, old, worst = (
        result("young", days=2, status="preliminary"),
        result("old", days=30),
        result("best", days=9),
    )
    verdict = judge(old, young, worst)
    assert verdict.offer is worst
    others = {each.ref: why for each, why in verdict.others}
    assert others["Observation/young"].key == "status"
    assert others["Observation/old"].facts["older_than"] == "Observation/best"


def test_on_a_tie_our_own_comes_first_then_a_mark() -> None:
    own = result("z", own=True, source=HERE, grant=None)
    marked = result("m", marks=(Mark("HR", "全国"),))
    assert judge(RESULT, marked, own).offer is own
    assert judge(RESULT, marked).offer is marked


def test_window_and_minimum_interval_are_two_numbers() -> None:
    rule = replace(RULE, min_interval_ms=4 * DAY_MS, window_ms=7 * DAY_MS)
    assert judge(result(days=3), rule=rule).too_soon
    late = judge(result(days=5), rule=rule)
    assert late.offer is not None
    assert not late.too_soon
    contradicting = replace(RULE, min_interval_ms=365 * DAY_MS, window_ms=30 * DAY_MS)
    verdict = judge(result(days=33), rule=contradicting)
    assert verdict.offer is None
    assert verdict.too_soon, "older than the window, younger than the interval: both are said"
    assert line(verdict, "age").facts["window_ms"] == 30 * DAY_MS
    assert line(verdict, "age").facts["min_interval_ms"] == 365 * DAY_MS


def test_without_a_window_the_interval_is_the_window() -> None:
    rule = replace(RULE, window_ms=None, min_interval_ms=7 * DAY_MS)
    assert judge(result(days=7), rule=rule).offer is not None
    assert judge(result(days=7.01), rule=rule).offer is None


def test_a_result_that_fails_does_not_make_a_repeat_too_soon() -> None:
    assert not judge(result(days=1, status="cancelled")).too_soon
    assert not judge(result(days=100)).too_soon


def test_no_retest_holds_as_long_as_the_window() -> None:
    rule = replace(RULE, no_retest=True, min_interval_ms=None, window_ms=1095 * DAY_MS)
    verdict = judge(result(days=900), rule=rule)
    assert verdict.offer is not None
    assert verdict.too_soon


def test_many_others_are_cut_short() -> None:
    verdict = judge(*(result(f"r{number}", days=number + 1) for number in range(50)))
    assert len(verdict.others) == 20
    assert verdict.others[0][0].ref == "Observation/r1"


def test_no_result_of_the_code_is_said_as_such() -> None:
    verdict = judge(result(codes=frozenset({GLUCOSE})))
    assert verdict.reason == "no-result"
    assert line(verdict, "code").facts == {"ordered": [HBA1C], "found": []}
