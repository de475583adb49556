"""The ledger in one SQLite file: durable settings, snapshots, and a lock so that only one process writes.

WAL mode with synchronous=FULL: what a COMMIT acknowledged survives loss of power. Transactions begin
explicitly, so that a reader's first statement fixes its snapshot and the writer holds the write lock from
the start.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from ledger.errors import Unavailable

BUSY_MS = 10_000
READERS = 32


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


class SqliteFile:
    """The file and its lock; see `ledger.store.database.Database`."""

    def __init__(self, path: Path, *, write: bool) -> None:
        self._path = path
        self._lock = Lock(path) if write else None
        self._synced = True
        if write and not path.exists():
            path.touch(mode=0o600)  # SQLite gives its files beside it the same mode
        elif not path.is_file():
            raise Unavailable("ledger-missing", "there is no ledger file")

    def writer(self) -> sa.Engine:
        """One connection that may write; its transactions take the write lock when they begin."""
        engine = sa.create_engine(
            f"sqlite:///{self._path}", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )
        _configure(engine, "BEGIN IMMEDIATE", ("journal_mode=WAL", "synchronous=FULL"))
        return engine

    def readers(self) -> sa.Engine:
        """Connections that can only read, each transaction one snapshot."""
        engine = sa.create_engine(
            f"sqlite:///file:{self._path}?mode=rw&uri=true",
            poolclass=sa.QueuePool,
            pool_size=READERS,
            max_overflow=READERS,
            pool_timeout=10,
            connect_args={"check_same_thread": False},
        )
        _configure(engine, "BEGIN", ("query_only=ON",))
        return engine

    def prepare(self, connection: sa.Connection, *, synced: bool) -> None:
        """In WAL mode NORMAL leaves the sync to the next COMMIT that wants one, and the file stays whole."""
        if synced != self._synced:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            self._synced = synced

    def check(self, connection: sa.Connection) -> None:
        """Nothing to check: the lock is the file's and held as long as the process lives."""

    def release(self) -> None:
        """Let another process write."""
        if self._lock is not None:
            self._lock.release()


def _configure(engine: sa.Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_MS}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    # Not a listener of "begin": with one, every statement asks for listeners, which doubles its cost.
    def do_begin(connection: Any) -> None:
        connection.driver_connection.execute(begin)

    engine.dialect.do_begin = do_begin  # type: ignore[method-assign, assignment]
