"""Which rule judges an order, and whether it is in force: by group and situation, never by code alone.

A stated situation that the institution has a rule for is judged by that rule and no other: while it is a
draft nothing is offered, since the group's default may be too long for it. A situation that nobody knows is
one that was not stated.
"""

from collections.abc import Iterable
from typing import NamedTuple

from consent.reuse.orders import Order
from consent.reuse.rules import DEFAULT, Rule, Status, Words

ADULT = 18
UNLESS_SAID = frozenset({"outpatient", "inpatient"})  # in an emergency only what a rule names for it


class Chosen(NamedTuple):
    """The rule for an order, if any; `reason`: why it offers nothing by itself, None when it may."""

    rule: Rule | None
    situation_stated: bool
    reason: str | None


class Situation(NamedTuple):
    """One situation of a group, with the standing of its newest rule."""

    key: str
    words: Words
    status: Status


class Group(NamedTuple):
    """A group of tests as an order form lists it. `members`: codes when it can be ordered as a whole."""

    key: str
    words: Words
    codes: frozenset[str]
    members: tuple[str, ...]
    panels: frozenset[str]
    situations: tuple[Situation, ...]


def choose(order: Order, rules: Iterable[Rule]) -> Chosen:
    """The rule that judges this order."""
    of_group = [rule for rule in rules if rule.group == order.group]
    known = {rule.situation for rule in of_group} - {DEFAULT}
    stated = order.situation in known
    situation = order.situation if stated else DEFAULT
    candidates = [rule for rule in of_group if rule.situation == situation]
    if not candidates:
        return Chosen(None, stated, "rule-missing")
    rule, reason = _standing(order.at, sorted(candidates, key=lambda each: -each.version))
    return Chosen(rule, stated, reason)


def _standing(at: int, versions: list[Rule]) -> tuple[Rule, str | None]:
    """The version in force, of newest first; else the newest, with what keeps it from being so."""
    waiting = None
    for rule in versions:
        if rule.status == "draft":
            continue
        if rule.status == "withdrawn":
            return rule, "rule-withdrawn"
        if rule.valid_from is None or rule.valid_from <= at:
            return rule, None
        waiting = waiting or rule
    return (waiting, "rule-not-begun") if waiting else (versions[0], "rule-draft")


def barred(order: Order, rule: Rule) -> str | None:
    """Why this rule offers nothing to this order, whatever results there are."""
    if order.urgent:
        return "order-urgent"
    if rule.adult_only and order.age_years is None:
        return "age-unknown"
    if rule.adult_only and order.age_years is not None and order.age_years < ADULT:
        return "patient-not-adult"
    if order.setting not in (rule.settings or UNLESS_SAID):
        return "setting-not-covered"
    return "never-reused" if rule.never else None


def wanted_codes(codes: frozenset[str], rule: Rule) -> frozenset[str]:
    """All codes that this rule takes for one of those: the same, and what the laboratory holds for equal."""
    wanted = codes & rule.codes
    for equal in rule.equivalent:
        if equal & wanted:
            wanted |= equal & rule.codes
    return wanted


def groups(rules: Iterable[Rule]) -> tuple[Group, ...]:
    """What an order form can offer to choose from, in the order of the rules."""
    found: dict[str, dict[str, Rule]] = {}
    for rule in rules:
        situations = found.setdefault(rule.group, {})
        known = situations.get(rule.situation)
        if known is None or (rule.status != "draft", rule.version) > (known.status != "draft", known.version):
            situations[rule.situation] = rule
    return tuple(_group(key, list(situations.values())) for key, situations in found.items())


def _group(key: str, rules: list[Rule]) -> Group:
    newest = max(rules, key=lambda each: (each.status == "approved", each.version))
    situations = tuple(Situation(each.situation, each.situation_words, each.status) for each in rules)
    return Group(key, newest.group_words, newest.codes, newest.members, newest.panels, situations)
