"""Phones that sign in with what is not theirs: one answer for all; a token opens one link at one place."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ledger.signing import public_key, sign_compact, thumbprint
from tests.gateway.hostile.doors import linked_at_clinic, peer_bearer
from tests.gateway.hostile.forge import compact, head, spellings
from tests.gateway.hostile.knocks import code_of, from_wallet, knock, same, size
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import Story

SKEW = 120_000
Make = Callable[[Phone, Story], str]


def sign_in(story: Story, login: str, institution: str | None = None) -> Any:
    url = f"/i/{institution or story.hospital}/wallet/sessions"
    return knock(story.gw, story.client(), "POST", url, json={"login": login}, headers=from_wallet())


def signed(phone: Phone, seed: bytes | None = None, typ: str = "yaoshi-login", **changes: Any) -> str:
    """A right login but for the changes (None leaves a member out)."""
    payload = {
        "ledger": phone.gw.ledger.id,
        "aud": phone.institution,
        "link": phone.link,
        "nonce": phone.post("nonce", {"link": phone.link}).json["nonce"],
        "at": phone.gw.clock(),
        **changes,
    }
    return sign_compact(
        seed or phone.seed, typ, {name: value for name, value in payload.items() if value is not None}
    )


def used_nonce(phone: Phone, story: Story) -> str:
    login = signed(phone)
    assert sign_in(story, login).status_code == 200
    return login


def old_nonce(phone: Phone, story: Story) -> str:
    nonce = phone.post("nonce", {"link": phone.link}).json["nonce"]
    story.clock.advance(ms=SKEW)
    return signed(phone, nonce=nonce)


def of_another_link(phone: Phone, story: Story) -> str:
    nonce = phone.post("nonce", {"link": "0" * 32}).json["nonce"]
    return signed(phone, nonce=nonce)


def of_another_institution(phone: Phone, story: Story) -> str:
    nonce = phone.post("nonce", {"link": phone.link}, story.clinic).json["nonce"]
    return signed(phone, nonce=nonce)


def with_a_strange_header(**changes: Any) -> Make:
    def make(phone: Phone, story: Story) -> str:
        payload = {
            "ledger": phone.gw.ledger.id,
            "aud": phone.institution,
            "link": phone.link,
            "nonce": phone.post("nonce", {"link": phone.link}).json["nonce"],
            "at": phone.gw.clock(),
        }
        return compact(phone.seed, head(phone.seed, **{"typ": "yaoshi-login", **changes}), payload)

    return make


LOGINS: dict[str, Make] = {
    "no login at all": lambda phone, story: "a.b.c",
    "a key that nobody knows": lambda phone, story: signed(phone, story.phone().seed),
    "a link that does not exist": lambda phone, story: signed(phone, link="0" * 32),
    "a link that is a place in the state": lambda phone, story: signed(phone, link=f"../key/{phone.link}"),
    "a link that is a list": lambda phone, story: signed(phone, link=[phone.link]),
    "a lone surrogate": lambda phone, story: signed(phone).replace("e", "é", 1),
    "somebody else's link": lambda phone, story: signed(phone, linked_at_clinic(story).seed),
    "an institution's key": lambda phone, story: story.gw.keys.sign(
        story.hospital, "desk", "yaoshi-login", {}
    ),
    "another audience": lambda phone, story: signed(phone, aud=story.clinic),
    "a list of audiences": lambda phone, story: signed(phone, aud=[story.hospital]),
    "another ledger": lambda phone, story: signed(phone, ledger="0" * 64),
    "a nonce that was used": used_nonce,
    "a nonce that is too old": old_nonce,
    "a nonce of another link": of_another_link,
    "a nonce of another institution": of_another_institution,
    "a nonce that was never given": lambda phone, story: signed(phone, nonce="A" * 43),
    "a nonce that is a number": lambda phone, story: signed(phone, nonce=7),
    "no nonce": lambda phone, story: signed(phone, nonce=None),
    "a time two minutes and a millisecond ago": lambda phone, story: signed(
        phone, at=story.clock() - SKEW - 1
    ),
    "a time two minutes and a millisecond ahead": lambda phone, story: signed(
        phone, at=story.clock() + SKEW + 1
    ),
    "a time that is true": lambda phone, story: signed(phone, at=True),
    "a time that is a text": lambda phone, story: signed(phone, at=str(story.clock())),
    "no time": lambda phone, story: signed(phone, at=None),
    "a member too many": lambda phone, story: signed(phone, more=1),
    "the typ of an entry": lambda phone, story: signed(phone, typ="yaoshi-entry"),
    "the typ of a proof": lambda phone, story: signed(phone, typ="yaoshi-proof"),
    "an entry": lambda phone, story: phone.entry("grant.revoke", grant="0" * 64),
    "algorithm none": with_a_strange_header(alg="none"),
    "algorithm EdDSA": with_a_strange_header(alg="EdDSA"),
    "a header member too many": with_a_strange_header(crit=[]),
    "its own key in the header": with_a_strange_header(jwk={"x": "A" * 43}),
    "another spelling of its signature": lambda phone, story: spelt(signed(phone)),
}


def spelt(login: str) -> str:
    said, _, signature = login.rpartition(".")
    return f"{said}.{spellings(signature)[0]}"


def test_one_answer_for_every_sign_in_that_has(story: Story) -> None:
    phone = story.linked()
    nobody = sign_in(story, "x")
    assert (nobody.status_code, code_of(nobody)) == (401, "wallet-signin-refused")
    for name, make in LOGINS.items():
        login = make(phone, story)
        assert same(sign_in(story, login), nobody), name
    assert sign_in(story, signed(phone)).status_code == 200


def test_a_nonce_looks_the_same_for_a_link_that_does_not_exist(story: Story) -> None:
    phone = story.linked()
    url = f"/i/{story.hospital}/wallet/nonce"
    answers = [
        knock(story.gw, story.client(), "POST", url, json={"link": link}, headers=from_wallet())
        for link in (phone.link, "0" * 32, linked_at_clinic(story).link)
    ]
    shapes = {(one.status_code, len(one.data), tuple(sorted(one.json)), one.json["time"]) for one in answers}
    assert len(shapes) == 1
    assert len({one.json["nonce"] for one in answers}) == 3


def test_of_eight_uses_of_one_login_one_signs_in(story: Story) -> None:
    phone = story.linked()
    login = signed(phone)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(story, login).status_code, range(8)))
    assert sorted(answers) == [200] + [401] * 7


@pytest.mark.parametrize("moved", [-SKEW, SKEW])
def test_a_clock_that_is_two_minutes_off_signs_in(story: Story, moved: int) -> None:
    phone = story.linked()
    assert sign_in(story, signed(phone, at=story.clock() + moved)).status_code == 200


DOORS = [("POST", "timeline"), ("POST", "records"), ("GET", "changes"), ("GET", "events")]


def at(story: Story, institution: str, method: str, path: str, bearer: dict[str, str]) -> Any:
    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    url = f"/i/{institution}/wallet/{path}"
    return knock(story.gw, story.client(), method, url, headers=from_wallet(**bearer), **body)


def test_a_token_opens_its_own_institution_until_its_end(story: Story) -> None:
    phone, other = story.linked(), linked_at_clinic(story)
    _, offer = story.granted(phone)
    mine, theirs, peers = phone.bearer(), other.bearer(), peer_bearer(story, offer["grant"])
    refused = at(story, story.hospital, "POST", "timeline", {})
    for method, path in DOORS:
        for bearer in (theirs, peers, {}, {"Authorization": "Bearer " + "A" * 43}):
            answer = at(story, story.hospital, method, path, bearer)
            assert (answer.status_code, answer.data) == (401, refused.data), path
        assert at(story, story.clinic, method, path, mine).status_code == 401
    story.clock.advance(minutes=5)
    for method, path in DOORS:
        assert at(story, story.hospital, method, path, mine).status_code == 401


def test_a_token_shows_its_own_link_and_no_other(story: Story) -> None:
    phone, other = story.linked(), linked_at_clinic(story)
    shown = at(story, story.hospital, "POST", "timeline", phone.bearer()).text
    assert phone.link in shown
    assert other.link not in shown
    # The links of the same person at two institutions share nothing that a custodian could join.
    theirs = at(story, story.clinic, "POST", "timeline", other.bearer()).text
    assert phone.link not in theirs
    assert thumbprint(public_key(phone.seed)) not in theirs


def test_a_token_of_a_key_that_was_just_removed_reads_no_further(story: Story) -> None:
    phone = story.linked()
    second = story.phone()
    second.link = phone.link
    members = {"key": second.key, "rights": ["give"], "proof": second.proof()}
    assert phone.submit("link.keys", **members).status_code == 201
    bearer = second.bearer()
    assert phone.submit("link.keys", remove=thumbprint(public_key(second.seed))).status_code == 201
    assert code_of(at(story, story.hospital, "POST", "records", bearer)) == "wallet-reading-ended"
    _, offer = story.granted(phone)
    read = at(story, story.hospital, "POST", "timeline", bearer).json
    assert read["reading"] == "until-removed"
    assert offer["opening"]["details"] not in str(read["openings"])
    assert len(read["records"]) == 3


def test_a_kept_size_that_is_no_size_is_refused(story: Story) -> None:
    phone = story.linked()
    url, bearer = f"/i/{story.hospital}/wallet/timeline", phone.bearer()
    for kept in (0, -1, 2**53, True, "1", 1.5, [1], {}):
        body = {"kept": kept}
        answer = knock(story.gw, story.client(), "POST", url, json=body, headers=from_wallet(**bearer))
        assert code_of(answer) in ("request-invalid", "json-malformed"), kept


def test_a_kept_size_beyond_the_log_proves_nothing_and_harms_nothing(story: Story) -> None:
    phone = story.linked()
    assert phone.timeline(2**53 - 1)["consistency"] == []
    assert phone.timeline(size(story.gw))["consistency"] == []
