"""Ends an emergency before its time, on the custodian's side, and says who ended one.

docs/formats/entry.md, glass.closed. The custodian's review key signs it: for its privacy officer, or because
the one who declared it wishes so. The patient's own closing comes through the wallet's door. Which of two
closings counts, the ledger says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.glass_state import GlassState, glass_state
from gateway.glass.telling import tell
from gateway.identity.signing import submit_or_keep
from ledger.entry import parse_entry
from ledger.errors import Refusal
from ledger.record import decode_record

if TYPE_CHECKING:
    from gateway.composition import Gateway


def close_glass(gw: Gateway, custodian: str, glass: str) -> Refusal | None:
    """End a glass of this custodian's, which is on this node; refuses what the ledger refuses."""
    with gw.ledger.view() as view:
        state = glass_state(view, glass)
    if state is None or state["institution"] != custodian:
        return Refusal("glass-unknown", "no glass of this custodian")
    done = submit_or_keep(gw, custodian, "review", "glass.closed", state["link"], glass=glass)
    if isinstance(done, Refusal):
        return done
    tell(gw, glass)
    return None


def closing_of(view: Any, glass: GlassState) -> dict[str, Any] | None:
    """{"at": ms, "by": "patient" or "institution"} of a closed glass, None of an open one."""
    closed = glass["closed"]
    if closed is None:
        return None
    entry = parse_entry(decode_record(view.record(closed["index"])).entry.decode("ascii"))
    signer = view.get(f"key/{entry.kid}")
    by = "patient" if signer is not None and signer["subject_type"] == "link" else "institution"
    return {"at": closed["time"], "by": by}
