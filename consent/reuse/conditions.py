"""The conditions that one result has to meet before it may stand in for an order; each says what it found.

A condition holds, fails, or is unknown because nobody stated it. Unknown never becomes equal: it is shown.
Person, code, status, value, age, mark (when required), unit, context and grant must not fail; specimen and
method may be unknown on either side. Not here: which result is chosen, panels, the rule's own standing.
"""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from consent.reuse.choice import wanted_codes
from consent.reuse.orders import Context, Event, Order
from consent.reuse.results import Mark, Result
from consent.reuse.rules import Rule
from consent.reuse.units import factor
from consent.reuse.verdicts import Facts, Line, Outcome

EVERYWHERE = "全国"
_RECOGNISED = "HR"
_FINAL = frozenset({"final", "amended", "corrected"})
_FINAL_REPORT = _FINAL | {"appended"}
_VOID_REPORT = frozenset({"cancelled", "entered-in-error"})

Areas = Mapping[str, frozenset[str]]


class Happened(NamedTuple):
    """The context as one rule sees it: what stands against results, and what is only shown."""

    telling: tuple[Event, ...]
    others: tuple[Event, ...]
    unseen: list[str]


class Case(NamedTuple):
    """One result held against one order. `codes`: what is ordered, of the rule's own codes."""

    order: Order
    rule: Rule
    codes: frozenset[str]
    result: Result
    happened: Happened
    areas: Areas


def person(case: Case) -> Line:
    """The same patient, by link or chart; never by name or birth date."""
    same = case.result.patient == case.order.patient
    return Line("person", "holds" if same else "fails")


def code(case: Case) -> Line:
    """The same code, or one that the laboratory holds for equal."""
    same = sorted(case.codes & case.result.codes)
    if same:
        return Line("code", "holds", {"code": same[0], "equivalent": False})
    equal = sorted(wanted_codes(case.codes, case.rule) & case.result.codes)
    if equal:
        return Line("code", "holds", {"code": equal[0], "equivalent": True})
    return Line("code", "fails", {"ordered": sorted(case.codes), "found": sorted(case.result.codes)})


def specimen(case: Case) -> Line:
    """What the sample was: as stated, or as the code implies."""
    found, asked, fitting = case.result.specimen, case.order.specimen, case.rule.specimens
    implied = found is None and bool(fitting) and bool(case.codes & case.result.codes)
    facts: Facts = {"result": found, "order": asked, "fitting": sorted(fitting), "implied": implied}
    if found is None:
        # One code on both sides: what its definition implies is the same on both.
        outcome: Outcome = "holds" if implied and (asked is None or fitting == {asked}) else "unknown"
        if asked is not None and fitting and asked not in fitting:
            outcome = "fails"
        return Line("specimen", outcome, facts)
    if (asked is not None and not _same(found, asked)) or (fitting and not _in(found, fitting)):
        return Line("specimen", "fails", facts)
    return Line("specimen", "unknown" if asked is None and not fitting else "holds", facts)


def method(case: Case) -> Line:
    """How it was measured. Absent on either side is unknown, never equal."""
    found, asked, fitting = case.result.method, case.order.method, case.rule.methods
    facts: Facts = {"result": found, "order": asked, "fitting": sorted(fitting)}
    if found is None:
        return Line("method", "unknown", facts)
    if (asked is not None and not _same(found, asked)) or (fitting and not _in(found, fitting)):
        return Line("method", "fails", facts)
    return Line("method", "unknown" if asked is None and not fitting else "holds", facts)


def status(case: Case) -> Line:
    """Final, amended or corrected (a report also appended), not replaced, and in no void report."""
    result = case.result
    final = _FINAL_REPORT if result.ref.startswith("DiagnosticReport/") else _FINAL
    void = sorted(_VOID_REPORT.intersection(result.reports))
    replaced = result.replaced_by is not None
    holds = result.status in final and not replaced and not void
    facts: Facts = {"status": result.status, "replaced": replaced, "report": void[0] if void else None}
    return Line("status", "holds" if holds else "fails", facts)


def value(case: Case) -> Line:
    """A value that counts: there is one, and the laboratory did not call the sample unfit."""
    result = case.result
    if result.absent:
        return Line("value", "fails", {"cause": "absent"})
    if result.unfit:
        return Line("value", "fails", {"cause": "unfit"})
    if result.value is None or (result.value.number is None and not result.value.text):
        return Line("value", "fails", {"cause": "missing"})
    return Line("value", "holds")


def age(case: Case) -> Line:
    """Not older than the window, from the collection on; a month or a year as date never qualifies."""
    result, rule, at = case.result, case.rule, case.order.at
    facts: Facts = {
        "collected": result.collected,
        "precision": result.precision,
        "issued_only": result.issued_only,
        "age_ms": None if result.collected is None else at - result.collected,
        "reach_ms": rule.reach_ms,
        "window_ms": rule.window_ms,
        "min_interval_ms": rule.min_interval_ms,
        "no_retest": rule.no_retest,
        "cause": _age_cause(result, at, rule.reach_ms),
    }
    if facts["cause"] is not None:
        return Line("age", "fails", facts)
    return Line("age", "unknown" if result.issued_only else "holds", facts)


def _age_cause(result: Result, at: int, reach: int) -> str | None:
    if result.precision == "coarse":
        return "coarse"
    if result.collected is None or result.precision is None:
        return "undated"
    if result.collected > at:
        return "after-order"
    return "too-old" if at - result.collected > reach else None


def too_soon(case: Case) -> bool:
    """Whether a repeat now would come sooner than the rule's minimum interval."""
    collected, rule = case.result.collected, case.rule
    if collected is None or _age_cause(case.result, case.order.at, 2**62) is not None:
        return False
    return rule.no_retest or case.order.at - collected < (rule.min_interval_ms or 0)


def mark(case: Case) -> Line:
    """A mark of recognition whose area holds both institutions, when the rule demands one."""
    good, required = counting_marks(case), case.rule.mark_required
    facts: Facts = {
        "required": required,
        "marks": [each.display for each in case.result.marks],
        "counting": [each.display for each in good],
    }
    return Line("mark", "holds" if good or not required else "fails", facts)


def counting_marks(case: Case) -> list[Mark]:
    """The marks that count between these two institutions under this rule."""
    both = (case.result.source, case.order.institution)
    accepted = case.rule.marks_accepted
    return [
        each
        for each in case.result.marks
        if each.code == _RECOGNISED
        and (not accepted or each.display in accepted)
        and all(each.scope == EVERYWHERE or each.scope in case.areas.get(one, ()) for one in both)
    ]


def unit(case: Case) -> Line:
    """A unit that becomes the ordered one without guessing; a result in words has none."""
    found, asked = case.result.value, case.order.unit
    if found is None or found.number is None:
        return Line("unit", "holds", {"result": None, "order": asked, "factor": None})
    facts: Facts = {"result": found.unit, "order": asked, "factor": None}
    if found.unit is None:
        return Line("unit", "unknown" if asked is None else "fails", facts)
    if asked is None:
        return Line("unit", "holds", facts)
    times = factor(found.unit, asked)
    shown = None if times is None else format(times, "f")
    return Line("unit", "fails" if times is None else "holds", {**facts, "factor": shown})


def happened(context: Context, order: Order, rule: Rule) -> Happened:
    """Sorts the events for a rule, once for all results."""
    known = [each for each in context.events if each.kind not in rule.context_allowed and each.at <= order.at]
    telling = tuple(each for each in known if _is_relevant(each, rule))
    others = tuple(each for each in known if not _is_relevant(each, rule))
    return Happened(telling, others, sorted(context.unseen))


def context(case: Case) -> Line:
    """Nothing since the collection that makes the result say less about the patient now."""
    since, unseen = case.result.collected, case.happened.unseen
    telling = [each for each in case.happened.telling if _after(each, since)]
    if telling:
        first = min(telling, key=lambda each: (each.at, each.kind, each.code or ""))
        facts: Facts = {"events": sorted({str(each.kind) for each in telling}), "first": first.kind}
        what = {"at": first.at, "what": first.text or first.code, "unseen": unseen}
        return Line("context", "fails", {**facts, **what})
    others = sorted(
        {each.text or each.code or each.kind for each in case.happened.others if _after(each, since)}
    )
    outcome: Outcome = "unknown" if unseen or others else "holds"
    return Line("context", outcome, {"events": [], "unseen": unseen, "others": others})


def _after(event: Event, since: int | None) -> bool:
    """Whether some of an event may lie after the collection; nothing does when nobody knows that moment."""
    return since is not None and (event.at > since or event.until is None or event.until > since)


def _is_relevant(event: Event, rule: Rule) -> bool:
    """Every event counts, but of drugs and procedures only those that the rule names, when it names them."""
    match event.kind:
        case "new-drug":
            named = rule.relevant_drugs
        case "procedure":
            named = rule.relevant_procedures
        case _:
            return True
    given = event.code or ""
    return named is None or any(given == each or _begins(given, each) for each in named)


def _begins(given: str, wanted: str) -> bool:
    # ATC classes are prefixes
    return wanted.endswith("*") and given.startswith(wanted[:-1])


def grant(case: Case) -> Line:
    """Our own record, or one that a grant opened to us."""
    own = case.result.own
    allowed = own or case.result.grant is not None
    return Line("grant", "holds" if allowed else "fails", {"own": own, "grant": case.result.grant})


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _in(one: str, others: frozenset[str]) -> bool:
    return _plain(one) in {_plain(each) for each in others}


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
