"""Locks an account for a while after five wrong passwords, whether the account exists or not.

Kept by a hash of institution and user name, so that neither the table nor the answers tell who works here.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from gateway.composition import Gateway
from gateway.identity.tables import sign_in_failure

FAILURES = 5
LOCK_MS = 15 * 60_000
FORGET_MS = 60 * 60_000


def account_key(institution: str, user: str) -> str:
    return sha256(f"{institution}\x00{user}".encode("utf-8", "surrogatepass")).hexdigest()


def locked_ms(gw: Gateway, account: str) -> int:
    """How long the account is still locked (ms); 0 when it is not."""
    with gw.db.connect() as conn:
        until = conn.scalar(
            select(sign_in_failure.c.locked_until).where(sign_in_failure.c.account == account)
        )
    return max(0, (until or 0) - gw.clock())


def note_failure(gw: Gateway, account: str) -> None:
    """Counts a wrong password; the fifth locks."""
    now = gw.clock()
    with gw.db.begin() as conn:
        row = conn.execute(select(sign_in_failure).where(sign_in_failure.c.account == account)).first()
        count = row._mapping["count"] + 1 if row and now - row.last_at < FORGET_MS else 1
        locked = now + LOCK_MS if count >= FAILURES else 0
        values = {"count": 0 if locked else count, "last_at": now, "locked_until": locked}
        change = insert(sign_in_failure).values(account=account, **values)
        conn.execute(change.on_conflict_do_update(index_elements=["account"], set_=values))


def forget_failures(gw: Gateway, account: str) -> None:
    """A right password clears the count."""
    with gw.db.begin() as conn:
        conn.execute(delete(sign_in_failure).where(sign_in_failure.c.account == account))
