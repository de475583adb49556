"""The kinds of entry that may not be late: their own time lies close to the ledger's, on either side."""

from consent.errors import Refusal, refuse
from consent.host import Case
from consent.state import limits


def skew_fault(case: Case) -> Refusal | None:
    """Why the entry's `at` is too far from the record's time; None when it is not."""
    if abs(case.entry.at - case.time) > limits(case.view)["skew_ms"]:
        return refuse("at-out-of-skew")
    return None
