"""Peers that ask for more than was granted: tokens, cursors, probes for what exists, and absurd searches."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.records.tables import record
from ledger.encoding import b64u
from ledger.signing import sign, thumbprint
from tests.gateway.disclosure.world import bundle, import_into
from tests.gateway.hostile.doors import assertion, peer_bearer
from tests.gateway.hostile.forge import spellings
from tests.gateway.hostile.grantee import Grantee
from tests.gateway.hostile.knocks import NAUGHTY, code_of, same, seen, size
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import Story


@pytest.fixture
def grantee(story: Story) -> Grantee:
    return Grantee(story)


def test_of_eight_uses_of_one_assertion_one_gets_a_token(grantee: Grantee) -> None:
    for _ in range(3):
        signed = assertion(grantee.story, grantee.grant)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda one: grantee.ask(one), [signed] * 8))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
        refused = [seen(answer) for answer in answers if answer.status_code == 401]
        assert refused.count(refused[0]) == 7


def test_an_assertion_is_spent_even_when_nothing_came_of_it(grantee: Grantee) -> None:
    signed = assertion(grantee.story, grantee.grant)
    assert grantee.ask(signed, scope="system/Nothing.rs").json["error"] == "invalid_scope"
    assert grantee.ask(signed).json["error"] == "invalid_client"


HEADS: dict[str, Any] = {
    "a list of algorithms": {"alg": ["EdDSA"]},
    "an object as algorithm": {"alg": {}},
    "a number as algorithm": {"alg": 1},
    "no algorithm": {"alg": None},
    "algorithm none": {"alg": "none"},
    "algorithm HS256 with the public key": {"alg": "HS256"},
    "a critical member": {"crit": ["b64"], "b64": False},
    "a critical member that is a number": {"crit": 5},
    "an empty list of critical members": {"crit": []},
    "an unencoded payload": {"b64": False},
    "its own key": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}},
    "a key as text": {"jwk": "x"},
    "an address of keys": {"jku": "https://evil.example/keys"},
    "a certificate": {"x5c": ["AAAA"]},
    "certificates that are a number": {"x5c": 1},
    "a list as key id": {"kid": ["x"]},
    "no key id": {"kid": None},
    "another type": {"typ": "yaoshi-entry"},
    "a type that is a list": {"typ": []},
    "a content type that is a number": {"cty": 1},
    "a compressed payload": {"zip": "DEF"},
}
SHAPES: dict[str, bytes] = {
    "a header that is a list": b"[]",
    "a header that is a number": b"7",
    "a header that is nothing": b"null",
    "a header that is empty": b"",
    "a header without end": b"[" * 3000,
    "a header of objects without end": b'{"a":' * 1000,
    "a header that is not UTF-8": b"\xff\xfe",
    "a header with a lone surrogate": b'{"alg":"EdDSA","kid":"\\ud800"}',
    "a header with a huge number": b'{"alg":"EdDSA","kid":' + b"9" * 5000 + b"}",
}


def peer_signed(story: Story, header: bytes, claims: bytes) -> str:
    """Truly signed by the clinic's peer key, over whatever header and claims."""
    said = f"{b64u(header)}.{b64u(claims)}"
    seed = story.gw.keys._seed(story.clinic, "peer")  # the clinic itself misbehaves
    return f"{said}.{b64u(sign(seed, said.encode()))}"


def claims_of(signed: str) -> dict[str, Any]:
    import base64

    body = signed.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def test_a_client_is_not_believed_with(grantee: Grantee) -> None:
    story = grantee.story
    kid = thumbprint(story.gw.keys.public(story.clinic, "peer"))
    nobody = grantee.ask("a.b.c")
    assert (nobody.status_code, code_of(nobody)) == (401, "invalid_client")
    headers = {
        name: json.dumps(
            {
                k: v
                for k, v in {"alg": "Ed25519", "kid": kid, "typ": "JWT", **changed}.items()
                if v is not None
            }
        ).encode()
        for name, changed in HEADS.items()
    }
    believed = {"a content type that is a number", "a compressed payload", "a certificate", "its own key"}
    for name, header in {**headers, **SHAPES}.items():
        claims = json.dumps(claims_of(assertion(story, grantee.grant))).encode()
        answer = grantee.ask(peer_signed(story, header, claims))
        # A member that we neither need nor obey changes nothing about who signed.
        if name in believed and answer.status_code == 200:
            continue
        assert same(answer, nobody), (name, answer.data)


CLAIMS: dict[str, dict[str, Any]] = {
    "another client's name": {"iss": "HOSPITAL", "sub": "HOSPITAL"},
    "a subject of its own": {"sub": "somebody"},
    "a list as issuer": {"iss": ["CLINIC"]},
    "another audience": {"aud": "https://evil.example/token"},
    "the audience of another institution": {"aud": "CLINIC-TOKEN"},
    "an object as audience": {"aud": {}},
    "audiences nested": {"aud": [["TOKEN"]]},
    "no nonce": {"jti": None},
    "a long nonce": {"jti": "x" * 129},
    "a nonce with a line break": {"jti": "a\nb"},
    "a lone surrogate as nonce": {"jti": "\ud800"},
    "a time that is a fraction": {"exp": 1.5},
    "a time that is true": {"exp": True},
    "a time beyond all clocks": {"exp": 10**30},
    "a long life": {"exp": 9_007_199_254_740_991},
    "a time that has passed": {"exp": 1, "iat": 0},
    "a beginning in the future": {"iat": 9_007_199_254_740_000, "exp": 9_007_199_254_740_001},
}


def test_a_client_is_not_believed_that_claims(grantee: Grantee) -> None:
    story = grantee.story
    kid = thumbprint(story.gw.keys.public(story.clinic, "peer"))
    header = json.dumps({"alg": "Ed25519", "kid": kid, "typ": "JWT"}).encode()
    nobody = grantee.ask("a.b.c")
    with story.gw.ledger.view() as view:
        words = {
            '"HOSPITAL"': json.dumps(story.hospital),
            '"CLINIC"': json.dumps(story.clinic),
            '"CLINIC-TOKEN"': json.dumps(f"{view.institution(story.clinic).base}/token"),
            '"TOKEN"': json.dumps(f"{view.institution(story.hospital).base}/token"),
        }
    for name, changes in CLAIMS.items():
        claims = {**claims_of(assertion(story, grantee.grant)), **changes}
        text = json.dumps({key: value for key, value in claims.items() if value is not None})
        for word, real in words.items():
            text = text.replace(word, real)
        assert same(grantee.ask(peer_signed(story, header, text.encode())), nobody), name


def test_every_grant_that_cannot_be_used_is_one_answer(grantee: Grantee) -> None:
    story = grantee.story
    unknown = grantee.ask(assertion(story, "0" * 64))
    assert (unknown.status_code, code_of(unknown)) == (400, "invalid_grant")
    doctor = {"id": "somebody else", "name": "x", "role": "clinician"}
    third = story.gw.ledger.genesis.institutions[2]["id"]
    cases = {
        "another person": assertion(story, grantee.grant, user=doctor),
        "another purpose": assertion(story, grantee.grant, purpose="HRESCH"),
        "a purpose that is no reason": assertion(story, grantee.grant, purpose="HMARKT"),
        "another institution": assertion(story, grantee.grant, client=third),
        "the custodian itself": assertion(story, grantee.grant, client=story.hospital),
    }
    for name, signed in cases.items():
        assert same(grantee.ask(signed), unknown), name
    grantee.revoke()
    assert same(grantee.ask(assertion(story, grantee.grant)), unknown)


def test_what_nobody_granted_cannot_be_told_from_what_does_not_exist(grantee: Grantee) -> None:
    story = grantee.story
    import_into(story.gw, story.hospital, bundle("second", 2))
    bearer = grantee.token()
    with story.gw.db.connect() as conn:
        rows = list(conn.execute(record.select().where(record.c.institution == story.hospital)))
    mine = [row for row in rows if row.patient_id == story.patient]
    hidden = [row for row in mine if row.type == "Observation" and (row.labels or row.kind != "laboratory")]
    others = [row for row in rows if row.patient_id != story.patient and row.type == "Observation"]
    assert len(hidden) == 2
    assert others
    unknown = grantee.get("Observation/nothing", bearer)
    assert (unknown.status_code, code_of(unknown)) == (404, "not-granted")
    for row in (*hidden, *others):
        for headers in (
            {},
            {"If-None-Match": f'W/"{row.version}"'},
            {"If-None-Match": "*"},
            {"Range": "bytes=0-1"},
        ):
            assert same(grantee.get(f"Observation/{row.id}", bearer, **headers), unknown)
        url = f"Observation?patient={story.patient}&_id={row.id}"
        none = grantee.get(f"Observation?patient={story.patient}&_id={'0' * len(row.id)}", bearer)
        assert grantee.get(url, bearer).text.replace(row.id, "0" * len(row.id)).partition('"total"')[
            2
        ] == none.text.partition('"total"')[2].replace(row.id, "0" * len(row.id))
    # Other types, other patients' demographics, and the history of all of them.
    for path in (
        f"Patient/{others[0].patient_id}",
        "Patient/nobody",
        "Observation/%00",
        "Observation/" + "a" * 65,
    ):
        assert same(grantee.get(path, bearer), unknown), path


def test_counts_and_pages_tell_only_what_was_granted(grantee: Grantee) -> None:
    story, bearer = grantee.story, grantee.token()
    search = f"Observation?patient={story.patient}"
    whole = json.loads(grantee.get(search, bearer).data)
    ids = {entry["resource"]["id"] for entry in whole["entry"]}
    assert (whole["total"], len(ids)) == (3, 3)
    counted = json.loads(grantee.get(f"{search}&_summary=count", bearer).data)
    assert counted["total"] == 3
    seen_ids, url, pages = set(), f"{search}&_count=1", 0
    while url:
        page = json.loads(grantee.get(url, bearer).data)
        seen_ids |= {entry["resource"]["id"] for entry in page["entry"]}
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
        assert page["total"] == 3
        pages += 1
    # The hidden ones make no empty page and no further link.
    assert (seen_ids, pages) == (ids, 3)
    others = json.loads(grantee.get("Observation?patient=nobody", bearer).data)
    assert others["total"] == 0


def test_a_page_is_refused_once_the_grant_is_taken_back(grantee: Grantee) -> None:
    bearer = grantee.token()
    first = grantee.get(f"Observation?patient={grantee.story.patient}&_count=1", bearer)
    grantee.revoke()
    unknown = grantee.get("Observation/nothing", bearer)
    for path in (
        grantee.next_of(first),
        f"Observation?patient={grantee.story.patient}",
        f"Patient/{grantee.story.patient}",
    ):
        assert same(grantee.get(path, bearer), unknown)


def test_a_cursor_serves_its_own_client_grant_and_type_only(grantee: Grantee) -> None:
    story, bearer = grantee.story, grantee.token()
    first = grantee.get(f"Observation?patient={story.patient}&_count=1", bearer)
    url = grantee.next_of(first)
    word = url.rpartition("=")[2]
    unknown = grantee.get("Observation?_cursor=" + "A" * 32, bearer)
    assert code_of(unknown) == "not-granted"
    second = story.ask()["reference"]
    asker = story.asker()
    _, offer = grantee.phone.give(asker.fetch(second).json["request"])
    other = peer_bearer(story, offer["grant"])
    tries = [
        (url, other),
        (url.replace("Observation", "DiagnosticReport"), bearer),
        (url.replace(word, word[:-1]), bearer),
        (url.replace(word, word + "A"), bearer),
        (url.replace(word, word.swapcase()), bearer),
        (url.replace(word, "%00"), bearer),
        (url.replace(word, "%ED%A0%80"), bearer),
        (url.replace(word, "A" * 10_000), bearer),
        *((url.replace(word, lax), bearer) for lax in spellings(word)),
    ]
    for path, headers in tries:
        assert same(grantee.get(path, headers), unknown), path[:100]
    # What stands beside a cursor neither widens nor moves the search.
    beside = json.loads(grantee.get(f"{url}&patient=nobody&_count=200", bearer).data)
    assert len(beside["entry"]) == 1
    story.clock.advance(minutes=16)
    assert code_of(grantee.get(url, bearer)) == "token-invalid"


def test_spent_visits_open_nothing_more(story: Story) -> None:
    grantee = Grantee(story, members={"max_visits": 1})
    bearer = grantee.token()
    assert grantee.get(f"Observation?patient={story.patient}", bearer).status_code == 200
    story.clock.advance(minutes=31)
    assert code_of(grantee.ask(assertion(story, grantee.grant))) == "invalid_grant"


def test_a_grant_without_its_time_opens_nothing(story: Story) -> None:
    grantee = Grantee(story, members={"not_before": story.clock() + 60_000})
    assert code_of(grantee.ask(assertion(story, grantee.grant))) == "invalid_grant"
    story.clock.advance(minutes=1)
    bearer = grantee.token()
    story.clock.advance(days=3)
    assert code_of(grantee.ask(assertion(story, grantee.grant))) == "invalid_grant"
    assert code_of(grantee.get("Observation/nothing", bearer)) == "token-invalid"


def test_a_proof_of_disclosure_is_for_the_one_it_was_made_to(grantee: Grantee) -> None:
    story, bearer = grantee.story, grantee.token()
    made = grantee.get(f"Observation?patient={story.patient}", bearer).headers["Yaoshi-Disclosure"]
    url = f"/i/{story.hospital}/disclosures/"
    unknown = grantee.get(url + "0" * 64, bearer)
    assert grantee.get(url + made, bearer).status_code == 200
    with story.gw.ledger.view() as view:
        genesis, given = story.gw.ledger.id, grantee.grant
        assert view.entry_index(given) is not None
    for entry in (genesis, given, made.upper(), made[:-1], "%00", "x" * 500):
        assert same(grantee.get(url + entry, bearer), unknown), entry


def test_a_form_for_a_token_may_hold_anything(grantee: Grantee) -> None:
    story, before = grantee.story, size(grantee.story.gw)
    for value in NAUGHTY:
        for name in ("grant_type", "scope", "client_assertion_type", "client_assertion", "more"):
            signed = "a.b.c" if name != "scope" else assertion(story, "0" * 64)
            text = value.encode("utf-8", "replace").decode()
            answer = grantee.ask(signed, **{name: text})
            assert answer.status_code in (400, 401), (name, value[:40])
    assert size(story.gw) == before


def test_whoever_holds_a_token_of_one_type_gets_no_other(grantee: Grantee) -> None:
    story = grantee.story
    answer = grantee.ask(assertion(story, grantee.grant), scope="system/Observation.r")
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}
    for path in (f"Observation?patient={story.patient}", f"Patient/{story.patient}", "MedicationRequest/x"):
        assert code_of(grantee.get(path, bearer)) == "token-scope"
    wide = grantee.ask(
        assertion(story, grantee.grant), scope="system/*.cruds user/*.* patient/*.rs system/*.*"
    )
    assert "AllergyIntolerance" not in wide.json["scope"]
    assert all(word.endswith(".rs") for word in wide.json["scope"].split())


def test_the_phone_of_a_patient_is_no_peer(grantee: Grantee) -> None:
    phone: Phone = grantee.phone
    assert code_of(grantee.get("Observation/x", phone.bearer())) == "token-invalid"
