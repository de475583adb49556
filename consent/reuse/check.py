"""Holds an order against the rules and the results that exist: the offer, or why there is none.

The youngest result that meets every condition is offered; on ties our own before others', then one with a
mark that counts. A panel is offered only when each of its members is. A rule that is not in force offers
nothing; its verdict says what it would.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from consent.reuse import conditions
from consent.reuse.choice import Chosen, barred, choose, wanted_codes
from consent.reuse.conditions import Areas, Case, Happened
from consent.reuse.orders import Context, Order
from consent.reuse.results import Result
from consent.reuse.rules import Rule
from consent.reuse.verdicts import Facts, Line, Verdict

NOWHERE: Mapping[str, frozenset[str]] = {}
MOST_OTHERS = 20

# In the order in which people read them; panel and rule follow as they concern the order, not one result.
_BEFORE_PANEL = (
    conditions.person,
    conditions.code,
    conditions.specimen,
    conditions.method,
    conditions.status,
    conditions.value,
    conditions.age,
    conditions.mark,
    conditions.unit,
)
_AFTER_PANEL = (conditions.context, conditions.grant)
_SINGLE = Line("panel", "holds", {"have": 1, "of": 1, "missing": []})


class _Judged(NamedTuple):
    """One candidate with all its lines; `failed`: those that fail."""

    case: Case
    lines: tuple[Line, ...]
    failed: tuple[Line, ...]


class _Candidates(NamedTuple):
    """The results of one code: the best; the youngest that are shown; the youngest good one, any age."""

    best: _Judged | None
    shown: tuple[_Judged, ...]
    recent: _Judged | None


def check(
    order: Order,
    rules: Sequence[Rule],
    results: Sequence[Result],
    context: Context,
    *,
    areas: Areas = NOWHERE,
) -> Verdict:
    """The verdict on one order. `areas`: institution -> the areas that it lies in, for marks."""
    chosen = choose(order, rules)
    if chosen.rule is None:
        return _nothing(order, chosen, chosen.reason)
    rule = chosen.rule
    reason = chosen.reason or barred(order, rule)
    since = conditions.happened(context, order, rule)
    if rule.members and (not order.codes or order.codes & rule.panels):
        return _panel(order, chosen, rule, reason, results, since, areas)
    codes = order.codes & rule.codes
    if not order.codes and len(rule.codes) == 1:
        codes = rule.codes
    if not codes:
        return _nothing(order, chosen, reason or ("code-not-covered" if order.codes else "code-not-stated"))
    candidates = _judge_all(order, rule, codes, results, since, areas)
    return _single(order, chosen, rule, reason, candidates)


def _nothing(order: Order, chosen: Chosen, reason: str | None) -> Verdict:
    line = rule_line(chosen, reason)
    return Verdict(
        order.group, None, (), chosen.rule, chosen.situation_stated, (line,), (), None, (), False, reason
    )


def _judge_all(
    order: Order,
    rule: Rule,
    codes: frozenset[str],
    results: Iterable[Result],
    since: Happened,
    areas: Areas,
) -> _Candidates:
    """Judges results of the ordered code, youngest first, as far as one of them may still matter."""
    wanted = wanted_codes(codes, rule)
    cases = [
        Case(order, rule, codes, each, since, areas) for each in results if not wanted.isdisjoint(each.codes)
    ]
    best: _Judged | None = None
    recent: _Judged | None = None
    shown: list[_Judged] = []
    for case in sorted(cases, key=_youngest_first):
        judged = _judge(case)
        if best is None or len(judged.failed) < len(best.failed):
            best = judged
        if recent is None and _is_good_but_old(judged):
            recent = judged
        if len(shown) <= MOST_OTHERS:
            shown.append(judged)
        elif _cannot_improve(judged, best, recent):
            break
    return _Candidates(best, tuple(shown), recent)


def _youngest_first(case: Case) -> tuple[object, ...]:
    result = case.result
    collected = result.collected if result.collected is not None else -(2**62)
    return -collected, not result.own, not conditions.counting_marks(case), result.source, result.ref


def _cannot_improve(judged: _Judged, best: _Judged, recent: _Judged | None) -> bool:
    """Whether every older result is at best as good: what happened since stays so, nothing grows younger."""
    collected, case = judged.case.result.collected, judged.case
    too_old = collected is None or case.order.at - collected > case.rule.reach_ms
    touched = any(line.key == "context" for line in judged.failed)
    return len(best.failed) <= too_old + touched and (touched or recent is not None)


def _judge(case: Case) -> _Judged:
    lines = (
        *(condition(case) for condition in _BEFORE_PANEL),
        _SINGLE,
        *(condition(case) for condition in _AFTER_PANEL),
    )
    return _Judged(case, lines, tuple(line for line in lines if line.outcome == "fails"))


def _is_good_but_old(judged: _Judged) -> bool:
    """Whether nothing stands against a result, or only that it is older than the window."""
    return all(line.key == "age" and line.facts["cause"] == "too-old" for line in judged.failed)


def _single(order: Order, chosen: Chosen, rule: Rule, reason: str | None, candidates: _Candidates) -> Verdict:
    best, recent = candidates.best, candidates.recent
    found = (best.case.result,) if best is not None and not best.failed else ()
    if reason is None and not found:
        reason = "none-qualifies" if best is not None else "no-result"
    offers = found if reason is None else ()
    lines = best.lines if best is not None else (_no_result(order, rule),)
    others = [each for each in candidates.shown if each is not best][:MOST_OTHERS]
    return Verdict(
        group=order.group,
        offer=offers[0] if offers else None,
        offers=offers,
        rule=rule,
        situation_stated=chosen.situation_stated,
        lines=(*lines, rule_line(chosen, reason)),
        others=tuple((each.case.result, _deciding(each, found)) for each in others),
        panel=None,
        members=(),
        too_soon=not rule.never and recent is not None and conditions.too_soon(recent.case),
        reason=reason,
        would=() if offers or rule.never else found,
    )


def _deciding(judged: _Judged, found: tuple[Result, ...]) -> Line:
    """What kept another result from being the offer: the first line that failed, or that it is older."""
    if judged.failed:
        return judged.failed[0]
    age = next(line for line in judged.lines if line.key == "age")
    return Line("age", age.outcome, {**age.facts, "older_than": found[0].ref if found else None})


def _no_result(order: Order, rule: Rule) -> Line:
    return Line("code", "fails", {"ordered": sorted(order.codes or rule.codes), "found": []})


def _panel(
    order: Order,
    chosen: Chosen,
    rule: Rule,
    reason: str | None,
    results: Sequence[Result],
    since: Happened,
    areas: Areas,
) -> Verdict:
    """Every member judged alone; the panel is offered when all of them are."""
    parts = [
        _single(
            replace(order, codes=frozenset({code})),
            chosen,
            rule,
            reason,
            _judge_all(order, rule, frozenset({code}), results, since, areas),
        )
        for code in rule.members
    ]
    found = [each.offers or each.would for each in parts]
    missing: list[str] = [code for code, some in zip(rule.members, found, strict=True) if not some]
    have, of = len(rule.members) - len(missing), len(rule.members)
    complete = tuple(result for some in found for result in some) if not missing else ()
    if reason is None and missing:
        reason = "panel-incomplete" if have else "none-qualifies" if _any_lines(parts) else "no-result"
    offers = complete if reason is None else ()
    line = Line("panel", "fails" if missing else "holds", {"have": have, "of": of, "missing": missing})
    weakest = min(parts, key=_oldest)
    return Verdict(
        group=order.group,
        offer=weakest.offer if offers else None,
        offers=offers,
        rule=rule,
        situation_stated=chosen.situation_stated,
        lines=(*_with_panel(weakest.lines[:-1], line), rule_line(chosen, reason)),
        others=(),
        panel=(have, of),
        members=tuple(parts),
        too_soon=bool(parts) and all(each.too_soon for each in parts),
        reason=reason,
        would=() if offers else complete,
    )


def _any_lines(parts: list[Verdict]) -> bool:
    return any(each.reason != "no-result" for each in parts)


def _oldest(part: Verdict) -> tuple[bool, int]:
    """The member that decides about the panel: one that is missing, else the oldest."""
    some = part.offers or part.would
    return bool(some), some[0].collected or 0 if some else 0


def _with_panel(lines: tuple[Line, ...], panel: Line) -> tuple[Line, ...]:
    if not any(line.key == "panel" for line in lines):
        return (*lines, panel)
    return tuple(panel if line.key == "panel" else line for line in lines)


def rule_line(chosen: Chosen, reason: str | None) -> Line:
    """The line on rule and situation; a reason that lies in a result or the panel is no fault of the rule."""
    rule = chosen.rule
    facts: Facts = {
        "rule": rule.name if rule is not None else None,
        "situation": rule.situation if rule is not None else None,
        "situation_stated": chosen.situation_stated,
        "cause": None,
    }
    if reason is not None and reason not in ("no-result", "none-qualifies", "panel-incomplete"):
        return Line("rule", "fails", {**facts, "cause": reason})
    return Line("rule", "holds" if chosen.situation_stated else "unknown", facts)
