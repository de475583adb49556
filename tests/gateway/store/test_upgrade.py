"""A database of the release before keeps its records and what they are found by."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import Connection, text

from gateway.records.reindexing import reindex
from gateway.store.database import connect_database, open_database
from gateway.store.migrate import config

RESOURCE = '{"resourceType":"Observation","id":"o","valueQuantity":{"value":5.4}}'


def fill(conn: Connection) -> None:
    """One record as release 0.1.0 kept it."""
    row = {
        "number": 1, "institution": "i", "patient_id": "p", "type": "Observation", "id": "o",
        "source_id": "s", "source_hash": "h", "version": 1, "last_updated": 1, "revision": 1,
        "kind": "laboratory", "sort_date": 1, "own_labels": "HIV", "labels": "HIV", "json_text": RESOURCE,
        "json_hash": "h",
    }  # fmt: skip
    names = ", ".join(row)
    conn.execute(text(f"INSERT INTO record ({names}) VALUES ({', '.join(f':{name}' for name in row)})"), row)  # noqa: S608
    conn.execute(text("INSERT INTO record_token VALUES (1, '_label', '', 'HIV')"))
    conn.execute(text("INSERT INTO record_date VALUES (1, 'date', 1, 2)"))
    conn.execute(text("INSERT INTO record_reference VALUES (1, 'encounter', 'Encounter/e')"))


def test_records_and_their_index_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    old = connect_database(path)
    with old.begin() as conn:
        command.upgrade(config(conn), "0001")
        fill(conn)
    old.dispose()
    db = open_database(path)
    with db.connect() as conn:
        assert conn.execute(text("SELECT json_text FROM record")).scalar_one() == RESOURCE
        for table in ("record_token", "record_date", "record_reference"):
            assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 1  # noqa: S608
    assert reindex(db) == 1
    with db.connect() as conn:
        assert conn.execute(text("SELECT low FROM record_quantity")).scalar_one() == 5.4
        assert conn.execute(text("SELECT code FROM record_token")).scalar_one() == "HIV"
    db.dispose()
