"""How many entries one link and one operator's institutions may make in an hour, counted in the state.

Never held up, whatever was spent: a revocation, a look, a disclosure, and all about a broken glass. State
documents: "quota/<link or operator id>": {hour, count}. The limit of an operator stands in a genesis since
several operators run ledgers; where it is absent there is none, so that older ledgers replay alike.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.entry import Entry
from ledger.errors import Refusal
from ledger.genesis import OPERATOR_QUOTA
from ledger.registry import Changes, GetDocument, Signer

HOUR_MS = 3_600_000
_FREE = ("look.", "disclosure.", "glass.", "grant.revoke")
_LINK = Refusal("quota-exceeded", "too many entries about this link in one hour")
_OPERATOR = Refusal("operator-quota-exceeded", "too many entries of an operator in one hour")


class Charge(NamedTuple):
    """One of the counts on which an entry goes: whose, how many an hour, and what is said beyond."""

    spender: str
    limit: int
    refusal: Refusal


def charges(entry: Entry, signer: Signer, get: GetDocument, limits: dict[str, int]) -> list[Charge]:
    """The counts on which an entry goes; none for what is never held up."""
    found: list[Charge] = []
    if entry.kind == "grant.give" or entry.kind.startswith("link."):
        found.append(Charge(entry.subject, limits["link_entries_per_hour"], _LINK))
    if OPERATOR_QUOTA not in limits or signer.subject_type != "institution" or entry.kind.startswith(_FREE):
        return found
    institution = get(f"institution/{signer.subject}")
    if institution is not None:
        found.append(Charge(institution["operator"], limits[OPERATOR_QUOTA], _OPERATOR))
    return found


def spent(spender: str, get: GetDocument, hour: int) -> int:
    """How many entries of this hour (since 1970) the state counts."""
    known = get(_key(spender))
    return known["count"] if known and known["hour"] == hour else 0


def spend(
    entry: Entry, signer: Signer, get: GetDocument, limits: dict[str, int], time: int
) -> Changes | Refusal:
    """The counts after this entry, or a refusal when one of them is over its limit."""
    changes: Changes = {}
    hour = time // HOUR_MS
    for charge in charges(entry, signer, get, limits):
        count = spent(charge.spender, get, hour) + 1
        if count > charge.limit:
            return charge.refusal
        changes[_key(charge.spender)] = {"hour": hour, "count": count}
    return changes


def _key(spender: str) -> str:
    return f"quota/{spender}"
