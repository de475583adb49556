"""Remembers which client assertions were used, so that each is accepted exactly once.

RFC 7523 section 3 (jti); the unique index of (client, jti) decides between callers at the same moment.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete

from gateway.fhir.tables import seen_jti
from gateway.peers.assertion import SKEW_S
from ledger.store.prepared import insert_into


def use_once(conn: Connection, client: str, jti: str, expires_s: int, now_ms: int) -> bool:
    """True for the first use of (client, jti); forgotten once the assertion itself is no longer accepted."""
    conn.execute(delete(seen_jti).where(seen_jti.c.until <= now_ms))
    row = {"client": client, "jti": jti, "until": (expires_s + SKEW_S) * 1000}
    fresh = insert_into(conn, seen_jti).values(row).on_conflict_do_nothing()
    return conn.execute(fresh.returning(seen_jti.c.jti)).first() is not None
