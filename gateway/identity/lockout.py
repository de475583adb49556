"""Stops guessing at passwords without letting anybody lock a colleague out by knowing a user name.

Five wrong passwords lock an account for a while *for the address they came from*; others go on signing in.
Many addresses together have a hundred guesses an hour; then only addresses from which this account was used
lately may try. Accounts that do not exist are treated alike, and are kept, like addresses, as hashes: neither
the table nor the answers tell who works here. A guess is counted before it is checked, so guesses at one
moment do not exceed the limit. An address is an IPv4 address or an IPv6 /64; behind a proxy it is the one
that YAOSHI_TRUSTED_PROXIES lets through.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import Connection, delete, select, update

from gateway.composition import Gateway
from gateway.identity.tables import sign_in_failure
from ledger.store.prepared import insert_into

FAILURES = 5
FAILURES_EVERYWHERE = 100
LOCK_MS = 15 * 60_000
FORGET_MS = 60 * 60_000
KNOWN_MS = 90 * 86_400_000
EVERYWHERE = "0" * 32


@dataclass(frozen=True)
class Guess:
    """Whose password is guessed, and from where; both as the first half of a SHA-256."""

    account: str
    place: str

    @property
    def here(self) -> str:
        return self.account + self.place

    @property
    def everywhere(self) -> str:
        return self.account + EVERYWHERE


def guess_at(institution: str, user: str, address: str | None) -> Guess:
    """The guess of somebody at `address` at the password of a user of an institution."""
    return Guess(_account(institution, user), _half(_place(address or "")))


def count_guess(gw: Gateway, guess: Guess) -> int:
    """Counts a guess as wrong before it is checked and answers 0, or answers how long it must wait (ms)."""
    now = gw.clock()
    with gw.db.begin() as conn:
        here, everywhere = _row(conn, guess.here), _row(conn, guess.everywhere)
        known = here is not None and now - (here.signed_in_at or -KNOWN_MS) < KNOWN_MS
        locked = [here] if known else [here, everywhere]
        waiting = max((row.locked_until - now for row in locked if row is not None), default=0)
        if waiting > 0:
            return int(waiting)
        _count(conn, guess.here, here, FAILURES, now)
        _count(conn, guess.everywhere, everywhere, FAILURES_EVERYWHERE, now)
    return 0


def forget_failures(gw: Gateway, guess: Guess) -> None:
    """A right password clears the counts, and its address is known from now on."""
    now = gw.clock()
    with gw.db.begin() as conn:
        _clear(conn, guess.account)
        place = sign_in_failure.c.account == guess.here
        conn.execute(update(sign_in_failure).where(place).values(signed_in_at=now))
        idle = (sign_in_failure.c.last_at < now - FORGET_MS) & (sign_in_failure.c.locked_until < now)
        unknown = sign_in_failure.c.signed_in_at.is_(None) | (sign_in_failure.c.signed_in_at < now - KNOWN_MS)
        conn.execute(delete(sign_in_failure).where(idle, unknown))


def unlock(gw: Gateway, institution: str, user: str) -> None:
    """Lets everybody try this account's password again."""
    with gw.db.begin() as conn:
        _clear(conn, _account(institution, user))


def locked_until(gw: Gateway, institution: str, user: str) -> int:
    """Until when somebody's guesses at this account are stopped (ms); 0 when nobody's are."""
    mine = sign_in_failure.c.account.startswith(_account(institution, user))
    with gw.db.connect() as conn:
        found = conn.execute(select(sign_in_failure.c.locked_until).where(mine)).scalars().all()
    latest = max(found, default=0)
    return latest if latest > gw.clock() else 0


def _count(conn: Connection, name: str, row: Any | None, limit: int, now: int) -> None:
    count = row.failures + 1 if row is not None and now - row.last_at < FORGET_MS else 1
    locked = count >= limit
    values = {"count": 0 if locked else count, "last_at": now, "locked_until": now + LOCK_MS if locked else 0}
    change = insert_into(conn, sign_in_failure).values(account=name, **values)
    conn.execute(change.on_conflict_do_update(index_elements=["account"], set_=values))


def _clear(conn: Connection, account: str) -> None:
    mine = sign_in_failure.c.account.startswith(account)
    conn.execute(update(sign_in_failure).where(mine).values(count=0, locked_until=0))


def _row(conn: Connection, name: str) -> Any | None:
    columns = sign_in_failure.c
    wanted = select(
        columns.count.label("failures"), columns.last_at, columns.locked_until, columns.signed_in_at
    )
    return conn.execute(wanted.where(columns.account == name)).first()


def _account(institution: str, user: str) -> str:
    return _half(f"{institution}\x00{user}")


def _place(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def _half(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
