"""Opens the gateway's database so that what was answered is on disk, and two writers wait for each other.

SQLite in WAL mode with synchronous=FULL: an opening that was saved before its ledger entry must survive a
power cut, or the entry could never be explained again. `db.connect()` reads one snapshot (BEGIN);
`db.begin()` writes (BEGIN IMMEDIATE), so that "look, then change" cannot race with another thread. There is
one connection to write with: threads queue for it, where SQLite would let each sleep and try again.

PostgreSQL keeps the same promises (ADR 0010): `db.connect()` is REPEATABLE READ READ ONLY, and `db.begin()`
first takes one lock of the server that lasts until the transaction ends. So writers stand in one line there,
too, and no transaction is ever turned back half way to be tried again.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Engine, create_engine, event

from gateway.store.migrate import upgrade
from ledger.store.place import Place, Postgres

BUSY_MS = 10_000  # for another process, such as a command beside the node
WAIT_S = 30
THREADS = 48  # above the server's 32: nobody waits for a connection
SCHEMA = "gateway"
WRITERS_LOCK = 0x67617465776179  # its number within the PostgreSQL database


def connect_database(place: Place) -> Engine:
    """An engine over the file, made with owner-only rights, or over the schema; no table is created.

    Raises Unavailable(storage-failed) and Fatal(database-unfit) for a PostgreSQL that cannot be used.
    """
    engine, writer = _postgres(place) if isinstance(place, Postgres) else _sqlite(place)
    # An engine's begin() is the write path here, connect() the read path; see the module's first lines.
    engine.begin = writer.begin  # type: ignore[method-assign]
    dispose = engine.dispose

    def dispose_both() -> None:
        dispose()
        writer.dispose()

    engine.dispose = dispose_both  # type: ignore[method-assign, assignment]
    return engine


def open_database(place: Place | str) -> Engine:
    """The database at `place`, brought to this release's tables."""
    engine = connect_database(Path(place) if isinstance(place, str) else place)
    upgrade(engine)
    return engine


def _sqlite(path: Path) -> tuple[Engine, Engine]:
    if not path.exists():
        path.touch(mode=0o600)
    return _sqlite_engine(path, "BEGIN", THREADS), _sqlite_engine(path, "BEGIN IMMEDIATE", 1)


def _sqlite_engine(path: Path, begin: str, connections: int) -> Engine:
    engine = create_engine(f"sqlite:///{path}", pool_size=connections, max_overflow=0, pool_timeout=WAIT_S)
    event.listen(engine, "connect", _prepare)
    _begin_with(engine, begin)
    return engine


def _prepare(raw: SqliteConnection, _record: object) -> None:
    raw.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        raw.execute(f"PRAGMA {pragma}")


def _postgres(place: Postgres) -> tuple[Engine, Engine]:
    from ledger.store import postgres  # a fifth of a second that SQLite does not need

    postgres.prepare(place, SCHEMA)
    readers = postgres.engine(
        lambda: postgres.connect(place, SCHEMA, writes=False), THREADS, WAIT_S, renew=True
    )
    writer = postgres.engine(lambda: postgres.connect(place, SCHEMA, writes=True), 1, WAIT_S, renew=True)
    # READ COMMITTED: what is looked at after the lock is what the writer before has committed.
    _begin_with(writer, f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
    return readers, writer


def _begin_with(engine: Engine, statement: str) -> None:
    # Not a listener of "begin": with one, every statement asks for listeners, which doubles its cost.
    def do_begin(connection: Any) -> None:
        connection.driver_connection.execute(statement)

    engine.dialect.do_begin = do_begin  # type: ignore[method-assign, assignment]
