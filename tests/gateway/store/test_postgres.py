"""The gateway's tables in PostgreSQL keep what SQLite's file promises; commands know where the data is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from gateway.composition import Gateway
from gateway.operation.doctor import ledger as doctor_ledger
from gateway.operation.doctor import records as doctor_records
from gateway.operation.doctor.findings import Scene
from gateway.settings import SettingsError, settings_from_env
from gateway.store import tables
from gateway.store.database import open_database
from gateway.store.metadata import metadata
from gateway.web.tables import rate_bucket
from ledger.errors import Fatal, Unavailable
from ledger.store.place import Postgres
from tests.postgres import POSTGRES, Server


@pytest.fixture
def store_kind() -> str:
    return POSTGRES


@pytest.fixture
def db(postgres: str) -> Iterator[Engine]:
    engine = open_database(Postgres(postgres))
    yield engine
    engine.dispose()


def test_the_migrations_make_exactly_the_tables(db: Engine) -> None:
    tables.load()
    with db.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []
        number = sa.inspect(conn).get_columns("record")[0]
        assert isinstance(number["type"], sa.BigInteger), "PostgreSQL's INTEGER ends at 2^31"


def test_what_one_writer_looked_at_no_other_changes_meanwhile(postgres: str) -> None:
    nodes = [open_database(Postgres(postgres)) for _ in range(3)]  # as other processes have
    with nodes[0].begin() as conn:
        conn.execute(insert(rate_bucket).values(name="count", full_at=0))

    def count(db: Engine) -> None:
        for _ in range(40):
            with db.begin() as conn:
                seen = conn.execute(select(rate_bucket.c.full_at)).scalar_one()
                conn.execute(update(rate_bucket).values(full_at=seen + 1))

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(count, db) for db in nodes * 2]:
            done.result()
    with nodes[0].connect() as conn:
        assert conn.execute(select(rate_bucket.c.full_at)).scalar_one() == 240
    for db in nodes:
        db.dispose()


def test_a_reader_sees_one_moment_and_cannot_write(db: Engine) -> None:
    with db.connect() as conn:
        assert conn.execute(select(rate_bucket)).all() == []
        with db.begin() as writer:
            writer.execute(insert(rate_bucket).values(name="new", full_at=1))
        assert conn.execute(select(rate_bucket)).all() == []
    with db.connect() as conn, pytest.raises(DBAPIError, match="read-only"):
        conn.execute(insert(rate_bucket).values(name="other", full_at=1))


def test_texts_are_compared_by_their_bytes_and_may_be_long(db: Engine) -> None:
    names = ["a", "B", "é", "z", "Z", "医", "_", "a" * 500]
    with db.begin() as conn:
        conn.execute(insert(rate_bucket), [{"name": name, "full_at": 1} for name in names])
    with db.connect() as conn:
        found = conn.execute(select(rate_bucket.c.name).order_by(rate_bucket.c.name)).scalars().all()
    assert found == sorted(names, key=str.encode)


def test_a_database_that_compares_otherwise_is_refused(postgres_server: Server) -> None:
    conninfo = postgres_server.new_database("")
    with pytest.raises(Fatal, match="database-unfit"):
        open_database(Postgres(conninfo))
    postgres_server.drop_database(conninfo)
    with pytest.raises(Unavailable, match="storage-failed"):
        open_database(Postgres(conninfo))


def test_a_node_has_no_database_files_and_the_doctor_finds_nothing_wrong(gw: Gateway) -> None:
    assert gw.settings.postgres is not None
    assert not gw.settings.ledger_path.exists()
    assert not gw.settings.database_path.exists()
    scene = Scene(gw.settings, {}, gw.clock(), os.getuid())
    found = [*doctor_ledger.examine(scene), *doctor_records.examine(scene)]
    assert [each.code for each in found] == []


def test_the_setting_takes_an_address_without_a_password() -> None:
    plain = settings_from_env({})
    named = settings_from_env({"YAOSHI_POSTGRES": "postgresql://yaoshi@/yaoshi?host=/run/postgresql"})
    assert named == replace(plain, postgres=Postgres("postgresql://yaoshi@/yaoshi?host=/run/postgresql"))
    assert named.ledger_place == named.database_place == named.postgres
    assert plain.ledger_place == plain.ledger_path
    with pytest.raises(SettingsError, match="YAOSHI_POSTGRES must not hold a password") as refused:
        settings_from_env({"YAOSHI_POSTGRES": "postgresql://yaoshi:secret@/yaoshi"})
    assert "secret" not in str(refused.value)
