"""Says in which state a reference is, from the moments written in its row.

States of a reference (docs/formats/wallet-api.md): waiting, claimed, proved, chosen, accepted, confirmed,
stopped, expired. Not here: anything that changes a row. Invariant: what the ledger has committed wins over
every other moment; a reference that was stopped while its entry was on the way is confirmed if the entry
arrived.
"""

from __future__ import annotations

from typing import Any, Literal

State = Literal["waiting", "claimed", "proved", "chosen", "accepted", "confirmed", "stopped", "expired"]

UNDECIDED = frozenset({"waiting", "claimed", "proved", "chosen"})


def state_of(row: Any, now: int) -> State:
    """State of a reference row at ``now`` (ms)."""
    if row.confirmed_at is not None:
        return "confirmed"
    if row.accepted_at is not None:
        return "accepted"
    if row.stopped_at is not None:
        return "stopped"
    if now >= row.expires_at:
        return "expired"
    if row.grants is not None:
        return "chosen"
    if row.proof is not None:
        return "proved"
    return "waiting" if row.claimed_key is None else "claimed"


def state_for_phone(row: Any, now: int) -> str:
    """The same for the phone, for which a proved reference is one that waits for the staff."""
    state = state_of(row, now)
    return "waiting" if state == "proved" else state
