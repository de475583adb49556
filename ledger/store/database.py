"""Opening the ledger's database, SQLite's file or PostgreSQL's schema: migrations, snapshots, one writer.

What the two do differently lies in `ledger.store.sqlite` and `ledger.store.postgres`; both keep what a
COMMIT acknowledged, give each reader one snapshot and let one process write. Every error of the database
leaves this package as Unavailable or Fatal (`_translated`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa
from sqlalchemy import exc

from ledger.errors import Fatal, Unavailable
from ledger.store.place import Place, Postgres

if TYPE_CHECKING:
    from alembic.config import Config

Connection = sa.Connection
DatabaseError = exc.SQLAlchemyError  # as it is inside a transaction, before it is translated
LATEST_REVISION = "0002"

# PostgreSQL's SQLSTATEs (its manual, appendix A): of too many sessions, locks and transactions that collide.
_BUSY = ("53300", "55P03", "40001", "40P01")
_DAMAGED = ("XX001", "XX002")
_FULL = "53100"


class Database(Protocol):
    """What a database gives the store; made with a place and whether it is opened for writing."""

    def writer(self) -> sa.Engine:
        """The one connection that writes; every COMMIT that it acknowledges is durable."""

    def readers(self) -> sa.Engine:
        """Connections that can only read, each transaction one snapshot."""

    def prepare(self, connection: sa.Connection, *, synced: bool) -> None:
        """Before a transaction begins: whether its COMMIT must wait for the disk; a kind may always wait."""

    def check(self, connection: sa.Connection) -> None:
        """Raises Unavailable when writing on this connection would not be guarded as before."""

    def release(self) -> None:
        """Let another process write; releasing twice is harmless."""


class Store:
    """One ledger; with `write`, guarded against other writers and brought to the latest revision.

    Raises Unavailable(ledger-locked, ledger-missing, schema-older, storage-failed) or Fatal(schema-newer,
    file-damaged, database-unfit).
    """

    def __init__(self, place: Place, *, write: bool) -> None:
        self._database = _database(place, write=write)
        self._writer = self._database.writer() if write else None
        try:
            if self._writer is not None:
                _migrate(self._writer)
            self._readers = self._database.readers()
            with self.snapshot() as connection:
                _check_revision(_revision_of(connection))
        except BaseException:
            self.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger and cannot write."""
        with _translated(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[Connection]:
        """The writer's connection; committed, durably, when the block ends well.

        Without `synced` a loss of power may undo it, with all after it that was not synced either; nothing
        else is lost by that.
        """
        if self._writer is None:
            raise RuntimeError("the ledger is open for reading only")
        with _translated(), self._writer.connect() as connection:
            self._database.prepare(connection, synced=synced)
            with connection.begin():
                self._database.check(connection)
                yield connection

    def close(self) -> None:
        """Let go of the database and, last, of the lock."""
        for engine in (getattr(self, "_readers", None), self._writer):
            if engine is not None:
                engine.dispose()
        self._database.release()


def _database(place: Place, *, write: bool) -> Database:
    # Imported when asked for: PostgreSQL's driver is a fifth of a second that SQLite does not need.
    if isinstance(place, Postgres):
        from ledger.store.postgres import PostgresSchema

        return PostgresSchema(place, write=write)
    from ledger.store.sqlite import SqliteFile

    return SqliteFile(place, write=write)


def _migrate(engine: sa.Engine) -> None:
    """Bring the tables to the latest revision; those of a later release are left as they are."""
    with _translated(), engine.connect() as connection:
        found = _revision_of(connection)
        if found is not None and found >= LATEST_REVISION:
            return
        from alembic import command

        command.upgrade(migrations(connection), "head")
        connection.commit()


def migrations(connection: sa.Connection) -> Config:
    """Alembic's settings for the ledger's tables on this connection."""
    from alembic.config import Config  # half a second that a start without news does not need

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _revision_of(connection: sa.Connection) -> str | None:
    """The revision of the tables, None when there are none."""
    if not sa.inspect(connection).has_table("ledger_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM ledger_version").scalar()
    return None if found is None else str(found)


def _check_revision(found: str | None) -> None:
    if found is None or found < LATEST_REVISION:
        raise Unavailable("schema-older", "the ledger waits for a start of this release to bring it up")
    if found > LATEST_REVISION:
        raise Fatal("schema-newer", "the ledger was written by a later release")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the database's errors into the ledger's own.

    disk-full: nothing was written, and reading goes on. storage-failed: the outcome of a write is unknown.
    """
    try:
        yield
    except exc.TimeoutError:
        raise Unavailable("ledger-busy", "too many readers") from None
    except exc.DBAPIError as error:
        raise _translate(error) from error


def _translate(error: exc.DBAPIError) -> Unavailable | Fatal:
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""
    if code.startswith("SQLITE_FULL") or code == _FULL:
        return Unavailable("disk-full", "the disk is full; nothing was written")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or code in _BUSY:
        return Unavailable("ledger-busy", "the ledger is in use")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or code in _DAMAGED:
        return Fatal("file-damaged", "the ledger file is damaged")
    return Unavailable("storage-failed", "the ledger could not be read or written")
