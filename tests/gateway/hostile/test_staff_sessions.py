"""Staff sign-in under attack: guessing, forged cookies, other pages, other institutions, new roles."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from gateway.composition import Gateway
from gateway.identity.staff import add_staff, set_password
from gateway.identity.tables import staff_account
from tests.gateway.hostile.knocks import bare, code_of, knock, same
from tests.gateway.wallet.story import Story

PASSWORD = "correct horse battery staple"
ONE = "10.200.0.1"  # an account is locked for the address that the guesses came from
SESSION = "/console/api/session"


@pytest.fixture
def account(gw: Gateway, institutions: list[str]) -> dict[str, str]:
    add_staff(gw, institutions[0], "nurse", PASSWORD, name="护士（合成）", role="desk")
    return {"institution": institutions[0], "user": "nurse", "password": PASSWORD}


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("yaoshi", domain="localhost")
    assert found is not None
    return str(found.value)


def with_cookie(story: Story, value: str, method: str = "GET", url: str = SESSION) -> Any:
    return knock(story.gw, bare(story.app), method, url, headers={"Cookie": f"yaoshi={value}"})


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged() -> dict[str, str]:
    """Cookies that nobody of us made."""
    claims = part(
        {"sub": "0" * 64, "type": "access", "exp": 9_999_999_999, "iat": 1, "jti": "x", "fresh": False}
    )
    heads: dict[str, Any] = {
        "no algorithm": {"alg": "none", "typ": "JWT"},
        "an algorithm in odd case": {"alg": "nOnE", "typ": "JWT"},
        "a list of algorithms": {"alg": ["HS256"], "typ": "JWT"},
        "an object as algorithm": {"alg": {}, "typ": "JWT"},
        "a public-key algorithm": {"alg": "EdDSA", "typ": "JWT"},
        "a key of its own": {"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": "AA"}},
        "a number as key id": {"alg": "HS256", "typ": "JWT", "kid": 1},
        "a path as key id": {"alg": "HS256", "typ": "JWT", "kid": "../../secrets/session.key"},
        "critical members": {"alg": "HS256", "typ": "JWT", "crit": ["b64"], "b64": False},
        "a list as header": [],
        "a header nested without end": b"[" * 30_000,
        "a header of objects without end": b'{"a":' * 10_000,
        "a header that is not UTF-8": b"\xff\xfe",
        "a huge number in the header": b'{"alg":"HS256","typ":' + b"9" * 20_000 + b"}",
    }
    made = {name: f"{part(head)}.{claims}.{part(b'x' * 32)}" for name, head in heads.items()}
    made["an empty signature"] = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{claims}."
    made["an empty secret"] = jwt.encode({"sub": "0" * 64}, "x" * 32, algorithm="HS256")
    made["claims nested without end"] = f"{part({'alg': 'HS256'})}.{part(b'[' * 30_000)}.{part(b'x' * 32)}"
    made["five parts"] = "a.b.c.d.e"
    made["letters of no alphabet"] = "é.é.é"
    return made


FORGED = forged()


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED.keys())
def test_a_cookie_signs_nobody_in_that_has(town: Story, value: str) -> None:
    for method, url in (("GET", SESSION), ("DELETE", SESSION), ("POST", "/console/api/patients/search")):
        answer = with_cookie(town, value, method, url)
        assert (answer.status_code, code_of(answer)) == (401, "signin-required")


def claims_signed_by_us() -> dict[str, dict[str, Any]]:
    """As if our secret had signed something else than a session: still no way in and no fault."""
    good = {"sub": "0" * 64, "type": "access", "exp": 9_999_999_999, "iat": 1, "jti": "x", "fresh": False}
    return {
        "no subject": {name: value for name, value in good.items() if name != "sub"},
        "a number as subject": {**good, "sub": 7},
        "a list as subject": {**good, "sub": ["a"]},
        "a lone surrogate as subject": {**good, "sub": "\ud800"},
        "an ended time": {**good, "exp": 1},
        "a time that is a text": {**good, "exp": "tomorrow"},
        "a time beyond all clocks": {**good, "exp": 10**40},
        "a time not begun": {**good, "nbf": 9_999_999_999},
        "another type": {**good, "type": "refresh"},
        "no type": {name: value for name, value in good.items() if name != "type"},
        "the row's id instead of the session's word": good,
    }


SIGNED = claims_signed_by_us()


@pytest.mark.parametrize("claims", SIGNED.values(), ids=SIGNED.keys())
def test_our_own_signature_is_not_enough_with(town: Story, claims: dict[str, Any]) -> None:
    secret = town.gw.settings.session_secret_path.read_text("ascii").strip()
    head, body = part({"alg": "HS256", "typ": "JWT"}), part(claims)
    signature = jwt.api_jws.get_algorithm_by_name("HS256").sign(f"{head}.{body}".encode(), secret.encode())
    answer = with_cookie(town, f"{head}.{body}.{part(signature)}")
    assert (answer.status_code, code_of(answer)) == (401, "signin-required")


def test_a_session_is_never_the_one_that_the_browser_brought(story: Story, account: dict[str, str]) -> None:
    """Fixation: whatever cookie lies in the browser before, signing in makes a new one."""
    planted = cookie_of(story.doctor)
    client = story.client()
    client.set_cookie("yaoshi", planted, domain="localhost")
    assert client.post(SESSION, json=account).status_code == 200
    assert cookie_of(client) != planted
    assert client.get(SESSION).json["staff"]["user"] == "nurse"
    assert with_cookie(story, planted).json["institution"]["id"] == story.clinic


def test_every_sign_in_has_a_word_of_its_own(story: Story, account: dict[str, str]) -> None:
    words = set()
    for _ in range(4):
        client = story.client()
        assert client.post(SESSION, json=account).status_code == 200
        words.add(cookie_of(client))
    assert len(words) == 4


def test_the_cookie_is_for_our_pages_only(story: Story, account: dict[str, str]) -> None:
    answer = story.client().post(SESSION, json=account)
    attributes = {each.strip().partition("=")[0] for each in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite", "Path"} <= attributes
    assert "Domain" not in attributes
    assert "Max-Age" not in attributes
    assert "Expires" not in attributes
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]


def test_signing_out_ends_one_session_and_not_the_other(story: Story, account: dict[str, str]) -> None:
    here, there = story.client(), story.client()
    for client in (here, there):
        client.post(SESSION, json=account)
    stolen = cookie_of(here)
    assert here.delete(SESSION).status_code == 204
    assert with_cookie(story, stolen).status_code == 401
    assert there.get(SESSION).status_code == 200


@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", "http://127.0.0.1:8080", "http://localhost"]
)
def test_another_page_cannot_sign_anybody_in_or_out(
    story: Story, account: dict[str, str], origin: str
) -> None:
    client = story.client()
    refused = knock(story.gw, client, "POST", SESSION, json=account, headers={"Origin": origin})
    assert code_of(refused) == "origin-refused"
    assert client.get_cookie("yaoshi", domain="localhost") is None
    client.post(SESSION, json=account)
    refused = knock(story.gw, client, "DELETE", SESSION, headers={"Origin": origin})
    assert code_of(refused) == "origin-refused"
    assert client.get(SESSION).status_code == 200


def test_a_new_password_and_a_new_role_count_at_once(story: Story, account: dict[str, str]) -> None:
    client = story.client()
    client.post(SESSION, json=account)
    search = {"text": "chart-first"}
    assert client.post("/console/api/patients/search", json=search).status_code == 200
    with story.gw.db.begin() as conn:
        conn.execute(update(staff_account).where(staff_account.c.user == "nurse").values(role="auditor"))
    assert code_of(client.post("/console/api/patients/search", json=search)) == "role-not-allowed"
    set_password(story.gw, account["institution"], "nurse", "another long password")
    assert client.get(SESSION).status_code == 401


def test_a_session_of_one_institution_opens_nothing_of_another(story: Story) -> None:
    """The same person's chart at the other institution, its references and its visits."""
    phone = story.linked()
    reference, _ = story.granted(phone)
    invited = story.invite(rekey=True)["reference"]
    tries = [
        (story.desk, "GET", f"/console/api/references/{reference}"),
        (story.clinician, "GET", f"/console/api/references/{reference}"),
        (story.clinician, "GET", f"/console/api/visits/{reference}"),
        (story.clinician, "POST", f"/console/api/references/{reference}/confirm"),
        (story.doctor, "GET", f"/console/api/references/{invited}"),
        (story.doctor, "POST", f"/console/api/references/{invited}/confirm"),
        (story.sign_in("desk", story.clinic), "POST", f"/console/api/references/{invited}/confirm"),
        (story.sign_in("desk", story.clinic), "GET", f"/console/api/references/{invited}/qr.svg"),
        (story.desk, "POST", f"/console/api/patients/{story.chart}/open"),
        (story.doctor, "POST", f"/console/api/patients/{story.patient}/open"),
    ]
    for client, method, url in tries:
        answer = knock(story.gw, client, method, url)
        nobody = url.replace(reference, "00000000").replace(invited, "00000000")
        nobody = nobody.replace(story.chart, "nobody").replace(story.patient, "nobody")
        assert answer.status_code == 404, (method, url)
        assert same(answer, knock(story.gw, client, method, nobody)), (method, url)


def test_a_replacement_of_a_phone_needs_the_password_of_the_last_five_minutes(
    story: Story, account: dict[str, str]
) -> None:
    story.linked()
    client = story.client()
    client.post(SESSION, json=account)
    url = f"/console/api/patients/{story.patient}/invites"
    body = {"checks": {"document": True, "match": True, "present": True}, "rekey": True}
    story.clock.advance(minutes=5)
    assert code_of(knock(story.gw, client, "POST", url, json=body)) == "signin-fresh-required"
    wrong = knock(story.gw, client, "POST", f"{SESSION}/fresh", json={"password": "wrong" * 4})
    assert code_of(wrong) == "signin-refused"
    assert code_of(knock(story.gw, client, "POST", url, json=body)) == "signin-fresh-required"
    client.post(f"{SESSION}/fresh", json={"password": PASSWORD})
    assert knock(story.gw, client, "POST", url, json=body).status_code == 200


def test_many_guesses_at_once_lock_the_account_too(story: Story, account: dict[str, str]) -> None:
    def guess(number: int) -> int:
        wrong = {**account, "password": f"guess number {number}"}
        return int(knock(story.gw, story.client(), "POST", SESSION, address=ONE, json=wrong).status_code)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(guess, range(12)))
    assert set(answers) == {401, 429}
    locked = knock(story.gw, story.client(), "POST", SESSION, address=ONE, json=account)
    assert (locked.status_code, code_of(locked)) == (429, "signin-locked")


def test_guessing_the_password_again_within_a_session_locks_as_well(
    story: Story, account: dict[str, str]
) -> None:
    client = story.client()
    client.post(SESSION, json=account)
    for _ in range(5):
        knock(story.gw, client, "POST", f"{SESSION}/fresh", address=ONE, json={"password": "not it at all"})
    again = knock(story.gw, client, "POST", f"{SESSION}/fresh", address=ONE, json={"password": PASSWORD})
    assert code_of(again) == "signin-locked"
