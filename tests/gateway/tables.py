"""Databases with this release's tables and nothing in them, made once for a test process.

A node that begins on nothing brings its tables about by the migrations, which takes longer than most tests;
so each test begins with a copy. How tables come about and change is the matter of tests/gateway/store and
tests/ledger.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.settings import Settings
from gateway.store.database import open_database
from ledger.store.database import Store
from ledger.store.place import Place, Postgres
from tests.postgres import shared


def begin_with_tables(settings: Settings) -> None:
    """Put the two files of a founded node where it will look for them; it must not have begun."""
    for path, data in zip((settings.ledger_path, settings.database_path), _files(), strict=True):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(data)


def database_with_tables() -> str:
    """The conninfo of a new PostgreSQL database."""
    return shared().copy_of(_template())


@cache
def _files() -> tuple[bytes, bytes]:
    """The ledger's and the gateway's."""
    with TemporaryDirectory() as folder:
        ledger, gateway = Path(folder) / "ledger.db", Path(folder) / "gateway.db"
        _make(ledger, gateway)
        return ledger.read_bytes(), gateway.read_bytes()


@cache
def _template() -> str:
    made = shared().new_database()
    _make(Postgres(made), Postgres(made))
    return made


def _make(ledger: Place, gateway: Place) -> None:
    Store(ledger, write=True).close()
    open_database(gateway).dispose()
