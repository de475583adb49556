"""Says whether a grant still opens anything, from the ledger's state, for the screens that show it.

Not here: the custodian's decision before a release (consent.decision); this only closes what a doctor
already sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent.state import grant_status

if TYPE_CHECKING:
    from gateway.asks.room import Source
    from gateway.composition import Gateway

# Everything else that may refuse a next visit (visits spent, not begun) does not end one that runs.
_ENDS = {
    "grant-revoked": "revoked",
    "grant-expired": "expired",
    "grant-ended-by-rekey": "ended",
    "grant-unknown": "ended",
    "link-closed": "ended",
}


def standing(gw: Gateway, grant: str, now: int) -> tuple[str, int] | None:
    """(state, moment in ms) when the grant has ended by `now`, None while it stands."""
    with gw.ledger.view() as view:
        status = grant_status(view, grant, now, view.time)
        document = view.get(f"grant/{grant}")
    code = getattr(status, "code", None)
    if code not in _ENDS:
        return None
    if code == "grant-revoked" and document:
        return "revoked", int(document["revoked"]["time"])
    if code == "grant-expired" and document:
        return "expired", int(document["not_after"])
    return _ENDS[code], now


def end_what_ended(gw: Gateway, sources: list[Source]) -> bool:
    """Empty every open source whose grant or visit is over; True when one was."""
    found = False
    # One moment for both questions: a grant and its visit often end together, and the grant's end is told.
    now = gw.clock()
    for source in sources:
        if source.state != "open":
            continue
        end = standing(gw, source.granted.grant, now)
        if end is None and source.ends_at is not None and now >= source.ends_at:
            end = "ended", source.ends_at
        if end is not None:
            source.end(*end)
            found = True
    return found
