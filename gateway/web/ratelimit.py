"""Limits how often somebody may try: a token bucket a name, kept in the database.

Generic cell rate algorithm: a row holds only the time at which its bucket is full again. Names hold no
identifying word in the clear (callers hash what people typed).
"""

from __future__ import annotations

from hashlib import sha256
from typing import NoReturn

from flask import request
from sqlalchemy import delete, select

from gateway.composition import Gateway
from gateway.web.problems import raise_problem
from gateway.web.tables import rate_bucket
from ledger.store.prepared import insert_into

MINUTE = 60_000


def limit(gw: Gateway, bucket: str, per_minute: int) -> None:
    """Takes one token or ends the request with 429, Retry-After and the minutes to wait."""
    waiting = wait_ms(gw, bucket, per_minute)
    if waiting:
        refuse(waiting)


def refuse(waiting_ms: int) -> NoReturn:
    """Ends the request with 429, Retry-After and the minutes to wait."""
    raise_problem(
        "rate-limited",
        headers={"Retry-After": str(-(-waiting_ms // 1000))},
        minutes=-(-waiting_ms // MINUTE),
    )


def asker() -> str:
    """Who asks, for a bucket's name: a hash of the address, kept for a minute's count, never to be read."""
    return sha256((request.remote_addr or "").encode()).hexdigest()[:32]


def wait_ms(gw: Gateway, bucket: str, per_minute: int) -> int:
    """Takes one token and answers 0, or answers after how many ms there will be one."""
    now, step = gw.clock(), max(1, MINUTE // per_minute)
    name = bucket[:200]
    with gw.db.begin() as conn:
        row = conn.execute(select(rate_bucket.c.full_at).where(rate_bucket.c.name == name)).first()
        full_at = max(now, row.full_at if row else now) + step
        if full_at - now > step * per_minute:
            return full_at - now - step * per_minute
        change = insert_into(conn, rate_bucket).values(name=name, full_at=full_at)
        conn.execute(change.on_conflict_do_update(index_elements=["name"], set_={"full_at": full_at}))
    return 0


def sweep(gw: Gateway) -> None:
    """Forgets buckets that are full again."""
    with gw.db.begin() as conn:
        conn.execute(delete(rate_bucket).where(rate_bucket.c.full_at < gw.clock()))
