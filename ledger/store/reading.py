"""Questions to the ledger's tables, each answered inside the caller's transaction."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ledger.heads import BLOCK, Subject, split_block
from ledger.merkle import NodeReader
from ledger.record import Place, Record
from ledger.store import tables as t
from ledger.store.prepared import Prepared

_CHUNK = 500
_ENDING_COLUMNS = (
    t.ledger.c.id,
    t.ledger.c.genesis,
    t.ledger.c.size,
    t.ledger.c.time,
    t.ledger.c.subjects,
    t.ledger.c.root,
)
_ENDING = Prepared(sa.select(*_ENDING_COLUMNS))
_STATE = Prepared(sa.select(t.state.c.document).where(t.state.c.key == sa.bindparam("key")))
_SUBJECT_COLUMNS = (
    t.subjects.c.number,
    t.subjects.c.type,
    t.subjects.c.id,
    t.subjects.c.seq,
    t.subjects.c.head,
)
_SUBJECT = Prepared(sa.select(*_SUBJECT_COLUMNS).where(t.subjects.c.id == sa.bindparam("id")))
_BLOCK = Prepared(sa.select(t.head_blocks.c.leaves).where(t.head_blocks.c.block == sa.bindparam("block")))
_NODE = Prepared(sa.select(t.log_nodes.c.hash).where(t.log_nodes.c.place == sa.bindparam("place")))
_ENTRY = Prepared(sa.select(t.records.c.index).where(t.records.c.entry_id == sa.bindparam("entry_id")))
_TIME = Prepared(sa.select(t.records.c.time).where(t.records.c.index == sa.bindparam("index")))
_ENTRIES_AT_ONCE = 64
_ENTRIES = Prepared(
    sa.select(t.records.c.entry_id, t.records.c.index).where(
        t.records.c.entry_id.in_([sa.bindparam(f"e{n}") for n in range(_ENTRIES_AT_ONCE)])
    )
)
_RECORD_COLUMNS = (
    t.records.c.index,
    t.records.c.time,
    t.records.c.number,
    t.records.c.seq,
    t.records.c.prev,
    t.records.c.entry,
    t.records.c.heads,
)

_PLACES = Prepared(
    sa.select(
        t.records.c.index,
        t.records.c.time,
        t.records.c.number,
        t.records.c.seq,
        t.records.c.entry_id,
        t.subjects.c.id,
        t.subjects.c.type,
    )
    .join(t.subjects, t.subjects.c.number == t.records.c.number)
    .where(t.records.c.index >= sa.bindparam("first"))
    .order_by(t.records.c.index)
    .limit(sa.bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Ending:
    """The row that says where the ledger ends."""

    id: str
    genesis: bytes
    size: int
    time: int
    subjects: int
    root: bytes


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record with the heads root after it."""

    record: Record
    heads: bytes


def node_place(level: int, k: int) -> int:
    """The in-order number of node(level, k)."""
    return ((2 * k + 1) << level) - 1


def read_ending(connection: sa.Connection) -> Ending | None:
    """Where the ledger ends; None for a file in which none began. The first read of a snapshot."""
    row = _ENDING.first(connection)
    return None if row is None else Ending(*row)


def read_state(connection: sa.Connection, key: str) -> str | None:
    """A state document's JSON text."""
    if "\x00" in key:  # a stranger may name anything; PostgreSQL takes no NUL in a text, and no key has one
        return None
    row = _STATE.first(connection, key=key)
    return None if row is None else row[0]


def read_subject(connection: sa.Connection, subject_id: str) -> Subject | None:
    """The subject with this id (hex)."""
    row = _SUBJECT.first(connection, id=bytes.fromhex(subject_id))
    return None if row is None else Subject(row[0], row[1], row[2].hex(), row[3], row[4])


def read_block(connection: sa.Connection, block: int) -> list[bytes]:
    """The head leaf hashes of one block; none for a block that has not begun."""
    row = _BLOCK.first(connection, block=block)
    return [] if row is None else split_block(row[0])


def read_block_roots(connection: sa.Connection) -> list[bytes]:
    """The roots of all head blocks, in order."""
    return list(connection.execute(sa.select(t.head_blocks.c.root).order_by(t.head_blocks.c.block)).scalars())


def read_changed_blocks(connection: sa.Connection, size: int) -> list[tuple[int, bytes]]:
    """(number, root) of the head blocks that the records from index `size` on changed, in order."""
    rows = connection.execute(sa.select(t.records.c.number).where(t.records.c.index >= size)).scalars()
    blocks = sorted({number // BLOCK for number in rows})
    found: list[tuple[int, bytes]] = []
    for start in range(0, len(blocks), _CHUNK):
        wanted = t.head_blocks.c.block.in_(blocks[start : start + _CHUNK])
        query = sa.select(t.head_blocks.c.block, t.head_blocks.c.root).where(wanted)
        found.extend((row[0], row[1]) for row in connection.execute(query.order_by(t.head_blocks.c.block)))
    return found


def read_node(connection: sa.Connection, level: int, k: int) -> bytes:
    """node(level, k) of the log. Raises LookupError when it is not there."""
    row = _NODE.first(connection, place=node_place(level, k))
    if row is None:
        raise LookupError("a node of the log is missing")
    found: bytes = row[0]
    return found


def node_cache(connection: sa.Connection, places: Iterable[tuple[int, int]]) -> NodeReader:
    """A reader of log nodes that fetches the named ones at once, and others as they are asked for."""
    wanted = sorted({node_place(level, k) for level, k in places})
    found: dict[int, bytes] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(t.log_nodes.c.place, t.log_nodes.c.hash).where(
            t.log_nodes.c.place.in_(wanted[start : start + _CHUNK])
        )
        found.update((row[0], row[1]) for row in connection.execute(query))

    def read(level: int, k: int) -> bytes:
        place = node_place(level, k)
        if place not in found:
            found[place] = read_node(connection, level, k)
        return found[place]

    return read


def read_record(connection: sa.Connection, index: int) -> StoredRecord | None:
    """Record `index`."""
    query = sa.select(*_RECORD_COLUMNS).where(t.records.c.index == sa.bindparam("wanted"))
    row = connection.execute(query, {"wanted": index}).one_or_none()
    return None if row is None else StoredRecord(Record(*row[:6]), row[6])


def read_records(connection: sa.Connection, first: int, limit: int) -> Iterator[StoredRecord]:
    """Up to `limit` records from index `first` on."""
    query = (
        sa.select(*_RECORD_COLUMNS).where(t.records.c.index >= first).order_by(t.records.c.index).limit(limit)
    )
    for row in connection.execute(query):
        yield StoredRecord(Record(*row[:6]), row[6])


def read_places(connection: sa.Connection, first: int, limit: int) -> list[tuple[Place, bytes, bytes, int]]:
    """(place, entry id, subject's id and type) of up to `limit` records from index `first` on."""
    return [(row[:4], *row[4:]) for row in _PLACES.all(connection, first=first, limit=limit)]


def read_size_before(connection: sa.Connection, size: int, time: int) -> int:
    """How many of the first `size` records have a time before this one (ms UTC)."""
    return bisect_left(range(size), time, key=lambda index: _time_of(connection, index))


def _time_of(connection: sa.Connection, index: int) -> int:
    row = _TIME.first(connection, index=index)
    if row is None:
        raise LookupError("a record of the log is missing")
    found: int = row[0]
    return found


def read_chain(connection: sa.Connection, number: int, from_seq: int) -> list[StoredRecord]:
    """A subject's own records from `from_seq` on; record 0 counts as the first subject's alone."""
    query = (
        sa.select(*_RECORD_COLUMNS)
        .where(t.records.c.number == number, t.records.c.seq >= from_seq)
        .order_by(t.records.c.seq)
    )
    return [StoredRecord(Record(*row[:6]), row[6]) for row in connection.execute(query)]


def read_entry_indices(connection: sa.Connection, entry_ids: Sequence[str]) -> dict[str, int]:
    """The record index of each of these entries (hex ids) that is on the ledger."""
    if len(entry_ids) == 1:
        row = _ENTRY.first(connection, entry_id=bytes.fromhex(entry_ids[0]))
        return {} if row is None else {entry_ids[0]: row[0]}
    found: dict[str, int] = {}
    for start in range(0, len(entry_ids), _ENTRIES_AT_ONCE):
        wanted = [bytes.fromhex(entry_id) for entry_id in entry_ids[start : start + _ENTRIES_AT_ONCE]]
        wanted += wanted[-1:] * (_ENTRIES_AT_ONCE - len(wanted))  # asked for twice is found once
        values = {f"e{n}": entry_id for n, entry_id in enumerate(wanted)}
        found.update((row[0].hex(), row[1]) for row in _ENTRIES.all(connection, **values))
    return found
