"""What /readyz says when a part of the node is gone: its code and 503, while /livez still answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from app import create_app
from gateway.composition import Gateway
from ledger.store.postgres import drop_schema

CONSOLE = "http://localhost:8080"


def without_database(gw: Gateway, folder: Path) -> Gateway:
    return replace(gw, db=create_engine(f"sqlite:///{folder}/no-folder/gateway.db"))


def of_a_later_release(gw: Gateway, _folder: Path) -> Gateway:
    with gw.db.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)")
        conn.exec_driver_sql("DELETE FROM alembic_version")
        conn.exec_driver_sql("INSERT INTO alembic_version VALUES ('9999')")
    return gw


def without_ledger(gw: Gateway, _folder: Path) -> Gateway:
    gw.ledger.close()
    if gw.settings.postgres is None:
        gw.settings.ledger_path.unlink()
    else:
        drop_schema(gw.settings.postgres, "ledger")
    return gw


BROKEN: dict[str, tuple[Callable[[Gateway, Path], Gateway], str]] = {
    "the database cannot be opened": (without_database, "database-unavailable"),
    "the database is of another release": (of_a_later_release, "migrations-missing"),
    "the ledger is gone": (without_ledger, "ledger-unavailable"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_node_is_not_ready_when(case: str, gw: Gateway, tmp_path: Path) -> None:
    damage, code = BROKEN[case]
    whole = create_app(gateway=gw)
    assert whole.test_client().get("/readyz", base_url=CONSOLE).json == {"ready": True, "warnings": []}
    damaged = damage(gw, tmp_path)
    client = (whole if damaged is gw else create_app(gateway=damaged)).test_client()
    ready = client.get("/readyz", base_url=CONSOLE)
    assert (ready.status_code, [one["code"] for one in ready.json["warnings"]]) == (503, [code])
    assert client.get("/livez", base_url=CONSOLE).status_code == 200


def test_a_part_of_a_file_that_is_not_there_is_a_wrong_request(gw: Gateway) -> None:
    client = create_app(gateway=gw).test_client()
    answer = client.get("/shared/base.css", base_url=CONSOLE, headers={"Range": "bytes=99999999-"})
    assert (answer.status_code, answer.json["code"]) == (400, "request-malformed")
