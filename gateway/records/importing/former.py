"""Remembers which contents were replaced, so that an older file that is imported again changes nothing back.

Without it, two files that hold two versions of one record would replace each other at every import. A sender
who takes a correction back says so by a later meta.lastUpdated.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from gateway.records.tables import record_former


def was_replaced(conn: Connection, institution: str, source_hash: str) -> bool:
    """Whether this content was stored once and is not what stands there now."""
    query = select(record_former.c.source_hash).where(*_here(institution, source_hash))
    return conn.execute(query).first() is not None


def note_replaced(conn: Connection, institution: str, changes: Iterable[tuple[str, str]]) -> None:
    """Notes changes as (old hash, new hash)."""
    for old, new in changes:
        for each in (old, new):
            conn.execute(delete(record_former).where(*_here(institution, each)))
        conn.execute(insert(record_former).values(institution=institution, source_hash=old))


def _here(institution: str, source_hash: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return record_former.c.institution == institution, record_former.c.source_hash == source_hash
