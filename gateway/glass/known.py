"""What this node knows of a broken glass: as the ledger has it, with what waits for the ledger on top.

docs/decisions/0017. Invariant: what waits is never said to be recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.glass_state import GlassState, glass_state, glass_status
from gateway.outbox.foresight import foresee
from ledger.entry import Entry, parse_entry
from ledger.record import decode_record

if TYPE_CHECKING:
    from gateway.composition import Gateway


def known_glass(gw: Gateway, glass: str) -> GlassState | None:
    """Its state, recorded or waiting; None of one that nobody here knows."""
    waiting = gw.outbox.about(glass)
    with gw.ledger.view() as view:
        return glass_state(foresee(view, waiting), glass)


def is_open(gw: Gateway, glass: str, now: int) -> bool:
    """Whether something may still be released under it at ``now`` (ms)."""
    waiting = gw.outbox.about(glass)
    with gw.ledger.view() as view:
        return glass_status(foresee(view, waiting), glass, now, view.time) == "active"


def on_ledger(gw: Gateway, glass: str) -> bool:
    """Whether the ledger has the glass itself; what is under it may still wait."""
    with gw.ledger.view() as view:
        return glass_state(view, glass) is not None


def closing_of(gw: Gateway, glass: GlassState) -> dict[str, Any] | None:
    """{"at": ms, "by": "patient" or "institution"} of a closed glass, None of an open one."""
    closed = glass["closed"]
    if closed is None:
        return None
    waits = [each for each in gw.outbox.about(glass["id"]) if each.kind == "glass.closed"]
    with gw.ledger.view() as view:
        entry = waits[0] if waits else _recorded(view, closed["index"])
        signer = view.get(f"key/{entry.kid}")
    by = "patient" if signer is not None and signer["subject_type"] == "link" else "institution"
    return {"at": closed["time"], "by": by}


def _recorded(view: Any, index: int) -> Entry:
    return parse_entry(decode_record(view.record(index)).entry.decode("ascii"))
