"""How far an entry's own time lies from the ledger's: what may not be late, and how late an emergency may be.

docs/decisions/0017: while the hospitals do not agree nothing is recorded, and an emergency does not wait.
What is recorded late of one is judged by its own time, and never reaches further than LATE_GLASS_MS.
"""

from consent.errors import Refusal, refuse
from consent.host import Case
from consent.state import limits

# However long an emergency was declared for: this much of it can be used, and told of, late.
LATE_GLASS_MS = 3_600_000


def skew_fault(case: Case) -> Refusal | None:
    """Why the entry's `at` is too far from the record's time; None when it is not."""
    if abs(case.entry.at - case.time) > limits(case.view)["skew_ms"]:
        return refuse("at-out-of-skew")
    return None


def is_late(case: Case) -> bool:
    """Whether the record comes so long after the entry that no two clocks explain it."""
    return case.time - case.entry.at > int(limits(case.view)["skew_ms"])
