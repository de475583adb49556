"""Which version of the rules judges a record: a matter of its index, the same on every node, for ever.

State document "rules": {"steps": [{"from", "version", "release"}]}, in order; a step holds from its index on.
A ledger begins with the version in its genesis, and operators activate later ones by their votes
(`ledger.governance`). Neither a block's height nor the time decides, so that every engine agrees.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.registry import RULES, Changes, GetDocument

# From this version on a new key shows that it is held, and whose an id is can be told from how it begins.
PROVEN = 2


class Step(NamedTuple):
    """From record `start` on the contracts of `version` judge; `release` is the first that knows them."""

    start: int
    version: int
    release: str


FIRST = Step(0, 1, "")


def steps(get: GetDocument) -> list[Step]:
    """All versions that are or will be in force, in order."""
    known = get(RULES)
    later = [] if known is None else known["steps"]
    return [FIRST, *(Step(one["from"], one["version"], one["release"]) for one in later)]


def step_at(get: GetDocument, index: int) -> Step:
    """The step in force for record `index`."""
    if get(RULES) is None:
        return FIRST
    return [step for step in steps(get) if step.start <= index][-1]


def with_step(get: GetDocument, step: Step) -> Changes | None:
    """The change that adds a step; None unless it comes after all others and has a later version."""
    last = steps(get)[-1]
    if step.start <= last.start or step.version <= last.version:
        return None
    later = [*steps(get)[1:], step]
    rows = [{"from": each.start, "version": each.version, "release": each.release} for each in later]
    return {RULES: {"steps": rows}}
