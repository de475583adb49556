"""The token endpoint: who gets a token, who gets none, and that each assertion is used once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.peers.assertion import PURPOSE_OID, PURPOSE_SYSTEMS
from tests.gateway.disclosure.world import World, give
from tests.gateway.fhir.assertions import (
    ONE_TEXT_CLIENT,
    Change,
    claim,
    claims_of,
    hs384_with_public_key,
    kid,
    resigned,
    with_header,
    with_payload,
)
from tests.gateway.fhir.conftest import Peer

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
