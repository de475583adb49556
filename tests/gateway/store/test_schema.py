"""A copy of a PostgreSQL schema has the tables of the revision that wrote it, and all that is in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError

from gateway.store.database import open_database
from gateway.store.migrate import SCRIPTS, head
from gateway.store.schema import Kind, LaterTablesError, fill_schema, gateway_kind, ledger_kind, pinned_schema
from ledger.store import postgres as door
from ledger.store.database import LATEST_REVISION, Store
from ledger.store.place import Postgres

GATEWAY = sorted(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))
LEDGER = [f"{number:04d}" for number in range(1, int(LATEST_REVISION) + 1)]
REVISIONS = [(gateway_kind, one) for one in GATEWAY] + [(ledger_kind, one) for one in LEDGER]


def silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def make(place: Postgres, kind: Kind, revision: str) -> None:
    door.prepare(place, kind.schema)
    engine = door.engine(lambda: door.connect(place, kind.schema, writes=True), 1, 10, renew=False)
    kind.make(engine, revision)
    engine.dispose()


@pytest.mark.parametrize(("kind_of", "revision"), REVISIONS)
def test_the_tables_of_each_revision_are_copied_as_they_are(
    kind_of: Callable[[], Kind], revision: str, postgres: str, tmp_path: Path
) -> None:
    kind, place = kind_of(), Postgres(postgres)
    make(place, kind, revision)
    with pinned_schema(place, kind, kind.schema) as pinned:
        pinned.copy(tmp_path / "copy.db", silent)
        assert pinned.version(kind.version) == revision
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        found = {name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        stands = copy.execute(f"SELECT version_num FROM {kind.version}").fetchall()  # noqa: S608 - our own names
        assert stands == [(revision,)]
    with psycopg.connect(postgres) as session:
        wanted = session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [kind.schema]
        ).fetchall()
    assert found - {"sqlite_sequence"} == {name for (name,) in wanted}


def test_the_tables_of_a_later_release_are_left_alone(postgres: str, tmp_path: Path) -> None:
    kind, place = gateway_kind(), Postgres(postgres)
    make(place, kind, head() or "head")
    with psycopg.connect(postgres) as session:
        session.execute("UPDATE gateway.alembic_version SET version_num = '9999'")
    with pinned_schema(place, kind, kind.schema) as pinned, pytest.raises(LaterTablesError):
        pinned.copy(tmp_path / "copy.db", silent)


def test_numbers_that_the_server_gives_go_on_behind_those_that_came(postgres: str, tmp_path: Path) -> None:
    kind, place, file = gateway_kind(), Postgres(postgres), tmp_path / "gateway.db"
    waiting = kind.tables.tables["outbox_entry"]
    one = {column.name: "1" if isinstance(column.type, sa.String) else 1 for column in waiting.columns}
    engine = open_database(file)
    with engine.begin() as connection:
        connection.execute(sa.insert(waiting), [{**one, "number": 9}])
    engine.dispose()
    fill_schema(place, kind, "gateway", file, silent)
    engine = open_database(place)
    del one["number"]
    with engine.begin() as connection:
        connection.execute(sa.insert(waiting), [{**one, "entry_id": "2"}])
        assert connection.execute(sa.select(waiting.c.number).order_by(waiting.c.number)).scalars().all() == [
            9,
            10,
        ]
    engine.dispose()


def test_a_schema_is_filled_anew_or_not_at_all(postgres: str, tmp_path: Path) -> None:
    """What an earlier attempt left is gone, and rows that the server does not take leave none."""
    kind, place, file = ledger_kind(), Postgres(postgres), tmp_path / "ledger.db"
    Store(file, write=True).close()
    with closing(sqlite3.connect(file)) as conn:
        conn.executemany("INSERT INTO state VALUES (?, '{}')", [("a",), ("b\0",)])
        conn.commit()
    for _ in range(2):
        with pytest.raises(DataError):
            fill_schema(place, kind, "ledger", file, silent)
    with psycopg.connect(postgres) as session:
        assert session.execute("SELECT count(*) FROM ledger.state").fetchone() == (0,)
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("DELETE FROM state WHERE key <> 'a'")
        conn.commit()
    fill_schema(place, kind, "ledger", file, silent)
    with psycopg.connect(postgres) as session:
        assert session.execute("SELECT key, document FROM ledger.state").fetchall() == [("a", "{}")]
