"""A world behind the HTTP doors of the peers, and a client that asks for tokens as another hospital would."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.peers.assertion import ASSERTION_TYPE, build_assertion
from tests.gateway.disclosure.world import World, make_world


@pytest.fixture
def world(gw: Any) -> World:
    return make_world(gw)


@pytest.fixture
def peer(flask_app: Flask, world: World) -> Peer:
    return Peer(flask_app.test_client(), world)


class Peer:
    """The grantee's program: asks for tokens and for FHIR resources of the custodian."""

    def __init__(self, http: FlaskClient, world: World) -> None:
        self.http, self.world = http, world

    def assertion(
        self, grant: str, purpose: str = "TREAT", client: str | None = None, user: str = "dr-1"
    ) -> str:
        return build_assertion(
            self.world.gw,
            client=client or self.world.grantee,
            custodian_base=self.world.base,
            grant=grant,
            user={"id": user, "name": "合成医生", "role": "physician"},
            purpose=purpose,
        )

    def form(self, assertion: str, **changes: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "scope": "system/*.rs",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **changes,
        }

    def ask_token(self, form: Any, **headers: str) -> TestResponse:
        return self.http.post(f"/i/{self.world.custodian}/token", data=form, headers=headers)

    def token(self, grant: str, scope: str = "system/*.rs", **claimed: str) -> str:
        answer = self.ask_token(self.form(self.assertion(grant, **claimed), scope=scope))
        assert answer.status_code == 200, answer.text
        return str(answer.json["access_token"])

    def get(self, path: str, token: str, **headers: str) -> TestResponse:
        """``path`` below the FHIR base ({p}: the patient's id), or an absolute link that the server gave."""
        url = path.replace("{p}", self.world.patient_id).removeprefix("http://localhost:8080")
        if not url.startswith("/i/"):
            url = f"/i/{self.world.custodian}/fhir/{url}"
        return self.http.get(url, headers={"Authorization": f"Bearer {token}", **headers})
