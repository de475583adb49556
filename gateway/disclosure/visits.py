"""Says which visit an ask belongs to: the one that is running under this grant or glass for this person.

docs/formats/pull.md: a further token for the same grant (or glass) and user within the visit joins it, so a
patient reads one line however many searches and pages there were.
Not here: how long a visit runs and how many a grant allows (the ledger's contract refuses; this only
chooses an id).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from consent.errors import Refusal
from consent.under import visit_begun, visit_status
from gateway.disclosure.tables import running_visit
from ledger.store.prepared import insert_into

if TYPE_CHECKING:
    from gateway.composition import Gateway

# A visit that was asked for but never used is forgotten after this time, so it cannot be begun days later.
UNUSED_MS = 300_000


def running_visit_of(gw: Gateway, view: Any, under: str, user_id: str, now: int) -> str | None:
    """Visit id (32 hex) that an ask of this person joins; None: it would begin a new one."""
    with gw.db.connect() as conn:
        known = _known(conn, under, user_id)
    return known[0] if known is not None and _runs(view, under, known[0], known[1], now) else None


def begin_visit(gw: Gateway, view: Any, under: str, user_id: str, now: int) -> str:
    """A visit id for a new visit; two callers at the same moment get the same one."""
    with gw.db.begin() as conn:
        # The write lock is held from here on: a visit that another caller has just begun is seen and joined.
        known = _known(conn, under, user_id)
        if known is not None and _runs(view, under, known[0], known[1], now):
            return known[0]
        row = {"visit": gw.entropy(16).hex(), "asked_at": now}
        fresh = insert_into(conn, running_visit).values(grant_id=under, user_id=user_id, **row)
        conn.execute(fresh.on_conflict_do_update(index_elements=["grant_id", "user_id"], set_=row))
    return row["visit"]


def _known(conn: Connection, under: str, user_id: str) -> tuple[str, int] | None:
    query = select(running_visit.c.visit, running_visit.c.asked_at).where(
        running_visit.c.grant_id == under, running_visit.c.user_id == user_id
    )
    row = conn.execute(query).first()
    return None if row is None else (row.visit, row.asked_at)


def _runs(view: Any, under: str, visit: str, asked_at: int, now: int) -> bool:
    """Whether the visit is running on the ledger, or was asked for a moment ago and is not begun yet."""
    if visit_begun(view, under, visit) is None:
        return 0 <= now - asked_at < UNUSED_MS
    return not isinstance(visit_status(view, under, visit, now, view.time), Refusal)
