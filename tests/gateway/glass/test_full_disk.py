"""On a full disk nothing is opened, looked at or reviewed; whatever is open can still be ended."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.gateway.conftest import CONSOLE
from tests.gateway.glass.scene import Scene, linked
from tests.gateway.hostile.knocks import bare, from_wallet
from tests.gateway.hostile.test_full_disk import cookie, full, rows


def knock(app: Flask, who: FlaskClient | None, method: str, url: str, **request: Any) -> TestResponse:
    headers = {"Origin": CONSOLE, **(cookie(who) if who else {}), **request.pop("headers", {})}
    return bare(app).open(url, method=method, headers=headers, **request)


def test_nothing_is_opened_or_written(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    bearer, signed = phone.bearer(), scene.signed()
    app, console = full(scene.story), "/console/api"
    one, case = f"{console}/emergencies/{begun['emergency']}", f"{console}/reviews/{begun['glass']}"
    words = {"verdict": "justified", "words": ""}
    objection = {"glass": begun["glass"], "text": "不对"}
    before, size = rows(scene.gw), scene.size()
    answers = [
        knock(app, scene.doctor, "POST", f"{console}/emergencies", json=scene.wanted()),
        knock(app, None, "POST", f"/i/{scene.story.hospital}/glass", json={"declaration": signed}),
        knock(app, scene.doctor, "GET", one),
        knock(app, scene.doctor, "POST", f"{one}/refresh", json={}),
        knock(app, scene.officer, "POST", case, json=words),
        knock(
            app,
            None,
            "POST",
            f"/i/{scene.story.hospital}/wallet/objections",
            json=objection,
            headers=from_wallet(**bearer),
        ),
    ]
    assert [(one.status_code, one.json["code"]) for one in answers] == [(503, "disk-full")] * 6
    assert (rows(scene.gw), scene.size()) == (before, size)


def test_whatever_is_open_can_be_ended(scene: Scene) -> None:
    phone = linked(scene)
    first, second, third = scene.declared(), scene.declared(), scene.declared()
    entry = phone.entry("glass.closed", glass=first["glass"])
    app, console = full(scene.story), "/console/api"
    wallet = f"/i/{scene.story.hospital}/wallet/entries"
    stopped = bare(app).post(wallet, json={"entry": entry}, headers=from_wallet())
    assert stopped.status_code == 201
    ended = f"{console}/emergencies/{second['emergency']}/close"
    assert knock(app, scene.doctor, "POST", ended, json={}).json["state"] == "closed"
    halted = f"{console}/reviews/{third['glass']}/close"
    assert knock(app, scene.officer, "POST", halted, json={}).json["open"] is False
    assert knock(app, scene.officer, "GET", f"{console}/reviews").status_code == 200
    view = f"{console}/emergencies/{first['emergency']}"
    assert knock(app, scene.doctor, "DELETE", view).status_code == 204


def test_a_phone_reads_that_it_happened_though_the_reading_cannot_be_noted(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    phone.client = full(scene.story).test_client()
    assert len(phone.timeline()["records"]) == 2
    assert scene.case()["told"] == {"at": None}
    assert begun["glass"]
