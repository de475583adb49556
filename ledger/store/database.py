"""Opening the ledger's file: durable settings, migrations, and a lock so that only one process writes.

SQLite in WAL mode with synchronous=FULL: what a COMMIT acknowledged survives loss of power. Transactions
begin explicitly, so that a reader's first statement fixes its snapshot and the writer holds the write
lock from the start. Every error of the database leaves this package as Unavailable or Fatal
(`_translated`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event, exc

from ledger.errors import Fatal, Unavailable

Connection = sa.Connection
LATEST_REVISION = "0002"
_BUSY_MS = 10_000
_READERS = 32


class Lock:
    """An exclusive lock on `<file>.lock`, held as long as the process lives or until `release`.

    The file names the process, and its time of change is when the lock was taken.
    """

    def __init__(self, path: Path) -> None:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(handle, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Unavailable("ledger-locked", "another process writes this ledger") from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another process write; releasing twice is harmless."""
        self._file.close()


class Store:
    """One ledger file; with `write`, locked and brought to the latest revision.

    Raises Unavailable(ledger-locked, ledger-missing, schema-older) or Fatal(schema-newer, file-damaged).
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        self._lock = Lock(path) if write else None
        self._writer = _writer_engine(path) if write else None
        try:
            if self._writer is not None:
                if not path.exists():
                    path.touch(mode=0o600)  # SQLite gives its files beside it the same mode
                _migrate(self._writer)
            elif not path.is_file():
                raise Unavailable("ledger-missing", "there is no ledger file")
            self._readers = _reader_engine(path)
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
    def transaction(self) -> Iterator[Connection]:
        """The writer's connection; committed, durably, when the block ends well."""
        if self._writer is None:
            raise RuntimeError("the ledger is open for reading only")
        with _translated(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file and, last, of the lock."""
        for engine in (getattr(self, "_readers", None), self._writer):
            if engine is not None:
                engine.dispose()
        if self._lock is not None:
            self._lock.release()


def _writer_engine(path: Path) -> sa.Engine:
    """One connection that may write; its transactions take the write lock when they begin."""
    engine = sa.create_engine(
        f"sqlite:///{path}", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
    )
    _configure(engine, "BEGIN IMMEDIATE", ("journal_mode=WAL", "synchronous=FULL"))
    return engine


def _reader_engine(path: Path) -> sa.Engine:
    """Connections that can only read, each transaction one snapshot."""
    engine = sa.create_engine(
        f"sqlite:///file:{path}?mode=rw&uri=true",
        poolclass=sa.QueuePool,
        pool_size=_READERS,
        max_overflow=_READERS,
        pool_timeout=10,
        connect_args={"check_same_thread": False},
    )
    _configure(engine, "BEGIN", ("query_only=ON",))
    return engine


def _configure(engine: sa.Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={_BUSY_MS}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    # Not a listener of "begin": with one, every statement asks for listeners, which doubles its cost.
    def do_begin(connection: Any) -> None:
        connection.driver_connection.execute(begin)

    engine.dialect.do_begin = do_begin  # type: ignore[method-assign, assignment]


def _migrate(engine: sa.Engine) -> None:
    """Bring the file to the latest revision; one of a later release is left as it is."""
    with _translated(), engine.connect() as connection:
        found = _revision_of(connection)
        if found is not None and found >= LATEST_REVISION:
            return
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _revision_of(connection: sa.Connection) -> str | None:
    """The revision of the file's tables, None when it has none."""
    if not sa.inspect(connection).has_table("ledger_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM ledger_version").scalar()
    return None if found is None else str(found)


def _check_revision(found: str | None) -> None:
    if found is None or found < LATEST_REVISION:
        raise Unavailable("schema-older", "the ledger file waits for a start of this release to bring it up")
    if found > LATEST_REVISION:
        raise Fatal("schema-newer", "the ledger file was written by a later release")


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
    code = getattr(error.orig, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        return Unavailable("disk-full", "the disk is full; nothing was written")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unavailable("ledger-busy", "the ledger file is in use")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Fatal("file-damaged", "the ledger file is damaged")
    return Unavailable("storage-failed", "the ledger file could not be read or written")
