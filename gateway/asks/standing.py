"""Says whether a grant or a broken glass still opens anything, from the ledger's state, for the screens.

Not here: the custodian's decision before a release (consent.decision); this only closes what a doctor
already sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent.under import Under, under_state, under_status
from gateway.outbox.foresight import foresee

if TYPE_CHECKING:
    from gateway.asks.room import Source
    from gateway.composition import Gateway

# Everything else that may refuse a next visit (visits spent, not begun) does not end one that runs.
_ENDS = {
    "grant-revoked": "revoked",
    "grant-expired": "expired",
    "grant-ended-by-rekey": "ended",
    "grant-unknown": "ended",
    "glass-closed": "closed",
    "glass-expired": "expired",
    "link-closed": "ended",
}


def standing(gw: Gateway, under: str, now: int) -> tuple[str, int] | None:
    """(state, moment in ms) when the grant or glass has ended by `now`, None while it stands."""
    waiting = gw.outbox.about(under)
    with gw.ledger.view() as view:
        foreseen = foresee(view, waiting)
        status = under_status(foreseen, under, now, view.time)
        found = under_state(foreseen, under)
    code = getattr(status, "code", None)
    if code not in _ENDS:
        return None
    return _ENDS[code], _moment(found, _ENDS[code], now)


def _moment(under: Under | None, end: str, now: int) -> int:
    """When that end came: as recorded, else now."""
    if under is None or end == "ended":
        return now
    if under.grant is not None:
        revoked = under.grant["revoked"]
        return revoked["time"] if end == "revoked" and revoked else under.grant["not_after"]
    glass = under.glass
    if glass is None:
        return now
    return glass["closed"]["time"] if end == "closed" and glass["closed"] else glass["until"]


def end_what_ended(gw: Gateway, sources: list[Source]) -> bool:
    """Empty every open source whose grant, glass or visit is over; True when one was."""
    found = False
    # One moment for both questions: a grant and its visit often end together, and the grant's end is told.
    now = gw.clock()
    for source in sources:
        if source.state != "open":
            continue
        end = standing(gw, source.basis.under, now)
        if end is None and source.ends_at is not None and now >= source.ends_at:
            end = "ended", source.ends_at
        if end is not None:
            source.end(*end)
            found = True
    return found
