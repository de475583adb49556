"""What holds for any results: nothing that fails is offered, age decides, order of arrival does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consent.reuse.check import check
from consent.reuse.orders import Context, Event
from consent.reuse.results import Mark, Result, Value
from consent.reuse.rules import DAY_MS
from consent.reuse.verdicts import Verdict
from tests.consent.reuse.world import GLUCOSE, HBA1C, HERE, NOW, ORDER, RESULT, RULES, THERE

AREAS = {HERE: frozenset({"武汉"}), THERE: frozenset({"武汉"})}

VALUES = st.sampled_from(
    [None, Value("6.1", "%"), Value("6.1", "mmol/mol"), Value("6.1"), Value(text="阴性")]
)
RESULTS: st.SearchStrategy[Result] = st.builds(
    lambda number, days, members: replace(
        RESULT,
        ref=f"Observation/{number}",
        collected=None if days is None else NOW - int(days * DAY_MS),
        **members,
    ),
    st.integers(0, 10**6),
    st.none() | st.sampled_from([0, 1, 1, 5, 39, 40, 41, 59, 60, 61, -1]),
    st.fixed_dictionaries(
        {
            "source": st.sampled_from([HERE, THERE]),
            "own": st.booleans(),
            "patient": st.sampled_from([ORDER.patient] * 4 + ["chart-2"]),
            "codes": st.sampled_from([frozenset({HBA1C})] * 3 + [frozenset({GLUCOSE})]),
            "status": st.sampled_from(["final"] * 3 + ["corrected", "preliminary", "entered-in-error"]),
            "value": VALUES,
            "absent": st.sampled_from([False, False, True]),
            "unfit": st.sampled_from([False, False, True]),
            "precision": st.sampled_from(["instant", "instant", "day", "coarse", None]),
            "issued_only": st.booleans(),
            "specimen": st.sampled_from([None, "venous-blood", "venous-blood", "serum"]),
            "method": st.sampled_from([None, "高效液相色谱法", "酶法"]),
            "marks": st.sampled_from([(), (Mark("HR", "全国"),), (Mark("HR", "京津冀"),)]),
            "replaced_by": st.sampled_from([None, None, "Observation/x"]),
            "reports": st.sampled_from([(), ("final",), ("cancelled",)]),
            "grant": st.sampled_from([None, "c" * 64]),
        }
    ),
)
CONTEXTS: st.SearchStrategy[Context] = st.builds(
    lambda events: Context(tuple(events)),
    st.lists(
        st.builds(
            lambda kind, days: Event(kind, NOW - days * DAY_MS, NOW - days * DAY_MS),
            st.sampled_from(["dialysis", "new-drug"]),
            st.integers(0, 70),
        ),
        max_size=1,
    ),
)
ORDERS = st.builds(
    lambda members: replace(ORDER, **members),
    st.fixed_dictionaries(
        {
            "situation": st.sampled_from([None, "t2dm-unstable"]),
            "specimen": st.sampled_from([None, "venous-blood"]),
            "method": st.sampled_from([None, "高效液相色谱法"]),
            "unit": st.sampled_from([None, "%"]),
        }
    ),
)
RULE_SETS = st.booleans().map(lambda required: [replace(rule, mark_required=required) for rule in RULES])
# Also more than are shown beside an offer: what is not judged must not matter.
MANY = st.lists(RESULTS, max_size=12, unique_by=lambda each: each.ref) | st.lists(
    RESULTS, min_size=25, max_size=40, unique_by=lambda each: each.ref
)


def judge(order: Any, rules: Any, results: list[Result], context: Context) -> Verdict:
    return check(order, rules, results, context, areas=AREAS)


@given(ORDERS, RULE_SETS, MANY, CONTEXTS)
def test_what_is_offered_fails_no_condition(
    order: Any, rules: Any, results: list[Result], context: Context
) -> None:
    verdict = judge(order, rules, results, context)
    assert (verdict.offer is None) == (verdict.reason is not None)
    found = verdict.offer
    if found is None:
        assert any(line.outcome == "fails" for line in verdict.lines)
        return
    assert all(line.outcome != "fails" for line in verdict.lines)
    # Told once more in the words of the rule book, apart from the code that decided.
    assert found.patient == order.patient
    assert HBA1C in found.codes
    assert found.specimen in (None, order.specimen) or order.specimen is None
    assert found.method in (None, order.method) or order.method is None
    assert found.status in ("final", "corrected")
    assert found.replaced_by is None
    assert "cancelled" not in found.reports
    assert found.value is not None
    assert not found.absent
    assert not found.unfit
    assert found.precision in ("instant", "day")
    assert found.collected is not None
    assert 0 <= order.at - found.collected <= (60 if order.situation else 40) * DAY_MS
    assert not rules[0].mark_required or found.marks == (Mark("HR", "全国"),)
    assert found.value.unit in ("%", None) or order.unit is None
    assert found.own or found.grant is not None
    assert all(event.at <= found.collected for event in context.events)


@given(ORDERS, RULE_SETS, MANY, CONTEXTS)
def test_the_youngest_of_those_that_qualify_alone_is_the_offer(
    order: Any, rules: Any, results: list[Result], context: Context
) -> None:
    alone = [each for each in results if judge(order, rules, [each], context).offer is not None]
    offer = judge(order, rules, results, context).offer
    assert (offer is None) == (not alone)
    if offer is not None:
        assert offer.collected == max(each.collected or 0 for each in alone)
    verdicts = [judge(order, rules, [each], context) for each in results]
    assert judge(order, rules, results, context).too_soon == any(each.too_soon for each in verdicts)


@given(ORDERS, RULE_SETS, MANY, CONTEXTS, RESULTS)
def test_a_further_older_result_never_changes_the_offer(
    order: Any, rules: Any, results: list[Result], context: Context, further: Result
) -> None:
    offer = judge(order, rules, results, context).offer
    if offer is None or offer.collected is None:
        return
    older = replace(further, ref="Observation/older", collected=offer.collected - 1)
    assert judge(order, rules, [*results, older], context).offer == offer


@given(
    ORDERS, RULE_SETS, MANY.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), CONTEXTS
)
def test_the_order_in_which_results_arrive_does_not_matter(
    order: Any, rules: Any, both: tuple[list[Result], list[Result]], context: Context
) -> None:
    assert judge(order, rules, both[0], context) == judge(order, rules, both[1], context)
    assert judge(order, rules[::-1], both[0], context) == judge(order, rules, both[0], context)


@given(ORDERS, MANY, CONTEXTS, st.sampled_from(["draft", "withdrawn"]))
def test_a_rule_that_is_not_in_force_never_offers(
    order: Any, results: list[Result], context: Context, status: Any
) -> None:
    rules = [replace(rule, status=status) for rule in RULES]
    verdict = judge(order, rules, results, context)
    assert verdict.offers == ()
    assert verdict.would == judge(order, list(RULES), results, context).offers
