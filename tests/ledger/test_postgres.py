"""The embedded engine on PostgreSQL: the common suite, sessions that end, a server that restarts."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.engine.embedded import EmbeddedEngine, open_view_only
from ledger.errors import Fatal, Unavailable
from ledger.genesis import parse_genesis
from ledger.store.database import Store
from ledger.store.place import Place, Postgres
from ledger.store.postgres import check_conninfo
from ledger.store.tables import metadata
from tests.ledger import world
from tests.ledger.engine_conformance import LINK, OTHER, EngineConformance, Opened, committed
from tests.ledger.test_embedded import SettableClock
from tests.postgres import Server

GENESIS = world.genesis_bytes(link_entries_per_hour=5)


def open_engine(place: Place, genesis: bytes = GENESIS, clock: SettableClock | None = None) -> EmbeddedEngine:
    return EmbeddedEngine.open(
        place,
        genesis,
        contracts=world.contracts(),
        checkpoint_seed=world.CHECKPOINT_SEED,
        clock=clock or SettableClock(),
    )


@pytest.fixture
def place(postgres: str) -> Postgres:
    return Postgres(postgres)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def opened(place: Postgres, clock: SettableClock) -> Iterator[Opened]:
    engines: list[EmbeddedEngine] = []

    def make() -> EmbeddedEngine:
        engines.append(open_engine(place, clock=clock))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


class TestEmbeddedOnPostgres(EngineConformance):
    """The embedded engine on PostgreSQL under the common suite."""


def run(place: Postgres, statement: str) -> list[tuple[object, ...]]:
    """One statement from outside, as an operator's psql would send it."""
    with psycopg.connect(place.conninfo) as session:
        done = session.execute(statement)
        return done.fetchall() if done.description else []


def end_sessions(place: Postgres) -> None:
    """End every other session with the database, as an administrator or a broken network does."""
    run(
        place,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def test_the_migrations_make_exactly_the_tables(place: Postgres) -> None:
    store = Store(place, write=True)
    with store.snapshot() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "ledger_version"})
        assert compare_metadata(context, metadata) == []
        assert {table.name for table in metadata.sorted_tables} < set(
            sa.inspect(connection).get_table_names()
        )
        places = sa.inspect(connection).get_columns("log_nodes")
        assert isinstance(places[0]["type"], sa.BigInteger), "PostgreSQL's INTEGER ends at 2^31"
    store.close()


@pytest.mark.parametrize("kept", ["on", "off", "local", "remote_apply"])
def test_a_commit_is_durable_whatever_the_server_is_set_to(place: Postgres, kept: str) -> None:
    run(place, f"ALTER ROLE yaoshi IN DATABASE {_name(place)} SET synchronous_commit = '{kept}'")
    store = Store(place, write=True)
    with store.transaction() as connection:
        found = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
    store.close()
    assert found == ("remote_apply" if kept == "remote_apply" else "on")


def test_both_stores_give_the_same_roots(place: Postgres, tmp_path: Path) -> None:
    author = world.Author(parse_genesis(GENESIS).id)
    entries = [author.open_link(world.link_id(number)) for number in range(70)]
    entries += [author.look(world.link_id(number % 7), step=number + 20) for number in range(90)]
    logs, roots = [], []
    for where in (place, tmp_path / "ledger.db"):
        engine = open_engine(where)
        waiting = [engine.submit(entry) for entry in entries]  # so that batches are of many entries
        assert all(isinstance(one.result(), Committed) for one in waiting)
        with engine.view() as view, (tmp_path / "export").open("w+b") as file:
            roots.append((view.size, view.root))
            export_log(view, file)
        logs.append((tmp_path / "export").read_bytes())
        engine.close()
    assert roots[0] == roots[1]
    assert logs[0] == logs[1]


def test_a_second_writer_is_refused_and_readers_are_not(opened: Opened, place: Postgres) -> None:
    engine = opened()
    committed(engine, world.Author(engine.id).open_link(LINK))
    with pytest.raises(Unavailable) as refused:
        open_engine(place)
    assert refused.value.code == "ledger-locked"
    with open_view_only(place, GENESIS) as view:
        assert view.size == 2
    engine.close()
    open_engine(place).close()


def test_a_reader_cannot_write(place: Postgres) -> None:
    store = Store(place, write=True)
    with pytest.raises(Unavailable, match="storage-failed"), store.snapshot() as connection:
        connection.exec_driver_sql("DELETE FROM state")
    store.close()


def test_a_ledger_that_is_not_there_is_not_made_by_looking(place: Postgres) -> None:
    with pytest.raises(Unavailable, match="ledger-missing"):
        Store(place, write=False)
    assert run(place, "SELECT to_regnamespace('ledger')") == [(None,)]
    run(place, "CREATE SCHEMA ledger")
    with pytest.raises(Unavailable, match="schema-older"):
        Store(place, write=False)


def test_a_database_that_does_not_compare_by_bytes_is_refused(postgres_server: Server) -> None:
    conninfo = postgres_server.new_database("")
    with pytest.raises(Fatal, match="createdb --template=template0 --encoding=UTF8 --locale=C") as refused:
        Store(Postgres(conninfo), write=True)
    assert refused.value.code == "database-unfit"
    postgres_server.drop_database(conninfo)


def test_a_server_that_is_not_there_is_an_outage(place: Postgres) -> None:
    nowhere = Postgres(place.conninfo.replace("port=5433", "port=5434"))
    for write in (True, False):
        with pytest.raises(Unavailable, match="storage-failed"):
            Store(nowhere, write=write)


CONTRADICTIONS = {
    "the last record is gone": ('DELETE FROM ledger.records WHERE "index" = 2', "size-differs"),
    "the stated root is another": ("UPDATE ledger.ledger SET root = decode(repeat('00', 32), 'hex')",
                                   "root-differs"),
    "the tables are of a later release": ("UPDATE ledger.ledger_version SET version_num = '9999'",
                                          "schema-newer"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "code"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_start_is_refused_when(opened: Opened, place: Postgres, statement: str, code: str) -> None:
    engine = opened()
    author = world.Author(engine.id)
    for entry in (author.open_link(LINK), author.open_link(OTHER)):
        committed(engine, entry)
    engine.close()
    run(place, statement)
    with pytest.raises(Fatal) as refused:
        open_engine(place)
    assert refused.value.code == code


def test_a_writer_whose_session_ended_says_so_once_and_goes_on(opened: Opened, place: Postgres) -> None:
    engine = opened()
    author = world.Author(engine.id)
    committed(engine, author.open_link(LINK))
    end_sessions(place)
    with pytest.raises(Unavailable, match="outcome-unknown"):
        engine.submit(author.look(LINK)).result()
    with engine.view() as view:
        assert view.size == 2
    assert _until_committed(engine, author.look(LINK)).index == 2


def test_a_writer_that_lost_its_session_stops_while_another_process_writes(
    opened: Opened, place: Postgres
) -> None:
    engine = opened()
    author = world.Author(engine.id)
    committed(engine, author.open_link(LINK))
    end_sessions(place)
    other = open_engine(place)
    assert committed(other, author.open_link(OTHER)).index == 2
    codes = []
    for _ in range(3):
        with pytest.raises(Unavailable) as refused:
            engine.submit(author.look(LINK)).result()
        codes.append(refused.value.code)
    assert codes == ["outcome-unknown", "ledger-locked", "ledger-locked"]
    other.close()
    assert _until_committed(engine, author.look(OTHER)).index == 3, "it read again where the ledger ends"
    with engine.view() as view:
        assert [one.index for one in view.chain(OTHER)] == [2, 3]


def test_a_restart_of_the_server_is_an_outage_and_loses_nothing(
    opened: Opened, postgres_server: Server
) -> None:
    engine = opened()
    author = world.Author(engine.id)
    committed(engine, author.open_link(LINK))
    postgres_server.stop(signal.SIGQUIT)
    with pytest.raises(Unavailable), engine.view():
        pass
    with pytest.raises(Unavailable):
        engine.submit(author.look(LINK)).result()
    postgres_server.start()
    with engine.view() as view:
        assert view.size == 2
    assert _until_committed(engine, author.look(LINK)).index == 2


def test_a_backend_killed_inside_batches_loses_nothing_that_was_acknowledged(place: Postgres) -> None:
    engine = open_engine(place, world.genesis_bytes())
    author = world.Author(engine.id)
    acknowledged: list[Committed] = []
    unknown: list[str] = []
    enough = threading.Semaphore(0)

    def submit(base: int) -> None:
        for number in range(base, base + 120):
            entry = author.open_link(world.link_id(number))
            try:
                acknowledged.append(_until_committed(engine, entry, unknown))
            finally:
                enough.release()

    threads = [threading.Thread(target=submit, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        for _ in range(60):
            assert enough.acquire(timeout=30)
        end_sessions(place)
    for thread in threads:
        thread.join()
    assert unknown, "no session ended while something was being written"
    with engine.view() as view:
        assert view.size == 481
        assert sorted(one.index for one in acknowledged) == list(range(1, 481))
        assert all(view.entry_index(one.entry_id) == one.index for one in acknowledged)
    _verify(engine)
    engine.close()


WORKER = """
import sys
from tests.ledger import test_postgres as t
from tests.ledger import world
engine = t.open_engine(t.Postgres(sys.argv[1]), world.genesis_bytes())
author = world.Author(engine.id, world.START + int(sys.argv[2]))
number = int(sys.argv[2])
while True:
    futures = [engine.submit(author.open_link(world.link_id(number + step))) for step in range(8)]
    for future in futures:
        sys.stdout.write(future.result().entry_id + "\\n")
        sys.stdout.flush()
    number += 8
"""


def test_a_killed_process_lost_nothing_that_it_acknowledged(place: Postgres) -> None:
    acknowledged: list[str] = []
    for life, lines in enumerate((1, 20, 57)):
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, place.conninfo, str(life * 10_000)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        acknowledged.extend(process.stdout.readline().strip() for _ in range(lines))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
        process.wait()
        process.stdout.close()
        acknowledged.extend(line for line in rest if len(line) == 64)
        end_sessions(place)  # the server notices a killed process a moment later
    engine = open_engine(place, world.genesis_bytes())
    with engine.view() as view:
        assert all(view.entry_index(entry_id) is not None for entry_id in acknowledged)
        assert view.size > len(acknowledged) >= 78
    _verify(engine)
    engine.close()


def test_an_address_with_a_password_is_refused() -> None:
    for text in ("postgresql://yaoshi:secret@/yaoshi", "host=/run/postgresql password=secret"):
        with pytest.raises(ValueError, match="passfile") as refused:
            check_conninfo(text)
        assert "secret" not in str(refused.value)
    for text in ("mysql://x", "host"):
        with pytest.raises(ValueError, match="libpq address"):
            check_conninfo(text)
    check_conninfo("postgresql://yaoshi@/yaoshi?host=/run/postgresql")
    check_conninfo("host=db.example.org user=yaoshi dbname=yaoshi sslmode=verify-full")


def _until_committed(engine: EmbeddedEngine, entry: str, unknown: list[str] | None = None) -> Committed:
    """Send the same entry again, as its sender does, until the ledger has it."""
    for _ in range(1000):
        try:
            answer = engine.submit(entry).result()
        except Unavailable as unavailable:
            if unknown is not None:
                unknown.append(unavailable.code)
            continue
        assert isinstance(answer, Committed), answer
        return answer
    raise AssertionError("the ledger does not come back")


def _verify(engine: EmbeddedEngine) -> None:
    file = io.BytesIO()
    with engine.view() as view:
        export_log(view, file)
    file.seek(0)
    result = verify_log(file, world.contracts(), engine.id)
    assert result.ok, result.first_difference


def _name(place: Postgres) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(place.conninfo)["dbname"])
