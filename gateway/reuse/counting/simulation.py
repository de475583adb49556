"""What an institution's rules, as if they were approved, would have avoided in histories that happened.

Every order is inferred: all results of one group, taken at one moment at one hospital, were one order. It
counts as avoided when for each of its analytes the rule offers an earlier result; what was avoided was never
made, so it is offered to nobody later. It is undone when the same is taken again within the rule's interval
after all. Cards shown are never counted. Hospitals are compared as if each patient had granted everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from consent.reuse.check import check
from consent.reuse.imaging import Study, StudyOrder, check_study
from consent.reuse.orders import Order
from consent.reuse.results import Result
from consent.reuse.rules import DAY_MS, Rule
from consent.reuse.verdicts import Verdict
from gateway.reuse.reading.ages import age_years
from gateway.reuse.reading.histories import History

PAIR_MS = 90 * DAY_MS
_EMERGENCY = "EMER"  # v3-ActCode, as the next
_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC"})


class Placed(NamedTuple):
    """One inferred order: the results that it led to, of one group, one hospital, one moment."""

    at: int
    hospital: str
    kind: str
    results: tuple[Result, ...]


@dataclass
class Tally:
    """One group in one situation. `analytes` belong to the orders avoided; `reasons`: why others were not.

    avoided = at_same + at_other. undone: avoided, but taken again within the rule's interval.
    """

    rule: Rule
    orders: int = 0
    avoided: int = 0
    at_same: int = 0
    at_other: int = 0
    analytes: int = 0
    undone: int = 0
    patients: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Pairs:
    """Consecutive orders of one group at most 90 days apart: how often something was repeated at all."""

    same: int = 0
    other: int = 0
    patients_same: set[str] = field(default_factory=set)
    patients_other: set[str] = field(default_factory=set)


class Outcome(NamedTuple):
    """Tallies and pairs by group, in the order of the rules; and what was read."""

    tallies: dict[tuple[str, str], Tally]
    pairs: dict[str, Pairs]
    patients: int
    results: int
    undated: int


def simulate(histories: Iterable[History], rules: Sequence[Rule], as_of: int) -> Outcome:
    """Runs every group and situation over every history; what lies after `as_of` (ms UTC) is left out."""
    in_force = [replace(rule, status="approved", valid_from=None) for rule in _newest(rules)]
    by_group: dict[str, list[Rule]] = {}
    for rule in in_force:
        by_group.setdefault(rule.group, []).append(rule)
    tallies = {(rule.group, rule.situation): Tally(rule) for rule in in_force}
    pairs = {group: Pairs() for group in by_group}
    patients = results = undated = 0
    for history in histories:
        patients += 1
        results += len(history.results)
        undated += sum(each.precision != "instant" for each in history.results)
        for group, some in by_group.items():
            placed = _placed(history, some[0].codes, as_of)
            if not placed:
                continue
            _count_pairs(pairs[group], history.key, placed)
            for rule in some:
                tally = tallies[group, rule.situation]
                tally.orders += len(placed)
                _run(tally, some, history, placed)
    return Outcome(tallies, pairs, patients, results, undated)


def _newest(rules: Sequence[Rule]) -> list[Rule]:
    newest: dict[str, Rule] = {}
    for rule in rules:
        if rule.id not in newest or rule.version > newest[rule.id].version:
            newest[rule.id] = rule
    return list(newest.values())


def _placed(history: History, codes: frozenset[str], as_of: int) -> list[Placed]:
    """The orders of these codes, oldest first. What is only dated to the day cannot be put in order."""
    found: dict[tuple[int, str], list[Result]] = {}
    for each in (*history.results, *(study.result for study in history.studies)):
        if each.collected is None or each.precision != "instant" or each.collected > as_of:
            continue
        if not codes.isdisjoint(each.codes) and not each.ref.startswith("DiagnosticReport/"):
            found.setdefault((each.collected, each.source), []).append(each)
    placed = [
        Placed(at, hospital, history.stays[some[0].ref].kind, tuple(some))
        for (at, hospital), some in found.items()
    ]
    # Of one moment: an emergency visit precedes the admission that it led to.
    return sorted(placed, key=lambda each: (each.at, each.kind != _EMERGENCY, each.hospital))


def _count_pairs(pairs: Pairs, patient: str, placed: list[Placed]) -> None:
    for first, second in pairwise(placed):
        if not 0 < second.at - first.at <= PAIR_MS:
            continue
        if first.hospital == second.hospital:
            pairs.same += 1
            pairs.patients_same.add(patient)
        else:
            pairs.other += 1
            pairs.patients_other.add(patient)


def _run(tally: Tally, rules: list[Rule], history: History, placed: list[Placed]) -> None:
    """One patient, one situation, order by order; only what was really taken is there to be offered."""
    taken: list[Result] = []
    avoided: list[int] = []  # when
    interval = tally.rule.min_interval_ms or tally.rule.reach_ms
    for one in placed:
        verdicts = [_judge(tally.rule, rules, history, one, result, taken) for result in one.results]
        if all(verdict.offer is not None for verdict in verdicts):
            avoided.append(one.at)
            tally.avoided += 1
            tally.analytes += len(verdicts)
            elsewhere = any(
                verdict.offer is not None and verdict.offer.source != one.hospital for verdict in verdicts
            )
            tally.at_other += elsewhere
            tally.at_same += not elsewhere
            tally.patients.add(history.key)
            continue
        undone = [at for at in avoided if one.at - at <= interval]
        tally.undone += len(undone)
        avoided = []  # each is undone once at most, and what is older is out of the interval for good
        tally.reasons[_reason(verdicts)] += 1
        taken += one.results


def _judge(
    rule: Rule, rules: list[Rule], history: History, placed: Placed, result: Result, taken: list[Result]
) -> Verdict:
    order = Order(
        group=rule.group,
        patient=history.key,
        institution=placed.hospital,
        at=placed.at,
        codes=result.codes & rule.codes,
        situation=rule.situation,
        setting="inpatient" if placed.kind in _INPATIENT else "outpatient",
        specimen=result.specimen,
        method=result.method,
        unit=None if result.value is None else result.value.unit,
        urgent=placed.kind == _EMERGENCY,
        age_years=age_years(history.birth_date, placed.at),
    )
    earlier = [each for each in taken if each.collected is not None and each.collected < placed.at]
    study = next((each for each in history.studies if each.result is result), None)
    if study is None:
        return check(order, rules, earlier, history.context)
    return check_study(
        StudyOrder(order, study.body_sites, study.side, study.contrast),
        rules,
        _studies(history, earlier),
        history.context,
    )


def _studies(history: History, results: list[Result]) -> list[Study]:
    return [each for each in history.studies if any(each.result is result for result in results)]


def _reason(verdicts: list[Verdict]) -> str:
    """Why the first analyte that was not offered was not: the verdict's reason, or the line that failed."""
    verdict = next(each for each in verdicts if each.offer is None)
    failed = next((line for line in verdict.lines if line.outcome == "fails" and line.key != "rule"), None)
    if verdict.reason != "none-qualifies" or failed is None:
        return verdict.reason or ""
    cause = failed.facts.get("cause") or failed.facts.get("first")
    return f"{failed.key}: {cause}" if cause else failed.key
