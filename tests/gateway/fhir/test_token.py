"""The token endpoint: who gets a token, who gets none, and that each assertion is used once."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha384
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from gateway.fhir.tables import access_token
from gateway.fhir.token import INVALID_CLIENT, issue_token
from gateway.peers.assertion import PURPOSE_OID, PURPOSE_SYSTEMS
from ledger.encoding import b64u, unb64u
from tests.gateway.disclosure.world import HOUR_MS, World, give, revoke
from tests.gateway.fhir.conftest import Peer

ONE_TEXT_CLIENT = {"error": "invalid_client", "error_description": "The client assertion was not accepted."}
ONE_TEXT_GRANT = {
    "error": "invalid_grant",
    "error_description": "The named consent cannot be used by this client.",
}


def claims_of(assertion: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(unb64u(assertion.split(".")[1]))
    return claims


def resigned(world: World, claims: dict[str, Any], client: str | None = None) -> str:
    return world.gw.keys.sign(client or world.grantee, "peer", "JWT", claims)


def with_header(assertion: str, header: dict[str, Any], signature: bytes | None = None) -> str:
    """The assertion under another header; the signature stays unless one is given."""
    _, payload, kept = assertion.split(".")
    return f"{b64u(json.dumps(header).encode())}.{payload}.{kept if signature is None else b64u(signature)}"


def with_payload(assertion: str, payload: bytes) -> str:
    header, _, signature = assertion.split(".")
    return f"{header}.{b64u(payload)}.{signature}"


def hs384_with_public_key(world: World, assertion: str) -> str:
    header, payload = {"alg": "HS384", "kid": kid(assertion), "typ": "JWT"}, assertion.split(".")[1]
    signing_input = f"{b64u(json.dumps(header).encode())}.{payload}".encode()
    secret = world.gw.keys.public(world.grantee, "peer")
    return f"{signing_input.decode()}.{b64u(hmac.new(secret, signing_input, sha384).digest())}"


def kid(assertion: str) -> str:
    return str(json.loads(unb64u(assertion.split(".")[0]))["kid"])


Change = Callable[[World, str, dict[str, Any]], str]


def claim(**changes: Any) -> Change:
    def change(world: World, _assertion: str, claims: dict[str, Any]) -> str:
        merged = {**claims, **{name: value for name, value in changes.items() if value is not None}}
        return resigned(world, {name: merged[name] for name in merged if changes.get(name, "") is not None})

    return change


BAD_ASSERTIONS: dict[str, Change] = {
    "it is no JWT": lambda world, assertion, claims: "no-jwt",
    "it is empty text between dots": lambda world, assertion, claims: "..",
    "it is not ASCII": lambda world, assertion, claims: assertion + "é",
    "it is longer than 8 KiB": lambda world, assertion, claims: assertion + "A" * 9000,
    "its payload nests thousands of levels": lambda world, assertion, claims: with_payload(
        assertion, b"[" * 2500
    ),
    "its payload names iss twice": lambda world, assertion, claims: with_payload(
        assertion, b'{"iss":"a","iss":"b"}'
    ),
    "its payload is not UTF-8": lambda world, assertion, claims: with_payload(assertion, b'{"iss":"\xff"}'),
    "its algorithm is none": lambda world, assertion, claims: with_header(
        assertion, {"alg": "none", "kid": kid(assertion), "typ": "JWT"}, b""
    ),
    "it is HS384 with the public key as secret": lambda world, assertion, claims: hs384_with_public_key(
        world, assertion
    ),
    "its header says RS384": lambda world, assertion, claims: with_header(
        assertion, {"alg": "RS384", "kid": kid(assertion), "typ": "JWT"}
    ),
    "its kid names no key": lambda world, assertion, claims: with_header(
        assertion, {"alg": "Ed25519", "kid": "other", "typ": "JWT"}
    ),
    "its header has another type": lambda world, assertion, claims: world.gw.keys.sign(
        world.grantee, "peer", "yaoshi-login", claims
    ),
    "its header points to keys elsewhere": lambda world, assertion, claims: with_header(
        assertion,
        {"alg": "Ed25519", "kid": kid(assertion), "typ": "JWT", "jku": "https://elsewhere.example/k"},
    ),
    "its signature was changed": lambda world, assertion, claims: (
        assertion[:-2] + ("AA" if assertion[-2:] != "AA" else "BA")
    ),
    "the release key signed it": lambda world, assertion, claims: world.gw.keys.sign(
        world.grantee, "release", "JWT", claims
    ),
    "another institution signed it": lambda world, assertion, claims: resigned(world, claims, world.third),
    "its issuer is unknown": claim(iss="0" * 32, sub="0" * 32),
    "its issuer is a path": claim(iss="../" + "0" * 29, sub="../" + "0" * 29),
    "issuer and subject differ": claim(sub="0" * 32),
    "its audience has a trailing slash": lambda world, assertion, claims: resigned(
        world, {**claims, "aud": claims["aud"] + "/"}
    ),
    "its audience is another custodian's": lambda world, assertion, claims: resigned(
        world, {**claims, "aud": claims["aud"].replace(world.custodian, world.third)}
    ),
    "its audience is in other letters": lambda world, assertion, claims: resigned(
        world, {**claims, "aud": claims["aud"].upper()}
    ),
    "it has no audience": claim(aud=None),
    "it lasts 301 seconds": lambda world, assertion, claims: resigned(
        world, {**claims, "exp": claims["iat"] + 301}
    ),
    "it expired 31 seconds ago": lambda world, assertion, claims: resigned(
        world, {**claims, "iat": claims["iat"] - 331, "exp": claims["iat"] - 31}
    ),
    "it expired exactly the skew ago": lambda world, assertion, claims: resigned(
        world, {**claims, "iat": claims["iat"] - 330, "exp": claims["iat"] - 30}
    ),
    "it begins 31 seconds from now": lambda world, assertion, claims: resigned(
        world, {**claims, "iat": claims["iat"] + 31, "exp": claims["iat"] + 100}
    ),
    "it has no iat": claim(iat=None),
    "it has no exp": claim(exp=None),
    "its exp is a text": claim(exp="1767225900"),
    "its exp is true": claim(exp=True),
    "it has no jti": claim(jti=None),
    "its jti is empty": claim(jti=""),
    "its jti has 129 characters": claim(jti="x" * 129),
    "its jti holds a NUL": claim(jti="a\0b"),
    "its jti is a number": claim(jti=7),
}


@pytest.mark.parametrize("case", BAD_ASSERTIONS)
def test_a_client_is_not_believed_when(case: str, peer: Peer, world: World) -> None:
    assertion = peer.assertion(give(world))

    answer = peer.ask_token(peer.form(BAD_ASSERTIONS[case](world, assertion, claims_of(assertion))))

    assert (answer.status_code, answer.json) == (401, ONE_TEXT_CLIENT)
    assert answer.headers["Cache-Control"] == "no-store"


GOOD_ASSERTIONS: dict[str, Change] = {
    "as we write it": lambda world, assertion, claims: assertion,
    "its audience is in a list": lambda world, assertion, claims: resigned(
        world, {**claims, "aud": ["https://elsewhere.example", claims["aud"]]}
    ),
    "its jti has 128 characters": claim(jti="x" * 128),
    "it expired 29 seconds ago": lambda world, assertion, claims: resigned(
        world, {**claims, "iat": claims["iat"] - 329, "exp": claims["iat"] - 29}
    ),
    "its clock is 30 seconds ahead": lambda world, assertion, claims: resigned(
        world, {**claims, "iat": claims["iat"] + 30, "exp": claims["iat"] + 330}
    ),
}


@pytest.mark.parametrize("case", GOOD_ASSERTIONS)
def test_a_client_is_believed_when(case: str, peer: Peer, world: World) -> None:
    assertion = peer.assertion(give(world))

    answer = peer.ask_token(peer.form(GOOD_ASSERTIONS[case](world, assertion, claims_of(assertion))))

    assert answer.status_code == 200, answer.text


def b2b(**changes: Any) -> Change:
    """Members of the hl7-b2b object changed; None takes one out."""

    def change(world: World, _assertion: str, claims: dict[str, Any]) -> str:
        members = {**claims["extensions"]["hl7-b2b"], **changes}
        kept = {name: value for name, value in members.items() if value is not None}
        return resigned(world, {**claims, "extensions": {"hl7-b2b": kept}})

    return change


OID = f"{PURPOSE_OID}#TREAT"
BAD_B2B: dict[str, Change] = {
    "there are no extensions": claim(extensions=None),
    "extensions is a list": claim(extensions=[]),
    "the object is missing": claim(extensions={}),
    "its version is a number": b2b(version=1),
    "its version is 2": b2b(version="2"),
    "a member is not defined": b2b(break_glass="yes"),
    "the organisation is another": b2b(organization_id="urn:yaoshi:institution:" + "0" * 32),
    "the organisation is missing": b2b(organization_id=None),
    "there is no purpose": b2b(purpose_of_use=None),
    "the list of purposes is empty": b2b(purpose_of_use=[]),
    "there are two purposes": b2b(purpose_of_use=[OID, OID]),
    "the purpose is of another system": b2b(purpose_of_use=["urn:oid:1.2.3#TREAT"]),
    "the purpose is a text, not a list": b2b(purpose_of_use=OID),
    "the purpose is in small letters": b2b(purpose_of_use=["treat"]),
    "the reference stands without a policy": b2b(consent_policy=None),
    "there is no reference": b2b(consent_reference=None),
    "there are two references": lambda world, assertion, claims: b2b(
        consent_reference=claims["extensions"]["hl7-b2b"]["consent_reference"] * 2
    )(world, assertion, claims),
    "the reference is at another server": b2b(
        consent_reference=["https://elsewhere.example/Consent/" + "0" * 64]
    ),
    "the reference ends in no grant id": lambda world, assertion, claims: b2b(
        consent_reference=[f"{world.base}/fhir/Consent/1"]
    )(world, assertion, claims),
    "there is no person": b2b(subject_id=None),
    "the person is of another institution": b2b(subject_id="urn:yaoshi:clinician:" + "0" * 32 + "#dr-1"),
    "the person's name holds half a character": lambda world, assertion, claims: b2b(subject_name="\u0007")(
        world, assertion, claims
    ),
    "the person's name is empty": b2b(subject_name=""),
    "the person has no role": b2b(subject_role=None),
}


@pytest.mark.parametrize("case", BAD_B2B)
def test_a_request_is_malformed_when(case: str, peer: Peer, world: World) -> None:
    assertion = peer.assertion(give(world))

    answer = peer.ask_token(peer.form(BAD_B2B[case](world, assertion, claims_of(assertion))))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("purpose", [f"{system}#TREAT" for system in PURPOSE_SYSTEMS] + ["TREAT"])
def test_a_purpose_is_understood_in_each_of_its_forms(purpose: str, peer: Peer, world: World) -> None:
    assertion = peer.assertion(give(world))
    changed = b2b(purpose_of_use=[purpose])(world, assertion, claims_of(assertion))
    assert peer.ask_token(peer.form(changed)).status_code == 200


BAD_FORMS: dict[str, tuple[Callable[[dict[str, str]], Any], str]] = {
    "grant_type is another": (lambda form: {**form, "grant_type": "password"}, "unsupported_grant_type"),
    "grant_type is missing": (lambda form: without(form, "grant_type"), "invalid_request"),
    "scope is missing": (lambda form: without(form, "scope"), "invalid_request"),
    "scope is endless": (lambda form: {**form, "scope": "system/*.rs " * 400}, "invalid_request"),
    "the assertion's type is another": (
        lambda form: {**form, "client_assertion_type": "saml"},
        "invalid_request",
    ),
    "the assertion is missing": (lambda form: without(form, "client_assertion"), "invalid_request"),
    "the assertion is empty": (lambda form: {**form, "client_assertion": ""}, "invalid_request"),
    "a parameter stands twice": (
        lambda form: {**form, "scope": ["system/*.rs", "system/*.rs"]},
        "invalid_request",
    ),
    "a parameter is unknown": (lambda form: {**form, "username": "x"}, "invalid_request"),
    "nothing of the scope is left": (
        lambda form: {**form, "scope": "system/Observation.dus"},
        "invalid_scope",
    ),
}


def without(form: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in form.items() if key != name}


@pytest.mark.parametrize("case", BAD_FORMS)
def test_a_form_is_refused_when(case: str, peer: Peer, world: World) -> None:
    change, error = BAD_FORMS[case]
    answer = peer.ask_token(change(peer.form(peer.assertion(give(world)))))
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_a_udap_callers_parameter_is_accepted_and_ignored(peer: Peer, world: World) -> None:
    assert peer.ask_token(peer.form(peer.assertion(give(world)), udap="1")).status_code == 200


def test_a_body_that_is_no_form_is_refused(peer: Peer, world: World) -> None:
    answer = peer.http.post(f"/i/{world.custodian}/token", json=peer.form(peer.assertion(give(world))))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_an_authorization_header_beside_the_assertion_is_refused(peer: Peer, world: World) -> None:
    answer = peer.ask_token(peer.form(peer.assertion(give(world))), Authorization="Basic eDp5")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


UNUSABLE: dict[str, Callable[[World, Any], dict[str, str]]] = {
    "the grant is unknown": lambda world, clock: {"grant": "0" * 64},
    "the grant is another institution's": lambda world, clock: {
        "grant": give(world, terms={"grantee": world.third})
    },
    "the grant names another clinician": lambda world, clock: {"grant": give(world), "user": "dr-2"},
    "the grant names another role": lambda world, clock: {
        "grant": give(world, terms={"clinician": None, "role": "nurse"})
    },
    "the purpose is another": lambda world, clock: {"grant": give(world), "purpose": "ETREAT"},
    "the purpose does not exist": lambda world, clock: {"grant": give(world), "purpose": "ANYTHING"},
    "the grant was revoked": lambda world, clock: {"grant": revoked(world)},
    "the grant expired a second ago": lambda world, clock: {"grant": aged(world, clock, HOUR_MS + 1000)},
    "the grant expires at this very millisecond": lambda world, clock: {"grant": aged(world, clock, HOUR_MS)},
    "the grant begins in a minute": lambda world, clock: {"grant": give(world, not_before=clock() + 60_000)},
    "the grant's opening never came": lambda world, clock: {"grant": give(world, keep_opening=False)},
}


def revoked(world: World) -> str:
    grant = give(world)
    revoke(world, grant)
    return grant


def aged(world: World, clock: Any, ms: int) -> str:
    grant = give(world)
    clock.advance(ms)
    return grant


@pytest.mark.parametrize("case", UNUSABLE)
def test_one_text_answers_when(case: str, peer: Peer, world: World, clock: Any) -> None:
    claimed = UNUSABLE[case](world, clock)
    answer = peer.ask_token(peer.form(peer.assertion(**claimed)))
    assert (answer.status_code, answer.json) == (400, ONE_TEXT_GRANT)


def test_a_grant_for_a_role_serves_whoever_has_it(peer: Peer, world: World) -> None:
    grant = give(world, terms={"clinician": None, "role": "physician"})
    assert peer.token(grant, user="dr-9")


def test_the_answer_has_the_members_of_the_standard(peer: Peer, world: World) -> None:
    answer = peer.ask_token(peer.form(peer.assertion(give(world)), scope="system/Observation.rs"))
    body = dict(answer.json)
    bearer = body.pop("access_token")
    assert body == {
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "system/Observation.rs",
        "patient": world.patient_id,
    }
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    with world.gw.db.connect() as conn:
        assert bearer not in str(conn.execute(select(access_token)).all())


def test_an_assertion_gives_one_token(peer: Peer, world: World) -> None:
    form = peer.form(peer.assertion(give(world)))
    assert peer.ask_token(form).status_code == 200
    assert peer.ask_token(form).json == ONE_TEXT_CLIENT


def test_a_jti_may_come_again_once_its_assertion_has_expired(peer: Peer, world: World, clock: Any) -> None:
    grant = give(world)
    first = claim(jti="again")(world, "", claims_of(peer.assertion(grant)))
    assert peer.ask_token(peer.form(first)).status_code == 200
    clock.advance(seconds=331)
    second = claim(jti="again")(world, "", claims_of(peer.assertion(grant)))
    assert peer.ask_token(peer.form(second)).status_code == 200


def test_of_two_callers_at_once_exactly_one_gets_a_token(peer: Peer, world: World) -> None:
    grant = give(world)
    for _round in range(10):
        form, barrier = list(peer.form(peer.assertion(grant)).items()), Barrier(2)

        def ask(form: list[tuple[str, str]] = form, barrier: Barrier = barrier) -> Any:
            barrier.wait()
            return issue_token(world.gw, world.custodian, form)

        with ThreadPoolExecutor(2) as pool:
            answers = [future.result() for future in [pool.submit(ask), pool.submit(ask)]]
        assert sorted(answer is INVALID_CLIENT for answer in answers) == [False, True]


def test_a_further_token_within_the_visit_joins_it(peer: Peer, world: World) -> None:
    grant = give(world, max_visits=1)
    first, second = peer.token(grant), peer.token(grant)
    assert peer.get("Observation?patient={p}", first).status_code == 200
    assert peer.get("Observation?patient={p}", second).status_code == 200
    assert peer.get("Observation?patient={p}", peer.token(grant)).status_code == 200


def test_a_visit_that_is_over_is_not_joined_and_a_spent_grant_gives_no_token(
    peer: Peer, world: World, clock: Any
) -> None:
    grant = give(world, max_visits=1)
    assert peer.get("Observation?patient={p}", peer.token(grant)).status_code == 200
    clock.advance(minutes=30)
    assert peer.ask_token(peer.form(peer.assertion(grant))).json == ONE_TEXT_GRANT


def test_a_token_lives_for_five_minutes_and_at_its_own_custodian_only(
    peer: Peer, world: World, clock: Any
) -> None:
    token = peer.token(give(world))
    elsewhere = f"/i/{world.third}/fhir/Observation"
    assert peer.http.get(elsewhere, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    clock.advance(299_999)
    assert peer.get("Observation?patient={p}", token).status_code == 200
    clock.advance(1)
    answer = peer.get("Observation?patient={p}", token)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert answer.json["issue"][0]["code"] == "login"


def test_an_unknown_institution_has_no_token_endpoint(peer: Peer, world: World) -> None:
    assert peer.http.post(f"/i/{'0' * 32}/token", data={}).status_code == 404
