"""A node that was closed has let go of everything: its threads, its databases, its files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from threading import enumerate as running
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway.composition import Gateway
from gateway.console.audit_runs import Progress, check_ledger
from gateway.console.visits import ROOM
from gateway.identity.tables import staff_session
from gateway.settings import Settings
from tests.gateway.operation.conftest import Life

BESIDE = {"visit-room", "watermark", "audit", "outbox", "outbox-tells"}


@pytest.fixture
def before() -> set[int | None]:
    """The threads that were there before the node was."""
    return {one.ident for one in running()}


def held(settings: Settings) -> list[str]:
    """What of the node's data is still open: its files, and connections to its database."""
    opened = [os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()]
    files = [one for one in opened if one.startswith(os.path.realpath(settings.data))]
    if settings.postgres is None:
        return files
    with psycopg.connect(settings.postgres.conninfo, autocommit=True) as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        for _ in range(200):  # the server's end of a connection goes a moment after ours
            left = [str(query) for (query,) in connection.execute(f"SELECT query {others}")]
            if not left:
                break
            connection.execute("SELECT pg_sleep(0.05)")
    return files + left


def test_nothing_of_a_node_goes_on_after_it_was_closed(
    before: set[int | None], gw: Gateway, flask_app: Flask, console_as: Callable[..., FlaskClient]
) -> None:
    life, checks = Life(gw), Event()
    console_as("clinician", life.world.custodian)
    with gw.db.connect() as conn:
        session = conn.execute(select(staff_session.c.id)).scalar_one()
    flask_app.extensions[ROOM].view(session, "a reference", life.world.custodian)
    gw.outbox.delivery.begin()
    gw.watermark.follow(lambda kind: None)

    def check_again_and_again(progress: Progress) -> dict[str, Any]:
        while True:
            check_ledger(gw, progress)
            checks.set()

    flask_app.extensions["yaoshi-audit"].start(check_again_and_again, "a run")
    assert checks.wait(60)
    assert {one.name for one in running() if one.ident not in before} >= BESIDE
    gw.close()
    assert [one.name for one in running() if one.ident not in before] == []
    assert held(gw.settings) == []
