"""The demonstration's own PostgreSQL: begun for it, private, a database each; and no server is no failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.consortium import postgres
from gateway.consortium.postgres import NoServerError, Server
from gateway.consortium.processes import Processes
from ledger.store.aside import set_aside
from ledger.store.database import Store
from ledger.store.place import Postgres
from tests.postgres import programs

needs_postgres = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="y-") as made:
        yield Path(made)


@needs_postgres
def test_each_has_a_database_that_the_ledger_takes_and_nobody_else_gets_in(folder: Path) -> None:
    server, book = Server(folder / "pg"), Processes(folder / "processes.json")
    server.make()
    assert server.folder.stat().st_mode & 0o077 == 0
    book.start("postgres", server.command(), {}, folder / "pg.log")
    try:
        waiting = threading.Event()
        while not server.is_ready():
            assert book.running(), (folder / "pg.log").read_text("utf-8")
            assert not waiting.wait(0.05)
        for name in ("aa", "bb", "aa"):
            server.see_to_database(name)
        place = Postgres(server.address("aa"))
        store = Store(place, write=True)
        store.close()
        assert (server.folder / f".s.PGSQL.{postgres.PORT}").stat().st_mode & 0o077 == 0
        assert set_aside(place, "1") == "ledger_before_1"
        assert set_aside(place, "2") is None
        Store(place, write=True).close()
    finally:
        assert book.end() == ["postgres"]
    assert "database system is shut down" in (folder / "pg.log").read_text("utf-8")


def test_without_postgresql_it_says_so(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(postgres, "OLDEST", 999)
    with pytest.raises(NoServerError, match="not installed"):
        Server(folder / "pg").make()
    assert not (folder / "pg").exists()


@needs_postgres
def test_a_folder_too_deep_for_a_socket_is_said(folder: Path) -> None:
    with pytest.raises(NoServerError, match="too long"):
        Server(folder / ("x" * 90)).make()
