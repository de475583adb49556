"""What the rules say to one order: an offer or none, and line by line why."""

from dataclasses import dataclass, field
from typing import Literal

from consent.reuse.results import Result
from consent.reuse.rules import Rule

# In this order, as far as they apply: tests have specimen to panel, imaging has body part to report.
LineKey = Literal[
    "person",
    "code",
    "body-part",
    "side",
    "contrast",
    "specimen",
    "method",
    "status",
    "value",
    "images",
    "report",
    "age",
    "mark",
    "unit",
    "panel",
    "context",
    "grant",
    "rule",
]
Outcome = Literal["holds", "unknown", "fails"]
Facts = dict[str, str | int | bool | list[str] | None]

# Why nothing is offered.
REASONS = (
    "rule-missing",
    "rule-draft",
    "rule-withdrawn",
    "rule-not-begun",
    "setting-not-covered",
    "never-reused",
    "order-urgent",
    "patient-not-adult",
    "age-unknown",
    "code-not-stated",
    "code-not-covered",
    "no-result",
    "none-qualifies",
    "panel-incomplete",
)


@dataclass(frozen=True)
class Line:
    """One condition. `facts` hold what a screen needs to say it in either language; no free text."""

    key: LineKey
    outcome: Outcome
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What may be reused for one order.

    offer: the result to show; for a panel the oldest of its members. offers: all that belong to the offer.
    lines: of the offer, or of the candidate that came nearest, in the stated order.
    others: further results of the same code, each with the line that decided.
    panel: (members that exist, members) and `members` their own verdicts; None and () for a single test.
    too_soon: the youngest result is younger than the rule's minimum interval, offered or not.
    reason: one of REASONS when nothing is offered. would: what a rule that is not in force would offer.
    """

    group: str
    offer: Result | None
    offers: tuple[Result, ...]
    rule: Rule | None
    situation_stated: bool
    lines: tuple[Line, ...]
    others: tuple[tuple[Result, Line], ...]
    panel: tuple[int, int] | None
    members: tuple["Verdict", ...]
    too_soon: bool
    reason: str | None
    would: tuple[Result, ...] = ()
