"""A phone signs in with its link's key, and every other attempt gets one answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.signing import sign_compact
from tests.gateway.wallet.phone import WALLET, Phone
from tests.gateway.wallet.story import Story


def _replayed(phone: Phone) -> str:
    login = phone.login()
    assert phone.post("sessions", {"login": login}).status_code == 200
    return login


def _late(phone: Phone, story: Story) -> str:
    login = phone.login()
    story.clock.advance(seconds=121)
    return login


def _strange_key(phone: Phone, story: Story) -> str:
    other = story.phone()
    other.link = phone.link
    return other.login()


def _other_typ(phone: Phone) -> str:
    payload = {"ledger": phone.gw.ledger.id, "aud": phone.institution, "link": phone.link}
    nonce = phone.post("nonce", {"link": phone.link}).json["nonce"]
    return sign_compact(phone.seed, "yaoshi-entry", {**payload, "nonce": nonce, "at": phone.gw.clock()})


def _tampered(phone: Phone) -> str:
    login = phone.login()
    return login[:-6] + ("AAAAAA" if not login.endswith("AAAAAA") else "BBBBBA")


REFUSED: dict[str, Callable[[Phone, Story], str]] = {
    "the login was used before": lambda phone, story: _replayed(phone),
    "the nonce is older than two minutes": _late,
    "the key is no key of the link": _strange_key,
    "the typ is another": lambda phone, story: _other_typ(phone),
    "the link is another": lambda phone, story: phone.login(link="0" * 32),
    "the institution is another": lambda phone, story: phone.login(aud=story.clinic),
    "the ledger is another": lambda phone, story: phone.login(ledger="0" * 64),
    "the nonce is invented": lambda phone, story: phone.login(nonce="A" * 43),
    "its time is three minutes off": lambda phone, story: phone.login(at=story.clock() - 180_000),
    "its time is no number": lambda phone, story: phone.login(at="now"),
    "it says more than a login": lambda phone, story: phone.login(more="x"),
    "the signature is wrong": lambda phone, story: _tampered(phone),
    "it is no JWS": lambda phone, story: "a.b.c",
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED.keys())
def test_a_sign_in_is_refused_with_one_answer_when(
    story: Story, attempt: Callable[[Phone, Story], str]
) -> None:
    phone = story.linked()
    nobody = story.phone()
    nobody.link = "0" * 32
    refused = phone.post("sessions", {"login": attempt(phone, story)})
    unknown = nobody.sign_in()
    assert (refused.status_code, refused.data) == (unknown.status_code, unknown.data)
    assert refused.json["code"] == "wallet-signin-refused"


def test_a_nonce_is_given_for_an_unknown_link_as_for_a_known_one(story: Story) -> None:
    phone = story.linked()
    known = phone.post("nonce", {"link": phone.link})
    unknown = phone.post("nonce", {"link": "0" * 32})
    assert known.status_code == unknown.status_code == 200
    assert known.json.keys() == unknown.json.keys() == {"nonce", "time"}


def test_a_token_lives_five_minutes_and_only_at_its_institution(story: Story) -> None:
    phone = story.linked()
    bearer = phone.bearer()
    elsewhere = phone.post("timeline", {"kept": None}, story.clinic, **bearer)
    assert elsewhere.json["code"] == "wallet-token-refused"
    assert phone.post("timeline", {"kept": None}, **bearer).status_code == 200
    story.clock.advance(minutes=5)
    assert phone.post("timeline", {"kept": None}, **bearer).json["code"] == "wallet-token-refused"


def test_a_staff_cookie_opens_nothing_at_the_phones_door(story: Story) -> None:
    url = f"/i/{story.hospital}/wallet/timeline"
    answer = story.clinician.post(url, json={"kept": None}, headers={"Origin": WALLET})
    assert answer.json["code"] == "wallet-token-refused"


ORIGINS = {
    "the wallet's own page": (WALLET, WALLET),
    "another page": ("https://elsewhere.example", None),
    "the console's page": ("http://localhost:8080", None),
}


@pytest.mark.parametrize(("origin", "allowed"), ORIGINS.values(), ids=ORIGINS.keys())
def test_a_browser_is_allowed_to_read_answers_for(story: Story, origin: str, allowed: str | None) -> None:
    url = f"/i/{story.hospital}/wallet/nonce"
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = story.client().options(url, headers=headers)
    answer = story.client().post(url, json={"link": "0" * 32}, headers={"Origin": origin})
    refused = story.client().post(url, json={}, headers={"Origin": origin})
    for response in (preflight, answer, refused):
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "Origin" in response.headers["Vary"]
    assert ("POST" in preflight.headers.get("Access-Control-Allow-Methods", "")) is (allowed is not None)
