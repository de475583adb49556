"""Says which visit an ask belongs to: the one that is running for this grant and person, or a new one.

DESIGN section 6 "Pull": a further token for the same grant and user within the visit joins it, so a patient reads
one line however many searches and pages there were.
Not here: how long a visit runs and how many a grant allows (the ledger's contract refuses; this only chooses an id).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from gateway.disclosure.tables import running_visit

if TYPE_CHECKING:
    from gateway.composition import Gateway

# A visit that was asked for but never used is forgotten after this time, so it cannot be begun days later.
UNUSED_MS = 300_000


def join_visit(gw: Gateway, grant: Mapping[str, Any], user_id: str, now: int) -> str:
    """Visit id (32 hex) for this person under this grant document; two callers at the same moment get the same one."""
    key = (running_visit.c.grant_id == grant["id"]) & (running_visit.c.user_id == user_id)
    with gw.db.connect() as conn:
        known = _known(conn, key)
    if known is not None and _runs(gw, grant, known[0], known[1], now):
        return known[0]
    fresh = gw.entropy(16).hex()
    with gw.db.begin() as conn:
        row = {"grant_id": grant["id"], "user_id": user_id, "visit": fresh, "asked_at": now}
        conn.execute(insert(running_visit).values(row).on_conflict_do_nothing())
        if known is not None:
            # Only the visit that was seen to be over is replaced; a newer one by another caller stays.
            stale = key & (running_visit.c.visit == known[0])
            conn.execute(update(running_visit).where(stale).values(visit=fresh, asked_at=now))
        chosen = _known(conn, key)
    return chosen[0] if chosen else fresh


def _known(conn: Connection, key: Any) -> tuple[str, int] | None:
    row = conn.execute(select(running_visit.c.visit, running_visit.c.asked_at).where(key)).first()
    return None if row is None else (row.visit, row.asked_at)


def _runs(gw: Gateway, grant: Mapping[str, Any], visit: str, asked_at: int, now: int) -> bool:
    """Whether the visit is running on the ledger, or was asked for a moment ago and is not begun yet."""
    begun = grant["visits"].get(visit)
    if begun is None:
        return 0 <= now - asked_at < UNUSED_MS
    return bool(now < begun + gw.ledger.genesis.doc["limits"]["visit_ms"])
