"""Makes, finds, claims, extends and stops references; every change tells the screens that wait for it.

Not here: what an invitation or a question does when it is confirmed (gateway.links.confirm,
gateway.asks.accept). Invariants: a claim is one conditional update of one row, so of two phones one wins;
an unknown, expired, stopped or otherwise claimed reference gives None to a phone, without a difference
between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, update

from gateway.references.code import new_reference
from gateway.references.state import UNDECIDED, state_of
from gateway.references.tables import reference as table

if TYPE_CHECKING:
    from gateway.composition import Gateway

LIFE_MS = 600_000
LONGEST_MS = 3_600_000
KEPT_MS = 86_400_000


def make_reference(gw: Gateway, institution: str, kind: str, staff_id: str, **columns: Any) -> str:
    """A new reference ("invite" or "ask"), open for ten minutes; old ones are removed on the way."""
    now = gw.clock()
    name = columns.pop("reference", None) or new_reference(gw)
    row = {
        "reference": name,
        "institution": institution,
        "type": kind,
        "made_at": now,
        "expires_at": now + LIFE_MS,
        "last_at": now + LONGEST_MS,
        "staff_id": staff_id,
        **columns,
    }
    with gw.db.begin() as conn:
        conn.execute(delete(table).where(_forgotten(now)))
        conn.execute(insert(table).values(row))
    changed(gw, institution, name)
    return str(name)


def find_reference(gw: Gateway, institution: str, name: str) -> Any | None:
    """The row of a reference of this institution, whatever its state; None when there is none."""
    with gw.db.connect() as conn:
        return conn.execute(
            select(table).where(table.c.reference == name, table.c.institution == institution)
        ).first()


def claim(gw: Gateway, institution: str, name: str, key: str) -> Any | None:
    """Give the reference to the first key that comes; the row for its owner, None for everybody else."""
    now = gw.clock()
    free = and_(
        table.c.reference == name,
        table.c.institution == institution,
        table.c.claimed_key.is_(None),
        table.c.stopped_at.is_(None),
        table.c.expires_at > now,
    )
    with gw.db.begin() as conn:
        won = conn.execute(update(table).where(free).values(claimed_key=key, claimed_at=now)).rowcount == 1
    if won:
        changed(gw, institution, name)
    row = owned(gw, institution, name, key)
    return row if row is not None and state_of(row, now) not in ("stopped", "expired") else None


def owned(gw: Gateway, institution: str, name: str, key: str) -> Any | None:
    """The row of a reference that this key has claimed; it stays readable for a day after its end."""
    row = find_reference(gw, institution, name)
    if row is None or row.claimed_key != key or row.last_at + KEPT_MS < gw.clock():
        return None
    return row


def write(gw: Gateway, row: Any, only_if: Any = None, **columns: Any) -> bool:
    """Change one reference, if ``only_if`` still holds for its row; True when it was changed."""
    condition = table.c.reference == row.reference
    if only_if is not None:
        condition = and_(condition, only_if)
    with gw.db.begin() as conn:
        done = conn.execute(update(table).where(condition).values(columns)).rowcount == 1
    if done:
        changed(gw, row.institution, row.reference)
    return done


def stop(gw: Gateway, row: Any) -> bool:
    """End a reference that nobody has confirmed or accepted yet."""
    undecided = and_(
        table.c.stopped_at.is_(None), table.c.confirmed_at.is_(None), table.c.accepted_at.is_(None)
    )
    return write(gw, row, undecided, stopped_at=gw.clock())


def extend(gw: Gateway, row: Any) -> bool:
    """Ten more minutes, an hour at most in all; False when it has ended or cannot go on longer."""
    now = gw.clock()
    until = min(max(row.expires_at, now) + LIFE_MS, row.last_at)
    if state_of(row, now) not in UNDECIDED or until <= row.expires_at:
        return False
    return write(
        gw, row, and_(table.c.expires_at == row.expires_at, table.c.stopped_at.is_(None)), expires_at=until
    )


def changed(gw: Gateway, institution: str, name: str) -> None:
    """Wake the phone and the screens that show this reference."""
    gw.bus.publish(f"reference:{name}")
    gw.bus.publish(f"staff:{institution}")


def _forgotten(now: int) -> Any:
    """References whose end is a day ago; an accepted question lives on as a visit until its grants end."""
    return and_(
        table.c.last_at < now - KEPT_MS,
        or_(table.c.accepted_at.is_(None), table.c.ends_at < now - KEPT_MS),
    )
