"""The migrations make exactly the tables that the code uses."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.store import tables
from gateway.store.database import open_database
from gateway.store.metadata import metadata


def test_the_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    tables.load()
    db = open_database(tmp_path / "gateway.db")
    with db.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []
    db.dispose()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    open_database(path).dispose()
    before = path.read_bytes()
    open_database(path).dispose()
    assert path.read_bytes() == before
