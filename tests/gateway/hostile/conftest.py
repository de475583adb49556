"""The towns of the hostile tests: `story` is new in each test, a file that only knocks shares `town`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import insert

from app import compose, create_app
from gateway.composition import Gateway
from gateway.identity.sessions import open_session
from gateway.identity.tables import staff_account
from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from gateway.settings import Settings
from tests.gateway.conftest import CONSOLE, WALLET, Clock, Entropy, OriginClient
from tests.gateway.disclosure.world import bundle
from tests.gateway.wallet.story import Story, story

__all__ = ["story"]


@pytest.fixture(scope="module")
def town(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The same small town as `story`, for a whole file of knocks that must change nothing."""
    folder = tmp_path_factory.mktemp("town")
    shutil.copytree(founded, folder / "node")
    settings = Settings(
        CONSOLE, WALLET, folder / "node", disk_warn_bytes=0, disk_warn_percent=0, disk_stop_bytes=0
    )
    clock = Clock()
    gw = compose(settings, clock, Entropy())
    yield _settle(gw, clock, folder)
    gw.bus.close()
    gw.close()


def _settle(gw: Gateway, clock: Clock, folder: Path) -> Story:
    app = create_app(gateway=gw)
    app.test_client_class = OriginClient
    hospital, clinic = (one["id"] for one in gw.ledger.genesis.institutions[:2])
    path = folder / "records.json"
    path.write_text(json.dumps(bundle("first", 3), ensure_ascii=False))
    charts = []
    for institution in (hospital, clinic):
        import_paths(gw.db, institution, [path], Report(), clock=gw.clock, entropy=gw.entropy)
        with gw.db.connect() as conn:
            charts.append(find_patients(conn, institution, "chart-first")[0].id)

    def sign_in(role: str, institution: str) -> FlaskClient:
        return signed_in(gw, app, role, institution)

    return Story(
        gw=gw,
        clock=clock,
        app=app,
        hospital=hospital,
        clinic=clinic,
        patient=charts[0],
        chart=charts[1],
        desk=sign_in("desk", hospital),
        clinician=sign_in("clinician", hospital),
        doctor=sign_in("clinician", clinic),
        sign_in=sign_in,
    )


def signed_in(gw: Gateway, app: Flask, role: str, institution: str) -> FlaskClient:
    """A client with the open session of a new account of this role."""
    staff = gw.entropy(16).hex()
    row: dict[str, Any] = {
        "id": staff,
        "institution": institution,
        "user": f"{role}-{staff[:6]}",
        "name": "测试员（合成）",
        "role": role,
        "department": "内科",
        "role_code": role,
        "password": "unused",
        "disabled": False,
        "made_at": gw.clock(),
    }
    with gw.db.begin() as conn:
        conn.execute(insert(staff_account).values(row))
    client = app.test_client()
    with app.test_request_context(base_url=CONSOLE):
        response = Response()
        open_session(gw, staff, response)
    name, _, value = response.headers["Set-Cookie"].split(";")[0].partition("=")
    client.set_cookie(name, value, domain="localhost")
    client.staff_id = staff  # type: ignore[attr-defined]
    return client
