"""Copies what lies in PostgreSQL into an SQLite file of the same tables, as it stood at one moment, and back.

Ledger and gateway have one description of their tables for both kinds of database, so a backup is the same
file whichever it came from, is checked the same way, and can be put back into either. No program of the
server's is needed, and its version does not matter; the node's own setting is all that is used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.store import tables
from gateway.store.database import SCHEMA, WAIT_S
from gateway.store.metadata import metadata
from gateway.store.migrate import config
from ledger.store.database import migrations
from ledger.store.place import Postgres
from ledger.store.tables import metadata as ledger_metadata

if TYPE_CHECKING:
    from alembic.config import Config

ROWS = 2_000  # at a time
Progress = Callable[[int, int], None]


class LaterTablesError(RuntimeError):
    """The tables in the database are of a later release than this one."""


@dataclass(frozen=True)
class Kind:
    """The ledger's tables or the gateway's: schema, tables, and what names and makes a revision of them."""

    schema: str
    tables: sa.MetaData
    version: str
    config: Callable[[sa.Connection], Config]

    def make(self, engine: sa.Engine, revision: str = "head") -> None:
        """The empty tables of a revision."""
        from alembic import command  # as in gateway.store.migrate: only when it is needed
        from alembic.util import CommandError

        with engine.connect() as connection:
            try:
                command.upgrade(self.config(connection), revision)
            except CommandError:
                raise LaterTablesError from None
            connection.commit()


def ledger_kind() -> Kind:
    """The ledger's tables."""
    return Kind("ledger", ledger_metadata, "ledger_version", migrations)


def gateway_kind() -> Kind:
    """The gateway's tables, of all its areas."""
    tables.load()
    return Kind(SCHEMA, metadata, "alembic_version", config)


class PinnedSchema:
    """A schema at one moment; `copy` writes that moment. As `gateway.store.snapshot.Pinned`."""

    def __init__(self, source: sa.Connection, kind: Kind) -> None:
        self._source, self._kind = source, kind

    def copy(self, target: Path, progress: Progress) -> None:
        """Write the tables to `target`, which must not exist. Raises LaterTablesError."""
        target.touch(mode=0o600, exist_ok=False)
        found = sa.MetaData()  # as the revision has them that wrote them, not as this release
        with _file(target) as engine:
            self._kind.make(engine, self.version(self._kind.version) or "head")
            found.reflect(engine)
        wanted = [table for table in found.sorted_tables if table.name != self._kind.version]
        total = sum(_count(self._source, table) for table in wanted)
        done = 0
        with closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # a copy that is cut off is thrown away whole
            for table in wanted:
                for rows in _rows(self._source, table).partitions(ROWS):
                    copy.executemany(_insertion(table), map(tuple, rows))
                    done += len(rows)
                    progress(done, total)
            copy.commit()

    def version(self, table: str) -> str | None:
        """The one value of a table in which Alembic keeps the database's version."""
        found = self._source.exec_driver_sql(f"SELECT version_num FROM {table}").scalar()  # noqa: S608 - our own names
        return None if found is None else str(found)


@contextmanager
def pinned_schema(place: Postgres, kind: Kind, schema: str) -> Iterator[PinnedSchema]:
    """The tables in `schema` as they are when this begins. Raises sqlalchemy.exc.SQLAlchemyError."""
    from ledger.store import postgres  # a fifth of a second that SQLite does not need

    readers = postgres.engine(lambda: postgres.connect(place, schema, writes=False), 1, WAIT_S, renew=False)
    try:
        with readers.connect() as source:
            source.exec_driver_sql(f"SELECT 1 FROM {kind.version}")  # noqa: S608 - REPEATABLE READ begins with the first
            yield PinnedSchema(source, kind)
    finally:
        readers.dispose()


def fill_schema(place: Postgres, kind: Kind, schema: str, file: Path, progress: Progress) -> None:
    """Make `schema` anew with what a file of this release holds. Raises SQLAlchemyError, LedgerError."""
    from ledger.store import postgres

    postgres.drop_schema(place, schema)
    postgres.prepare(place, schema)
    writer = postgres.engine(lambda: postgres.connect(place, schema, writes=True), 1, WAIT_S, renew=False)
    try:
        kind.make(writer)
        with _file(file) as engine, engine.connect() as source, writer.begin() as target:
            wanted = list(kind.tables.sorted_tables)
            total = sum(_count(source, table) for table in wanted)
            done = 0
            for table in wanted:
                postgres.copy_rows(target, table, _mappings(source, table))
                done += _count(target, table)
                progress(done, total)
            if done != total:
                raise RuntimeError(f"{done} rows arrived of {total}")
            postgres.set_counters(target, wanted)
    finally:
        writer.dispose()


def _rows(source: sa.Connection, table: sa.Table) -> sa.CursorResult[Any]:
    return source.execute(sa.select(table), execution_options={"yield_per": ROWS})


def _mappings(source: sa.Connection, table: sa.Table) -> Iterator[Mapping[str, Any]]:
    for row in _rows(source, table):
        yield row._mapping


def _count(source: sa.Connection, table: sa.Table) -> int:
    return int(source.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def _insertion(table: sa.Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" for _ in table.columns)})'  # noqa: S608


@contextmanager
def _file(path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()
