"""A node whose data lies in PostgreSQL is saved and put back as any other, into either kind of database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask.testing import FlaskCliRunner

from app import commands, compose
from gateway.composition import Gateway
from gateway.operation.backup.archive import BackupError, Manifest
from gateway.operation.backup.making import STAGING, make_backup
from gateway.operation.backup.restoring import check_backup
from gateway.operation.watermark import read_mark
from gateway.settings import Settings, settings_from_env
from gateway.store.database import connect_database
from gateway.store.schema import gateway_kind, ledger_kind
from ledger.store.database import Store
from ledger.store.place import Place, Postgres
from tests.gateway.operation.conftest import Life, silent
from tests.gateway.operation.test_restore import halted, put_back, told
from tests.gateway.operation.test_restore_folder import put_back_folder
from tests.postgres import POSTGRES, shared

BackUp = Callable[..., tuple[Path, Manifest]]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def store_kind() -> str:
    return POSTGRES


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Another machine with an empty database."""
    conninfo = shared().new_database()
    yield replace(settings, data=tmp_path / "elsewhere" / "node", postgres=Postgres(conninfo))
    shared().drop_database(conninfo)


def rows(settings: Settings) -> Rows:
    """Everything in both databases."""
    found: Rows = {}
    store = Store(settings.ledger_place, write=False)
    with store.snapshot() as connection:
        found |= read(connection, ledger_kind().tables)
    store.close()
    engine = connect_database(settings.database_place)
    with engine.connect() as connection:
        found |= read(connection, gateway_kind().tables)
    engine.dispose()
    return found


def read(connection: sa.Connection, tables: sa.MetaData) -> Rows:
    return {
        table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
        for table in tables.sorted_tables
    }


def schemas(place: Place | None) -> list[str]:
    assert isinstance(place, Postgres)
    with psycopg.connect(place.conninfo) as session:
        found = session.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(ledger|gateway)' ORDER BY nspname"
        )
        return [str(name) for (name,) in found]


def test_what_is_put_back_is_the_same_in_either_kind_of_database(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings, tmp_path: Path
) -> None:
    path, manifest = back_up(with_keys=True)
    life.look()
    with path.open("rb") as source:
        assert check_backup(gw.settings, source, gw.clock, silent) == manifest
    put_back(path, elsewhere)
    in_files = replace(elsewhere, data=tmp_path / "files" / "node", postgres=None)
    put_back(path, in_files)
    there = rows(elsewhere)
    assert there == rows(in_files)
    assert len(there["records"]) == manifest.size
    assert there["staff_account"] == rows(gw.settings)["staff_account"]
    assert not list(elsewhere.data.glob("*.db"))
    # The other way: a node with files moves to PostgreSQL, then the folder that was kept is put back there.
    compose(in_files, gw.clock, gw.entropy).close()
    make_backup(in_files, tmp_path / "again.tar", with_keys=False, clock=gw.clock, progress=silent)
    moved = replace(in_files, postgres=elsewhere.postgres)
    done = put_back(tmp_path / "again.tar", moved, replace=True)
    assert done.aside is not None
    assert (done.known, rows(moved)) == (None, there)
    assert put_back_folder(done.aside, moved, replace=True).known is None
    assert rows(moved) == there


def test_a_node_that_was_put_back_works(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    path, manifest = back_up(with_keys=True)
    put_back(path, elsewhere)
    node = compose(elsewhere, gw.clock, gw.entropy)
    assert node.watermark.code is None
    assert told(node)[0] == 200
    there = Life.__new__(Life)
    there.world, there.grant = replace(life.world, gw=node), life.grant
    there.look()
    there.disclose()
    with node.ledger.view() as view:
        assert view.size == manifest.size + 2
    node.close()


def test_backups_under_load_lose_nothing_that_was_there(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    over, done = Event(), list[str]()

    def work(act: Callable[[], str]) -> None:
        while not over.is_set():
            done.append(act())

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(work, act) for act in (life.look, life.disclose)]
        try:
            for number in range(2):
                acknowledged = list(done)
                path, manifest = back_up(f"{number}.tar")
                put_back(path, elsewhere, replace=number > 0)
                kept = {row[6].hex() for row in rows(elsewhere)["records"]}
                assert (len(kept), set(acknowledged) <= kept) == (manifest.size, True)
        finally:
            over.set()
    assert [each.exception() for each in running] == [None] * 2
    assert len(done) > 4


def test_an_older_backup_is_noticed_and_what_was_kept_aside_is_put_back(
    back_up: BackUp, life: Life, gw: Gateway
) -> None:
    path, manifest = back_up()
    life.look()
    gw.close()
    later = rows(gw.settings)
    with pytest.raises(BackupError, match="holds data, which was left alone"):
        put_back(path, gw.settings)
    done = put_back(path, gw.settings, replace=True)
    assert (done.manifest, done.known is not None) == (manifest, True)
    assert done.aside is not None
    assert done.schemas == ("ledger_before_19700101t000000z", "gateway_before_19700101t000000z")
    assert read_mark(gw.settings.mark_path) == done.known
    node = halted(gw.settings, gw)
    assert told(node) == (503, ["ledger-rolled-back"])
    node.close()
    back = put_back_folder(done.aside, gw.settings, replace=True)
    assert (back.known, rows(gw.settings)) == (None, later)
    assert schemas(gw.settings.postgres) == sorted(["gateway", "ledger", *done.schemas, *back.schemas])


def test_a_database_that_is_not_empty_and_a_node_that_runs_are_left_alone(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    path, _ = back_up()
    with pytest.raises(BackupError, match="node is running"):
        put_back(path, gw.settings, replace=True)
    assert life.look()
    gw.close()
    before = rows(gw.settings)
    with pytest.raises(BackupError, match="database holds a node's data, which was left alone"):
        put_back(path, replace(elsewhere, postgres=gw.settings.postgres))
    assert rows(gw.settings) == before
    assert schemas(gw.settings.postgres) == ["gateway", "ledger"]


def test_a_row_that_the_database_does_not_take_ends_a_restore_and_nothing_is_changed(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings, tmp_path: Path
) -> None:
    in_files = replace(elsewhere, postgres=None)
    put_back(back_up()[0], in_files)
    with closing(sqlite3.connect(in_files.database_path)) as conn:
        conn.execute("UPDATE opening SET grantee = char(0)")  # SQLite takes it, and PostgreSQL does not
        conn.commit()
    make_backup(in_files, tmp_path / "nul.tar", with_keys=False, clock=gw.clock, progress=silent)
    gw.close()
    before = rows(gw.settings)
    with pytest.raises(
        BackupError, match=r"nothing was changed: PostgreSQL: invalid byte sequence .*: 0x00$"
    ):
        put_back(tmp_path / "nul.tar", gw.settings, replace=True)
    assert rows(gw.settings) == before
    assert schemas(gw.settings.postgres) == ["gateway", "ledger"]
    assert gw.settings.keys_path.exists()


def test_a_folder_that_cannot_be_exchanged_leaves_the_database_as_it_was(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings, tmp_path: Path
) -> None:
    path, _ = back_up()
    life.look()
    gw.close()
    before = rows(gw.settings)
    (tmp_path / "disk").mkdir()
    elsewhere.data.parent.mkdir()
    elsewhere.data.symlink_to(tmp_path / "disk")  # a name that cannot be given to another folder
    for there, expected in ((gw.settings.postgres, ["gateway", "ledger"]), (elsewhere.postgres, [])):
        with pytest.raises(BackupError, match="nothing was changed"):
            put_back(path, replace(elsewhere, postgres=there), replace=True)
        assert schemas(there) == expected
    assert rows(gw.settings) == before


def test_a_server_that_cannot_be_reached_is_said_and_nothing_is_left(
    life: Life, gw: Gateway, tmp_path: Path
) -> None:
    nobody = replace(gw.settings, postgres=Postgres(f"postgresql://yaoshi@/yaoshi?host={tmp_path}"))
    with pytest.raises(BackupError, match="no backup was made: "):
        make_backup(nobody, tmp_path / "b.tar", with_keys=False, clock=gw.clock, progress=silent)
    assert not (tmp_path / "b.tar").exists()
    assert list(tmp_path.glob(f"{STAGING}*")) == []


def test_the_commands_say_where_everything_is_and_the_doctor_has_nothing_to_say_of_it(
    life: Life, gw: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gw.settings.postgres is not None
    monkeypatch.setenv("YAOSHI_VAR", str(gw.settings.data.parent))
    monkeypatch.setenv("YAOSHI_POSTGRES", gw.settings.postgres.conninfo)
    gw.settings.data.rename(settings_from_env().data)
    gw.close()
    runner, path = FlaskCliRunner(commands), str(tmp_path / "b.tar")
    made = runner.invoke(args=["backup", "--with-keys", path])
    assert made.exit_code == 0, made.output
    assert f"{path} is whole" in made.output
    refused = runner.invoke(args=["restore", path])
    assert (refused.exit_code, "--replace keeps it aside" in refused.output) == (1, True)
    done = runner.invoke(args=["restore", "--replace", path])
    assert done.exit_code == 0, done.output
    assert "In the database it lies in ledger_before_" in done.output
    found = runner.invoke(args=["doctor", "--deep", "--json"])
    codes = {one["code"] for one in json.loads(found.output)}
    assert not codes & {"backup-none", "backup-old", "openings-missing", "ledger-rolled-back"}, codes
