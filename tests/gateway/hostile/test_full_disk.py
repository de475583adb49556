"""A disk without room: whatever would write is refused whole, people still sign in and see who looked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from gateway.composition import Gateway
from gateway.store.metadata import metadata
from tests.gateway.conftest import CONSOLE, OriginClient
from tests.gateway.hostile.doors import address, assertion, doors, people, token_form
from tests.gateway.hostile.knocks import bare, code_of, from_wallet, knock, size
from tests.gateway.wallet.story import CHECKS, HOUR, Story

# Rows of no meaning after two minutes: a nonce, a count of knocks.
PASSING = {"rate_bucket", "wallet_nonce", "wallet_session", "sign_in_failure"}


def full(story: Story) -> Flask:
    """The same node, told that the disk must keep more room than there is."""
    settings = replace(story.gw.settings, disk_stop_bytes=2**62)
    app = create_app(gateway=replace(story.gw, settings=settings))
    app.test_client_class = OriginClient
    return app


def rows(gw: Gateway) -> dict[str, int]:
    with gw.db.connect() as conn:
        return {
            name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if name not in PASSING
        }


def cookie(client: FlaskClient) -> dict[str, str]:
    found = client.get_cookie("yaoshi", domain="localhost")
    assert found is not None
    return {"Cookie": f"yaoshi={found.value}"}


def test_everything_that_writes_is_refused_whole(story: Story) -> None:
    phone = story.linked()
    reference, offer = story.granted(phone)
    invited, asked, asker = story.invite(rekey=True)["reference"], story.ask()["reference"], story.asker()
    request = asker.fetch(asked).json["request"]
    _, answer = phone.give(request)
    bearer, entry = phone.bearer(), phone.entry("link.close")
    new, signed = story.phone(), assertion(story, offer["grant"])
    app, wallet, staff = full(story), f"/i/{story.hospital}/wallet", "/console/api"
    question = {"patient": None, "purpose": "TREAT", "reason": "复诊", "kinds": ["laboratory"], "from": None}
    desk, doctor, clinician = cookie(story.desk), cookie(story.doctor), cookie(story.clinician)
    tries: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
        ("POST", f"{wallet}/entries", from_wallet(), {"json": {"entry": entry}}),
        ("POST", f"{wallet}/records", from_wallet(**bearer), {"json": {}}),
        ("POST", f"{wallet}/references/{invited}", from_wallet(), {"json": {"key": new.key}}),
        ("POST", f"{wallet}/references/{invited}/stop", from_wallet(), {"json": {"key": new.key}}),
        (
            "POST",
            f"/i/{story.clinic}/wallet/references/{asked}/grants",
            from_wallet(),
            {"json": {"key": asker.key, "grants": [answer]}},
        ),
        ("POST", f"{staff}/patients/{story.patient}/open", clinician, {"json": {}}),
        (
            "POST",
            f"{staff}/patients/{story.patient}/invites",
            desk,
            {"json": {"checks": CHECKS, "rekey": True}},
        ),
        ("POST", f"{staff}/references/{invited}/confirm", desk, {"json": {}}),
        ("POST", f"{staff}/asks", doctor, {"json": {**question, "not_after": story.clock() + HOUR}}),
        ("GET", f"{staff}/visits/{reference}", doctor, {}),
        ("POST", f"{staff}/visits/{reference}/refresh", doctor, {"json": {}}),
        ("POST", f"/i/{story.hospital}/token", {}, {"data": token_form(signed)}),
        ("GET", f"/i/{story.hospital}/fhir/Observation?patient={story.patient}", {}, {}),
        ("GET", f"/i/{story.hospital}/fhir/Observation/x", {}, {}),
    ]
    before, records = rows(story.gw), size(story.gw)
    for method, url, headers, body in tries:
        refused = knock(story.gw, bare(app), method, url, headers={"Origin": CONSOLE, **headers}, **body)
        assert refused.status_code == 503, (method, url, refused.data[:200])
        assert code_of(refused) == "disk-full"
        assert int(refused.headers["Retry-After"]) > 0
    assert (rows(story.gw), size(story.gw)) == (before, records)
    # With room again, what was refused is taken: nothing was spent.
    assert (
        knock(
            story.gw, story.client(), "POST", f"/i/{story.hospital}/token", data=token_form(signed)
        ).status_code
        == 200
    )
    taken = knock(
        story.gw, story.client(), "POST", f"{wallet}/entries", json={"entry": entry}, headers=from_wallet()
    )
    assert taken.status_code == 201


def test_people_still_see_who_looked_and_why_nothing_goes_on(story: Story) -> None:
    phone = story.linked()
    story.granted(phone)
    app = full(story)
    phone.client = app.test_client()
    assert len(phone.timeline()["records"]) == 2
    desk = app.test_client()
    desk.set_cookie("yaoshi", cookie(story.desk)["Cookie"].removeprefix("yaoshi="), domain="localhost")
    assert desk.get("/console/api/session").status_code == 200
    assert desk.post("/console/api/patients/search", json={"text": "chart-first"}).json["patients"]
    assert [one["code"] for one in desk.get("/console/api/status").json["warnings"]] == ["disk-full"]
    ready = desk.get("/readyz")
    assert (ready.status_code, ready.json["ready"]) == (503, False)
    for path in ("/livez", "/ledger/checkpoint", "/ledger/registry", "/console/api/changes"):
        assert desk.get(path).status_code == 200, path
    assert desk.delete("/console/api/session").status_code == 204


def test_an_open_view_can_be_closed(story: Story) -> None:
    reference, _ = story.granted(story.linked())
    app = full(story)
    closed = bare(app).delete(
        f"/console/api/visits/{reference}", headers={"Origin": CONSOLE, **cookie(story.doctor)}
    )
    assert closed.status_code == 204


@pytest.mark.parametrize("unread", [b"{", b"\xff" * 100], ids=["half a body", "no text"])
def test_no_door_falls_over_on_a_full_disk(story: Story, unread: bytes) -> None:
    everybody, app = people(story), full(story)
    for door in doors(app):
        if door.rule.endswith("/events"):
            continue
        client, headers = everybody.rightful(door)
        if client.get_cookie("yaoshi", domain="localhost"):
            headers = {**headers, **cookie(client)}
        body: dict[str, Any] = (
            {"data": unread, "content_type": "application/json"} if door.method == "POST" else {}
        )
        url = address(door, {**everybody.values, "reference": "00000000"})
        if url != "/readyz":
            knock(story.gw, bare(app), door.method, url, base_url=door.origin, headers=headers, **body)


def test_a_patient_takes_back_on_a_full_disk(story: Story) -> None:
    phone = story.linked()
    _, offer = story.granted(phone)
    entry = phone.entry("grant.revoke", grant=offer["grant"])
    before = size(story.gw)
    taken = bare(full(story)).open(
        f"/i/{story.hospital}/wallet/entries", method="POST", headers=from_wallet(), json={"entry": entry}
    )
    assert taken.status_code == 201
    assert size(story.gw) == before + 1
