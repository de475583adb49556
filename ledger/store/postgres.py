"""PostgreSQL 15 or later as a store, and the only door to its driver (psycopg 3): how its sessions are.

Ledger and gateway have a schema each. The database must compare text by its bytes
(LOCALE C), as SQLite does: order and uniqueness then never change with a library of the machine. Lengths of
VARCHAR are left out, as SQLite does not know them either: bounds are the program's. Behind a pooler that
shares sessions (pgbouncer in transaction mode) the guards below would mean nothing; the address must be the
server's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.dialects.postgresql.base import PGTypeCompiler

from ledger.errors import Fatal, Unavailable
from ledger.store.place import Postgres
from ledger.store.prepared import as_sqlalchemy, driver_of

OLDEST = 150000  # as PostgreSQL counts: 15.0
CONNECT_S = 10
BUSY_MS = 10_000  # how long a statement waits for another's lock
DURABLE = ("on", "remote_apply")


def connect(place: Postgres, schema: str, *, writes: bool) -> psycopg.Connection:
    """A session of its own in `schema`; one that only reads sees one snapshot in each transaction.

    One that writes acknowledges no COMMIT before it is on the server's disk, whatever the server's settings.
    """
    given = str(conninfo_to_dict(place.conninfo).get("options") or "")
    options = f"{given} -c search_path={schema} -c lock_timeout={BUSY_MS}".strip()
    session = psycopg.connect(
        make_conninfo(
            place.conninfo, options=options, connect_timeout=CONNECT_S, application_name=f"yaoshi {schema}"
        )
    )
    if writes:
        (kept,) = session.execute("SHOW synchronous_commit").fetchone() or ("",)
        if kept not in DURABLE:
            session.execute("SET synchronous_commit = on")
        session.commit()
    else:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.read_only = True
    return session


def engine(
    make: Callable[[], psycopg.Connection], connections: int, wait_s: int, *, renew: bool
) -> sa.Engine:
    """An engine over sessions that `make` makes; with `renew`, one that was lost is replaced unnoticed."""
    made = sa.create_engine(
        "postgresql+psycopg://",
        creator=make,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=wait_s,
        pool_pre_ping=renew,
    )
    made.dialect.type_compiler_instance = made.dialect.type_compiler = _Unbounded(made.dialect)
    return made


def check_conninfo(text: str) -> None:
    """Raises ValueError for what libpq does not understand, and for a password."""
    try:
        given = conninfo_to_dict(text)
    except psycopg.Error:
        raise ValueError(
            "must be a libpq address such as postgresql://yaoshi@/yaoshi?host=/run/postgresql"
        ) from None
    if {"password", "sslpassword"} & given.keys():
        raise ValueError(
            "must not hold a password: put it into libpq's passfile (~/.pgpass, readable by its owner "
            "alone), or let the server know the user by peer or certificate"
        )


def prepare(place: Postgres, schema: str) -> None:
    """See that the database is fit and the schema there. Raises Unavailable or Fatal(database-unfit)."""
    with _visit(place) as session:
        unfit = _unfitness(session)
        if unfit is not None:
            raise Fatal("database-unfit", unfit)
        if not _has_schema(session, schema):
            session.execute(f"CREATE SCHEMA {schema}")


def has_schema(place: Postgres, schema: str) -> bool:
    """Whether the schema is there, empty or not. Raises Unavailable(storage-failed)."""
    with _visit(place) as session:
        return _has_schema(session, schema)


def rename_ledger(place: Postgres, name: str) -> str | None:
    """Give the ledger's schema another name while nobody writes; None when there is none.

    Raises Unavailable(ledger-locked, storage-failed).
    """
    with _visit(place) as session:
        if not _has_schema(session, PostgresSchema.SCHEMA):
            return None
        (held,) = session.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [PostgresSchema.GUARD]
        ).fetchone() or (False,)
        if not held:
            raise Unavailable("ledger-locked", "another process writes this ledger")
        session.execute(sql.SQL("ALTER SCHEMA ledger RENAME TO {}").format(sql.Identifier(name)))
    return name


@contextmanager
def unwritten(place: Postgres) -> Iterator[None]:
    """While this lasts nobody writes the ledger. Raises Unavailable(ledger-locked, storage-failed)."""
    with _visit(place) as session:
        (held,) = session.execute("SELECT pg_try_advisory_lock(%s)", [PostgresSchema.GUARD]).fetchone() or (
            False,
        )
        session.commit()
        if not held:
            raise Unavailable("ledger-locked", "another process writes this ledger")
        yield


def rename_schemas(place: Postgres, names: Sequence[tuple[str, str]]) -> None:
    """Give schemas other names, one after another, all or none. Raises Unavailable(storage-failed)."""
    with _visit(place) as session:
        for before, after in names:
            words = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
            session.execute(words.format(sql.Identifier(before), sql.Identifier(after)))


def drop_schema(place: Postgres, name: str) -> None:
    """Delete the schema and all that is in it, if it is there. Raises Unavailable(storage-failed)."""
    with _visit(place) as session:
        session.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def schema_bytes(place: Postgres, name: str) -> int:
    """How much its tables hold on the server's disk. Raises Unavailable(storage-failed)."""
    with _visit(place) as session:
        (found,) = session.execute(
            "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s)",
            [name],
        ).fetchone() or (0,)
    return int(found)


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add whole rows by binary COPY, inside the connection's transaction. Raises as SQLAlchemy does."""
    dialect: Any = connection.dialect
    names = [column.name for column in table.columns]
    types = [dialect.type_compiler_instance.process(column.type).lower() for column in table.columns]
    quote = dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN (FORMAT BINARY)"
    driver = driver_of(connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row([row[name] for name in names])
    except psycopg.Error as error:
        raise as_sqlalchemy(connection, statement, error) from error


def set_counters(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """After `copy_rows`: let the numbers that the server gives go on behind those that are there."""
    driver = driver_of(connection)
    for table in tables:
        column = table.autoincrement_column
        if column is None:
            continue
        (counter,) = driver.execute(
            "SELECT pg_get_serial_sequence(%s, %s)", [table.name, column.name]
        ).fetchone()
        if counter is not None:
            words = sql.SQL("SELECT setval(%s, max({})) FROM {} HAVING max({}) IS NOT NULL")
            names = sql.Identifier(column.name), sql.Identifier(table.name), sql.Identifier(column.name)
            driver.execute(words.format(*names), [counter])


class PostgresSchema:
    """The ledger's schema; whoever writes holds a lock of the server in the session that writes.

    The lock ends with its session, and no other session of this process writes: what was not guarded was not
    written. A session that is lost is replaced, but not unnoticed (`check`): in between another process may
    have written, so the writer must read again where the ledger ends.
    """

    SCHEMA = "ledger"
    GUARD = 0x79616F736869  # the number of the lock within the database
    READERS = 32

    def __init__(self, place: Postgres, *, write: bool) -> None:
        self._place = place
        self._session: object = None
        if write:
            prepare(place, self.SCHEMA)
        elif not has_schema(place, self.SCHEMA):
            raise Unavailable("ledger-missing", "the database holds no ledger")

    def writer(self) -> sa.Engine:
        """The one session that writes. Raises Unavailable(ledger-locked) when it is first used."""
        return engine(self._guarded, 1, BUSY_MS // 1000, renew=False)

    def readers(self) -> sa.Engine:
        """Sessions that can only read, each transaction one snapshot."""
        return engine(
            lambda: connect(self._place, self.SCHEMA, writes=False),
            self.READERS,
            BUSY_MS // 1000,
            renew=True,
        )

    def prepare(self, connection: sa.Connection, *, synced: bool) -> None:
        """Nothing to prepare: every COMMIT waits for the disk."""

    def check(self, connection: sa.Connection) -> None:
        """Raises Unavailable(storage-failed) once after the writer's session was replaced."""
        before, self._session = self._session, connection.connection.driver_connection
        if before is not None and before is not self._session:
            raise Unavailable("storage-failed", "the session with the database was lost")

    def release(self) -> None:
        """Nothing to let go: the lock ended with its session."""

    def _guarded(self) -> psycopg.Connection:
        session = connect(self._place, self.SCHEMA, writes=True)
        (held,) = session.execute("SELECT pg_try_advisory_lock(%s)", [self.GUARD]).fetchone() or (False,)
        session.commit()
        if not held:
            session.close()
            raise Unavailable("ledger-locked", "another process writes this ledger")
        return session


class _Unbounded(PGTypeCompiler):
    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "TEXT"


@contextmanager
def _visit(place: Postgres) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(place.conninfo, connect_timeout=CONNECT_S) as session:
            yield session
    except psycopg.Error as error:
        raise Unavailable("storage-failed", f"PostgreSQL: {str(error).strip()}") from error


def _unfitness(session: psycopg.Connection) -> str | None:
    if session.info.server_version < OLDEST:
        return "PostgreSQL 15 or later is needed"
    provider, collate, encoding = session.execute(
        "SELECT datlocprovider::text, datcollate, pg_encoding_to_char(encoding)"
        " FROM pg_database WHERE datname = current_database()"
    ).fetchone() or ("", "", "")
    if (provider, encoding) != ("c", "UTF8") or collate not in ("C", "POSIX"):
        return "make the database with: createdb --template=template0 --encoding=UTF8 --locale=C"
    return None


def _has_schema(session: psycopg.Connection, schema: str) -> bool:
    (found,) = session.execute("SELECT to_regnamespace(%s) IS NOT NULL", [schema]).fetchone() or (False,)
    return bool(found)
