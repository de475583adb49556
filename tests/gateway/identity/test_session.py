"""Signing in to the console: who gets in, who is told nothing, and when a session ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.composition import Gateway
from gateway.identity.staff import add_staff, disable_staff

PASSWORD = "a long enough password"


@pytest.fixture
def account(gw: Gateway, institutions: list[str]) -> dict[str, str]:
    add_staff(
        gw,
        institutions[0],
        "doctor",
        PASSWORD,
        name="沈怀瑾（合成）",
        role="clinician",
        department="内分泌科",
    )
    return {"institution": institutions[0], "user": "doctor", "password": PASSWORD}


def sign_in(client: FlaskClient, account: dict[str, str], **changed: str) -> Any:
    return client.post("/console/api/session", json={**account, **changed})


def test_the_right_password_opens_a_session_of_one_institution(
    client_console: FlaskClient, account: dict
) -> None:
    answer = sign_in(client_console, account)
    assert answer.status_code == 200
    assert answer.json["staff"]["name"] == "沈怀瑾（合成）"
    assert answer.json["institution"]["code"] == "WX"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client_console.get("/console/api/session").json["staff"]["user"] == "doctor"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"password": "a wrong password here"}, id="wrong password"),
        pytest.param({"user": "nobody"}, id="unknown user"),
        pytest.param({"institution": "0" * 32}, id="unknown institution"),
        pytest.param({"user": "DOCTOR' OR 1=1 --"}, id="hostile user name"),
    ],
)
def test_sign_in_says_the_same_when(changed: dict, client_console: FlaskClient, account: dict) -> None:
    wrong = sign_in(client_console, account, password="another wrong password")
    answer = sign_in(client_console, account, **changed)
    assert (answer.status_code, answer.json["code"]) == (401, "signin-refused")
    assert answer.data == wrong.data


def test_a_disabled_account_is_out_at_once(client_console: FlaskClient, gw: Gateway, account: dict) -> None:
    assert sign_in(client_console, account).status_code == 200
    disable_staff(gw, account["institution"], account["user"])
    assert client_console.get("/console/api/session").json["code"] == "signin-required"
    assert sign_in(client_console, account).json["code"] == "signin-refused"


@pytest.mark.parametrize("user", ["doctor", "nobody"])
def test_five_failures_lock_whether_the_account_exists_or_not(
    user: str, client_console: FlaskClient, account: dict, clock: Any
) -> None:
    for _ in range(5):
        assert sign_in(client_console, account, user=user, password="wrong" * 4).status_code == 401
    locked = sign_in(client_console, account, user=user)
    assert (locked.status_code, locked.json["code"], locked.json["minutes"]) == (429, "signin-locked", 15)
    clock.advance(minutes=15)
    assert sign_in(client_console, account, user=user).status_code == (200 if user == "doctor" else 401)


def test_one_address_may_not_try_for_ever(client_console: FlaskClient, gw: Gateway, account: dict) -> None:
    answers = [sign_in(client_console, account, user=f"nobody-{n}", password="x") for n in range(31)]
    assert answers[-2].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_session_ends_after_half_an_hour_of_nothing(
    client_console: FlaskClient, account: dict, clock: Any
) -> None:
    sign_in(client_console, account)
    clock.advance(minutes=29)
    assert client_console.get("/console/api/session").status_code == 200
    clock.advance(minutes=29)
    assert client_console.get("/console/api/session").status_code == 200
    clock.advance(minutes=30)
    assert client_console.get("/console/api/session").status_code == 401


def test_a_page_that_only_listens_keeps_no_session_alive(
    client_console: FlaskClient, account: dict, clock: Any
) -> None:
    sign_in(client_console, account)
    clock.advance(minutes=20)
    assert client_console.get("/console/api/status").status_code == 200
    clock.advance(minutes=20)
    assert client_console.get("/console/api/status").status_code == 401


def test_signing_out_ends_the_session_on_the_server(client_console: FlaskClient, account: dict) -> None:
    sign_in(client_console, account)
    kept = client_console.get_cookie("yaoshi")
    assert client_console.delete("/console/api/session").status_code == 204
    client_console.set_cookie("yaoshi", kept.value, domain="localhost")
    assert client_console.get("/console/api/session").status_code == 401


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("https://evil.example", id="a strange page"),
        pytest.param("http://127.0.0.1:8080", id="the wallet's page"),
        pytest.param("null", id="a page without an origin"),
    ],
)
def test_a_write_is_refused_from(origin: str, client_console: FlaskClient, account: dict) -> None:
    answer = client_console.post("/console/api/session", json=account, headers={"Origin": origin})
    assert (answer.status_code, answer.json["code"]) == (403, "origin-refused")


def test_an_authorization_header_signs_nobody_in(client_console: FlaskClient, account: dict) -> None:
    sign_in(client_console, account)
    token = client_console.get_cookie("yaoshi").value
    client_console.delete_cookie("yaoshi", domain="localhost")
    answer = client_console.get("/console/api/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_a_fresh_sign_in_lasts_five_minutes(client_console: FlaskClient, account: dict, clock: Any) -> None:
    assert sign_in(client_console, account).json["fresh"] is True
    clock.advance(minutes=5)
    assert client_console.get("/console/api/session").json["fresh"] is False
    again = client_console.post("/console/api/session/fresh", json={"password": PASSWORD})
    assert again.json["fresh_until"] == clock.now + 300_000
    assert client_console.get("/console/api/session").json["fresh"] is True


def test_a_role_that_does_not_include_a_page_is_refused(
    console_as: Callable[..., FlaskClient], institutions: list[str]
) -> None:
    answer = console_as("desk", institutions[0]).get("/console/api/audit/records")
    assert (answer.status_code, answer.json["code"]) == (403, "role-not-allowed")
