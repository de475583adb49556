"""What a decision needs to know about one stored record, and nothing that it says.

Scope.covers judges by it; the records store keeps the same as columns, and its SQL gives the same answers.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordFacts:
    """One record, seen from outside.

    `type` and `id` are FHIR's; `kind` is one of vocabulary.KINDS; `codes` are "system|code"; `low` and `high`
    are the clinical time as [low, high) in ms UTC (None: open on that side, both None: undated); `labels` are
    codes of v3-Confidentiality and v3-ActCode, and HIDDEN.
    """

    type: str
    id: str
    kind: str
    codes: frozenset[str]
    low: int | None
    high: int | None
    labels: frozenset[str]
