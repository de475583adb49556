"""Opens gateway.db so that what was answered is on disk, and two writers wait for each other.

SQLite in WAL mode with synchronous=FULL: an opening that was saved before its ledger entry must survive a
power cut, or the entry could never be explained again. `db.connect()` reads one snapshot (BEGIN);
`db.begin()` writes (BEGIN IMMEDIATE), so that "look, then change" cannot race with another thread. There is
one connection to write with: threads queue for it, where SQLite would let each sleep and try again.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Engine, create_engine, event

from gateway.store.migrate import upgrade

BUSY_MS = 10_000  # for another process, such as a command beside the node
WAIT_S = 30
THREADS = 48  # above the server's 32: nobody waits for a connection


def connect_database(path: Path) -> Engine:
    """An engine over the file, made with owner-only rights; no table is created."""
    if not path.exists():
        path.touch(mode=0o600)
    engine = _engine(path, "BEGIN", THREADS)
    writer = _engine(path, "BEGIN IMMEDIATE", 1)
    # An engine's begin() is the write path here, connect() the read path; see the module's first lines.
    engine.begin = writer.begin  # type: ignore[method-assign]
    dispose = engine.dispose

    def dispose_both() -> None:
        dispose()
        writer.dispose()

    engine.dispose = dispose_both  # type: ignore[method-assign, assignment]
    return engine


def open_database(path: Path | str) -> Engine:
    """The database at `path`, brought to this release's tables."""
    engine = connect_database(Path(path))
    upgrade(engine)
    return engine


def _engine(path: Path, begin: str, connections: int) -> Engine:
    engine = create_engine(f"sqlite:///{path}", pool_size=connections, max_overflow=0, pool_timeout=WAIT_S)
    event.listen(engine, "connect", _prepare)

    # Not a listener of "begin": with one, every statement asks for listeners, which doubles its cost.
    def do_begin(connection: Any) -> None:
        connection.driver_connection.execute(begin)

    engine.dialect.do_begin = do_begin  # type: ignore[method-assign, assignment]
    return engine


def _prepare(raw: SqliteConnection, _record: object) -> None:
    raw.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        raw.execute(f"PRAGMA {pragma}")
