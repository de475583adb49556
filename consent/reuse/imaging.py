"""Whether an imaging study that exists may stand in for one about to be ordered.

Besides what holds for tests: the same modality, body part and side, contrast as asked for, status available,
images that can be had (a report alone does not suffice), and a final report. What a study does not state is
not taken for equal: without side where the order has one, without images or report, nothing is offered.
Protocol, slice thickness and completeness are the radiologist's to judge; no data tell them here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.reuse import conditions
from consent.reuse.check import NOWHERE, rule_line
from consent.reuse.choice import barred, choose
from consent.reuse.conditions import Areas, Case
from consent.reuse.orders import Context, Order
from consent.reuse.results import Result
from consent.reuse.rules import Rule
from consent.reuse.verdicts import Facts, Line, Outcome, Verdict

_FINAL_REPORT = frozenset({"final", "amended", "corrected", "appended"})
BOTH_SIDES = "both"


@dataclass(frozen=True)
class Study:
    """One ImagingStudy. result: what it has in common with other results; its codes are the modalities.

    body_sites: "system|code". side: left, right, both. contrast, images: None where nobody states it.
    report: the status of its report.
    """

    result: Result
    body_sites: frozenset[str] = frozenset()
    side: str | None = None
    contrast: bool | None = None
    images: bool | None = None
    report: str | None = None


@dataclass(frozen=True)
class StudyOrder:
    """An imaging order: `order` as for tests, its codes the modality; contrast None: not stated."""

    order: Order
    body_sites: frozenset[str]
    side: str | None = None
    contrast: bool | None = None


def check_study(
    asked: StudyOrder,
    rules: Sequence[Rule],
    studies: Sequence[Study],
    context: Context,
    *,
    areas: Areas = NOWHERE,
) -> Verdict:
    """The verdict on one imaging order: the youngest study that meets every condition, or why none does."""
    order = asked.order
    chosen = choose(order, rules)
    rule = chosen.rule
    reason = chosen.reason or (None if rule is None else barred(order, rule))
    judged: list[tuple[Study, tuple[Line, ...]]] = []
    if rule is not None:
        since = conditions.happened(context, order, rule)
        cases = [Case(order, rule, order.codes, each.result, since, areas) for each in studies]
        judged = [(each, _lines(asked, each, case)) for each, case in zip(studies, cases, strict=True)]
        judged.sort(key=lambda each: (_failures(each[1]), _order_of(each[0].result)))
    good = tuple(each.result for each, lines in judged[:1] if not _failures(lines))
    if reason is None and not good:
        reason = "none-qualifies" if judged else "no-result"
    offers = good if reason is None else ()
    lines = judged[0][1] if judged else ()
    return Verdict(
        group=order.group,
        offer=offers[0] if offers else None,
        offers=offers,
        rule=rule,
        situation_stated=chosen.situation_stated,
        lines=(*lines, rule_line(chosen, reason)),
        others=(),
        panel=None,
        members=(),
        too_soon=False,
        reason=reason,
        would=() if offers or rule is None or rule.never else good,
    )


def _lines(asked: StudyOrder, study: Study, case: Case) -> tuple[Line, ...]:
    return (
        conditions.person(case),
        conditions.code(case),
        _body_part(asked, study),
        _side(asked, study),
        _contrast(asked, study),
        Line("status", _when(study.result.status == "available"), {"status": study.result.status}),
        Line("images", _when(study.images is True), {"stated": study.images is not None}),
        Line("report", _when(study.report in _FINAL_REPORT), {"status": study.report}),
        conditions.age(case),
        conditions.mark(case),
        conditions.context(case),
        conditions.grant(case),
    )


def _when(holds: bool) -> Outcome:
    return "holds" if holds else "fails"


def _body_part(asked: StudyOrder, study: Study) -> Line:
    same = bool(asked.body_sites & study.body_sites)
    facts: Facts = {"ordered": sorted(asked.body_sites), "found": sorted(study.body_sites)}
    return Line("body-part", _when(same), facts)


def _side(asked: StudyOrder, study: Study) -> Line:
    """A side that is asked for has to be there; one that is not asked for is only shown."""
    if asked.side is None:
        outcome: Outcome = "holds" if study.side in (None, BOTH_SIDES) else "unknown"
    else:
        outcome = _when(study.side in (asked.side, BOTH_SIDES))
    return Line("side", outcome, {"ordered": asked.side, "found": study.side})


def _contrast(asked: StudyOrder, study: Study) -> Line:
    if asked.contrast is None:
        outcome: Outcome = "unknown"
    else:
        outcome = _when(study.contrast is asked.contrast)
    return Line("contrast", outcome, {"ordered": asked.contrast, "found": study.contrast})


def _failures(lines: tuple[Line, ...]) -> int:
    return sum(line.outcome == "fails" for line in lines)


def _order_of(result: Result) -> tuple[object, ...]:
    collected = result.collected if result.collected is not None else -(2**62)
    return -collected, not result.own, result.source, result.ref
