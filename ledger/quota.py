"""How many entries one link and one operator's institutions may make in an hour, counted in the state.

Never held up, whatever was spent: a revocation, a look, a disclosure, and all about a broken glass. State
documents: "quota/<link or operator id>": {hour, count}. The limit of an operator stands in a genesis since
several operators run ledgers; where it is absent there is none, so that older ledgers replay alike.
"""

from __future__ import annotations

from ledger.entry import Entry
from ledger.errors import Refusal
from ledger.genesis import OPERATOR_QUOTA
from ledger.registry import Changes, GetDocument, Signer

HOUR_MS = 3_600_000
_FREE = ("look.", "disclosure.", "glass.", "grant.revoke")


def spend(
    entry: Entry, signer: Signer, get: GetDocument, limits: dict[str, int], time: int
) -> Changes | Refusal:
    """The counts after this entry, or a refusal when one of them is over its limit."""
    changes: Changes = {}
    if entry.kind == "grant.give" or entry.kind.startswith("link."):
        changes = _count(entry.subject, get, time)
        if _over(changes, limits["link_entries_per_hour"]):
            return Refusal("quota-exceeded", "too many entries about this link in one hour")
    if OPERATOR_QUOTA not in limits or signer.subject_type != "institution" or entry.kind.startswith(_FREE):
        return changes
    institution = get(f"institution/{signer.subject}")
    if institution is None:
        return changes
    spent = _count(institution["operator"], get, time)
    if _over(spent, limits[OPERATOR_QUOTA]):
        return Refusal("operator-quota-exceeded", "too many entries of an operator in one hour")
    return {**changes, **spent}


def _count(spender: str, get: GetDocument, time: int) -> Changes:
    key, hour = f"quota/{spender}", time // HOUR_MS
    spent = get(key)
    count = spent["count"] + 1 if spent and spent["hour"] == hour else 1
    return {key: {"hour": hour, "count": count}}


def _over(changes: Changes, limit: int) -> bool:
    return any(document is not None and document["count"] > limit for document in changes.values())
