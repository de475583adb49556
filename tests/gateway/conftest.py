"""A whole node for a test: real SQLite, the real engine, three institutions, a clock that stands still."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import insert

from app import compose, create_app
from gateway.composition import Gateway
from gateway.identity.founding import found
from gateway.identity.sessions import open_session
from gateway.identity.tables import staff_account
from gateway.settings import Settings
from ledger.store.place import Postgres
from tests.gateway.tables import begin_with_tables, database_with_tables
from tests.postgres import KINDS, POSTGRES, chosen_kind, runs_on_both, shared

CONSOLE, WALLET = "http://localhost:8080", "http://127.0.0.1:8080"
BEGINNING = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class Clock:
    """Milliseconds that move only when told to."""

    def __init__(self, now: int = BEGINNING) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(
        self, ms: int = 0, *, seconds: int = 0, minutes: int = 0, hours: int = 0, days: int = 0
    ) -> None:
        self.now += ms + 1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)))


class Entropy:
    """The same "random" bytes in every run; safe between threads."""

    def __init__(self, seed: int = 7) -> None:
        self._random, self._lock = random.Random(seed), Lock()  # noqa: S311 - a test's, never a key's

    def __call__(self, count: int) -> bytes:
        with self._lock:
            return self._random.randbytes(count)


class OriginClient(FlaskClient):
    """A browser at one origin: Host follows it, and writes carry the Origin header."""

    origin = CONSOLE

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", self.origin)
        if kwargs.get("method", "GET") not in ("GET", "HEAD"):
            headers = dict(kwargs.get("headers") or {})
            headers.setdefault("Origin", self.origin)
            kwargs["headers"] = headers
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One founded node, copied for each test."""
    data = tmp_path_factory.mktemp("founded") / "node"
    found(_settings(data), Clock(), Entropy(1))
    return data


@pytest.fixture
def store_kind() -> str:
    """Which database a test uses; the modules of tests.postgres.BOTH run once with each."""
    return chosen_kind()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store_kind" in metafunc.fixturenames and runs_on_both(metafunc.module.__name__):
        metafunc.parametrize("store_kind", KINDS)


@pytest.fixture
def settings(tmp_path: Path, store_kind: str) -> Iterator[Settings]:
    made = _settings(tmp_path / "node")
    if store_kind != POSTGRES:
        yield made
        return
    conninfo = database_with_tables()
    yield replace(made, postgres=Postgres(conninfo))
    shared().drop_database(conninfo)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def entropy() -> Entropy:
    return Entropy()


@pytest.fixture
def gw(founded: Path, settings: Settings, clock: Clock, entropy: Entropy) -> Iterator[Gateway]:
    """The node's composition object."""
    shutil.copytree(founded, settings.data)
    if settings.postgres is None:
        begin_with_tables(settings)
    gateway = compose(settings, clock, entropy)
    yield gateway
    gateway.close()


@pytest.fixture
def flask_app(gw: Gateway) -> Flask:
    app = create_app(gateway=gw)
    app.test_client_class = OriginClient
    return app


@pytest.fixture
def client_console(flask_app: Flask) -> FlaskClient:
    return flask_app.test_client()


@pytest.fixture
def client_wallet(flask_app: Flask) -> FlaskClient:
    client = flask_app.test_client()
    client.origin = WALLET  # type: ignore[attr-defined]
    return client


@pytest.fixture
def institutions(gw: Gateway) -> list[str]:
    """Ids of hospital, clinic, examination centre, in that order."""
    return [one["id"] for one in gw.ledger.genesis.institutions]


@pytest.fixture
def console_as(gw: Gateway, flask_app: Flask) -> Callable[..., FlaskClient]:
    """console_as(role, institution id): a client whose session is open; `client.staff_id` is the account."""

    def make(role: str, institution: str, user: str | None = None) -> FlaskClient:
        staff = gw.entropy(16).hex()
        with gw.db.begin() as conn:
            conn.execute(
                insert(staff_account).values(
                    id=staff,
                    institution=institution,
                    user=user or f"{role}-{staff[:6]}",
                    name="测试员（合成）",
                    role=role,
                    department="内科",
                    role_code=role,
                    password="unused",
                    disabled=False,
                    made_at=gw.clock(),
                )
            )
        client = flask_app.test_client()
        with flask_app.test_request_context(base_url=CONSOLE):
            response = Response()
            open_session(gw, staff, response)
        name, _, value = response.headers["Set-Cookie"].split(";")[0].partition("=")
        client.set_cookie(name, value, domain="localhost")
        client.staff_id = staff  # type: ignore[attr-defined]
        return client

    return make


def _settings(data: Path) -> Settings:
    # The machine that runs the tests may have little disk left; the disk's own tests set other limits.
    return Settings(
        console_origin=CONSOLE,
        wallet_origin=WALLET,
        data=data,
        disk_warn_bytes=0,
        disk_warn_percent=0,
        disk_stop_bytes=0,
    )
