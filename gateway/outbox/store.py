"""Reads and writes what waits for the ledger.

Not here: when it is handed in (outbox.delivery). Invariants: what waits about one link keeps its order; the
number of what waits is bounded, for all and for each link (emergencies apart from the rest), so that nobody
can fill it for others; but for what ends something, of which the rules allow one for each grant and
emergency: it always finds room.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from gateway.outbox.tables import outbox_entry as table
from ledger.entry import Entry, parse_entry
from ledger.errors import Refusal, Unavailable
from ledger.store.prepared import Prepared, insert_into

MOST = 20_000
MOST_OF_A_LINK = 500
# What one grant or glass is ended by.
ENDS = {"grant.revoke": "grant", "glass.closed": "glass"}
_NAMES = {**ENDS, "disclosure.made": "under"}
# However often a chart was looked at, an emergency finds room.
_URGENT = ("glass.broken", "disclosure.made")

_WAITS = table.c.refused.is_(None)
_OF_SUBJECT = Prepared(
    select(table.c.entry).where(table.c.subject == bindparam("subject"), _WAITS).order_by(table.c.number)
)
_BY_ID = Prepared(select(table.c.entry).where(table.c.entry_id == bindparam("entry_id"), _WAITS))
_ABOUT = Prepared(
    select(table.c.entry).where(table.c.about == bindparam("about"), _WAITS).order_by(table.c.number)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One row: the entry as it was signed, and the refusal of a late recording, if there was one."""

    number: int
    institution: str
    entry: Entry
    tell: str | None
    refused: str | None


def keep(conn: Connection, entry: Entry, institution: str, now: int, tell: str | None = None) -> bool:
    """Store an entry durably; False when it waits already. Raises Unavailable(outbox-full)."""
    if conn.execute(select(table.c.number).where(table.c.entry_id == entry.id)).first() is not None:
        return False
    alike = table.c.kind.in_(_URGENT) if entry.kind in _URGENT else table.c.kind.not_in(_URGENT)
    mine = func.count().filter(table.c.subject == entry.subject, alike)
    everything, of_link = conn.execute(select(func.count(), mine).select_from(table).where(_WAITS)).one()
    if entry.kind not in ENDS and (everything >= MOST or of_link >= MOST_OF_A_LINK):
        raise full()
    row = {
        "entry_id": entry.id,
        "subject": entry.subject,
        "institution": institution,
        "kind": entry.kind,
        "about": about_of(entry),
        "entry": entry.text,
        "queued_at": now,
        "tell": tell,
    }
    conn.execute(insert_into(conn, table).values(row))
    return True


def waiting_of(conn: Connection, subject: str) -> list[Entry]:
    """What waits about one link, oldest first."""
    return [parse_entry(text) for (text,) in _OF_SUBJECT.all(conn, subject=subject)]


def about(conn: Connection, under: str) -> list[Entry]:
    """What waits that is this glass, is under it, or ends it or this grant, oldest first."""
    return [parse_entry(text) for (text,) in _ABOUT.all(conn, about=under)]


def find(conn: Connection, entry_id: str) -> Entry | None:
    """One entry that waits."""
    text = _BY_ID.first(conn, entry_id=entry_id)
    return None if text is None else parse_entry(text[0])


def refused_about(conn: Connection, under: str) -> bool:
    """Whether something about this grant or glass was refused in the end."""
    query = select(table.c.number).where(table.c.about == under, table.c.refused.is_not(None))
    return conn.execute(query.limit(1)).first() is not None


def full() -> Unavailable:
    """Nothing more can wait."""
    return Unavailable("outbox-full", "no further entry can wait for the ledger")


def about_of(entry: Entry) -> str | None:
    """The grant or glass that an entry is, is under, or ends."""
    if entry.kind == "glass.broken":
        return entry.id
    name = _NAMES.get(entry.kind)
    return entry.payload.get(name) if name is not None else None


def rows_of(conn: Connection, subject: str) -> list[Kept]:
    """All about one link, oldest first, with what was refused in the end."""
    return _kept(conn.execute(select(table).where(table.c.subject == subject).order_by(table.c.number)).all())


def first_of_each_link(conn: Connection, most: int) -> list[Kept]:
    """The oldest waiting entry of each link, oldest first."""
    first = select(func.min(table.c.number)).where(_WAITS).group_by(table.c.subject)
    query = select(table).where(table.c.number.in_(first)).order_by(table.c.number).limit(most)
    return _kept(conn.execute(query).all())


def to_tell(conn: Connection, most: int, but: Collection[str] = ()) -> list[Kept]:
    """Those of which another institution is still to be told, but for these institutions."""
    wanted = (table.c.tell.is_not(None), table.c.tell.not_in(but), _WAITS)
    return _kept(conn.execute(select(table).where(*wanted).order_by(table.c.number).limit(most)).all())


def told(conn: Connection, kept: Kept) -> None:
    """The institution elsewhere knows."""
    conn.execute(update(table).where(table.c.number == kept.number).values(tell=None))


def remove(conn: Connection, kept: Kept) -> None:
    """The entry is on the ledger."""
    conn.execute(delete(table).where(table.c.number == kept.number))


def refuse(conn: Connection, kept: Kept, refusal: Refusal, now: int) -> None:
    """The ledger refused it in the end: it is kept for people to see."""
    found = {"refused": refusal.code, "refused_at": now, "tell": None}
    conn.execute(update(table).where(table.c.number == kept.number).values(found))


def counts(conn: Connection) -> tuple[int, int]:
    """How many wait, and how many were refused in the end."""
    waiting = func.count().filter(_WAITS)
    everything, waits = conn.execute(select(func.count(), waiting).select_from(table)).one()
    return waits, everything - waits


def _kept(rows: Sequence[Row[tuple[object, ...]]]) -> list[Kept]:
    return [Kept(row.number, row.institution, parse_entry(row.entry), row.tell, row.refused) for row in rows]
