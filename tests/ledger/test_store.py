"""The migrations make the tables that the code uses; every code that the ledger answers is described."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import ledger
from ledger.errors import CODES
from ledger.store.database import Store
from ledger.store.tables import metadata

DESCRIBED_ELSEWHERE = {"key-known", "disk-full"}
RAISED = re.compile(r'(?:Refusal|Malformed|Unavailable|Fatal)\(\s*"([a-z-]+)"')


def test_the_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    Store(tmp_path / "ledger.db", write=True).close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "ledger_version"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_file_is_durable_on_commit(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db", write=True)
    with store.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    store.close()


def test_what_need_not_be_synced_changes_nothing_for_what_comes_after(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db", write=True)
    found = []
    for synced in (True, False, False, True):
        with store.transaction(synced=synced) as connection:
            found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert found == [2, 1, 1, 2]
    store.close()


def test_every_code_is_described_in_both_languages_and_every_description_used() -> None:
    sources = Path(ledger.__file__).parent.rglob("*.py")
    raised = {code for source in sources for code in RAISED.findall(source.read_text())}
    assert raised - DESCRIBED_ELSEWHERE == set(CODES)
    assert all(len(row) == 4 and all(row) for row in CODES.values())
    assert all(re.search("[一-鿿]", row[1]) and re.search("[一-鿿]", row[3]) for row in CODES.values())
