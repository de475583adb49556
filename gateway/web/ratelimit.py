"""Limits how often somebody may try: a token bucket a name, kept in the database.

Generic cell rate algorithm: a row holds only the time at which its bucket is full again. Names hold no
identifying word in the clear (callers hash what people typed).
"""

from __future__ import annotations

from hashlib import sha256

from flask import request
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from gateway.composition import Gateway
from gateway.web.problems import raise_problem
from gateway.web.tables import rate_bucket

MINUTE = 60_000


def limit(gw: Gateway, bucket: str, per_minute: int, burst: int | None = None) -> None:
    """Takes one token or ends the request with 429, Retry-After and the minutes to wait.

    `burst`: how many at once, a minute's worth when it is not given.
    """
    waiting = wait_ms(gw, bucket, per_minute, burst)
    if waiting:
        raise_problem(
            "rate-limited", headers={"Retry-After": str(-(-waiting // 1000))}, minutes=-(-waiting // MINUTE)
        )


def asker() -> str:
    """Who asks, for a bucket's name: a hash of the address, kept for a minute's count, never to be read."""
    return sha256((request.remote_addr or "").encode()).hexdigest()[:32]


def wait_ms(gw: Gateway, bucket: str, per_minute: int, burst: int | None = None) -> int:
    """Takes one token and answers 0, or answers after how many ms there will be one."""
    now, step = gw.clock(), max(1, MINUTE // per_minute)
    name = bucket[:200]
    with gw.db.begin() as conn:
        row = conn.execute(select(rate_bucket.c.full_at).where(rate_bucket.c.name == name)).first()
        full_at = max(now, row.full_at if row else now) + step
        full = step * (burst or per_minute)
        if full_at - now > full:
            return full_at - now - full
        change = insert(rate_bucket).values(name=name, full_at=full_at)
        conn.execute(change.on_conflict_do_update(index_elements=["name"], set_={"full_at": full_at}))
    return 0


def sweep(gw: Gateway) -> None:
    """Forgets buckets that are full again."""
    with gw.db.begin() as conn:
        conn.execute(delete(rate_bucket).where(rate_bucket.c.full_at < gw.clock()))
