"""The token endpoint in an emergency: purpose BTG, no Consent, the glass beside the hl7-b2b object."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.peers.assertion import GLASS_EXTENSION, GLASS_POLICY, GRANT_POLICY
from tests.gateway.disclosure.world import World, disclosures_of, give, sign_on_phone
from tests.gateway.fhir.assertions import ONE_TEXT_GRANT, claims_of, resigned
from tests.gateway.fhir.conftest import Peer, peer, world
from tests.gateway.glass.broken import break_glass, glass_assertion

__all__ = ["peer", "world"]

TREAT = {"purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#TREAT"]}


def bearer(peer: Peer, world: World, glass: str) -> str:
    answer = peer.ask_token(peer.form(glass_assertion(world, glass)))
    assert answer.status_code == 200, answer.text
    assert answer.json["patient"] == world.patient_id
    return str(answer.json["access_token"])


def test_a_search_under_a_glass_is_a_disclosure(peer: Peer, world: World) -> None:
    glass = break_glass(world)
    answer = peer.get("Observation?patient={p}", bearer(peer, world, glass))
    assert answer.status_code == 200
    assert answer.json["total"] == 5
    assert answer.headers["Yaoshi-Disclosure"] == disclosures_of(world)[-1].entry_id


def test_a_token_is_worth_nothing_once_the_patient_stopped_it(peer: Peer, world: World) -> None:
    glass = break_glass(world)
    token = bearer(peer, world, glass)
    sign_on_phone(world, "glass.closed", glass=glass)
    answer = peer.get("Observation?patient={p}", token)
    assert answer.status_code == 404
    assert disclosures_of(world) == []
    refused = peer.ask_token(peer.form(glass_assertion(world, glass)))
    assert (refused.status_code, refused.json) == (400, ONE_TEXT_GRANT)


def test_a_next_page_is_refused_once_it_is_over(peer: Peer, world: World, clock: Any) -> None:
    glass = break_glass(world, ttl_ms=60_000)
    token = bearer(peer, world, glass)
    first = peer.get("Observation?patient={p}&_count=1", token)
    [following] = [link["url"] for link in first.json["link"] if link["relation"] == "next"]
    assert peer.get(following, token).status_code == 200
    clock.advance(seconds=60)
    assert peer.get(following, token).status_code == 404


def changed(world: World, glass: str, members: dict[str, Any], extension: Any = "kept") -> str:
    """The assertion with members of the hl7-b2b object changed (None: out) and another yaoshi-glass."""
    claims = claims_of(glass_assertion(world, glass))
    b2b = {**claims["extensions"]["hl7-b2b"], **members}
    kept = {name: value for name, value in b2b.items() if value is not None}
    extensions = {"hl7-b2b": kept, GLASS_EXTENSION: {"glass": glass}}
    if extension is None:
        del extensions[GLASS_EXTENSION]
    elif extension != "kept":
        extensions[GLASS_EXTENSION] = extension
    return resigned(world, {**claims, "extensions": extensions})


def consent(world: World, grant: str) -> dict[str, Any]:
    return {"consent_reference": [f"{world.base}/fhir/Consent/{grant}"]}


MALFORMED: dict[str, Any] = {
    "a Consent is named as well": lambda w, g: changed(w, g, consent(w, g)),
    "there is no policy": lambda w, g: changed(w, g, {"consent_policy": None}),
    "the policy is a grant's": lambda w, g: changed(w, g, {"consent_policy": [GRANT_POLICY]}),
    "there are two policies": lambda w, g: changed(w, g, {"consent_policy": [GLASS_POLICY] * 2}),
    "the glass is missing": lambda w, g: changed(w, g, {}, None),
    "the glass is a text": lambda w, g: changed(w, g, {}, g),
    "the glass is no id": lambda w, g: changed(w, g, {}, {"glass": "1"}),
    "the glass is a number": lambda w, g: changed(w, g, {}, {"glass": 1}),
    "the glass says more": lambda w, g: changed(w, g, {}, {"glass": g, "reason": "unconscious"}),
    "the purpose is treatment": lambda w, g: changed(w, g, TREAT),
    "a grant is named for treatment, with a glass beside it": lambda w, g: changed(
        w, g, {**TREAT, **consent(w, give(w)), "consent_policy": [GRANT_POLICY]}
    ),
    "there are two purposes": lambda w, g: changed(w, g, {"purpose_of_use": ["BTG", "TREAT"]}),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_request_is_malformed_when(case: str, peer: Peer, world: World) -> None:
    answer = peer.ask_token(peer.form(MALFORMED[case](world, break_glass(world))))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


UNUSABLE: dict[str, Any] = {
    "the glass is unknown": lambda w: glass_assertion(w, "0" * 64),
    "a grant is named as a glass": lambda w: glass_assertion(w, give(w)),
    "another institution names it": lambda w: glass_assertion(w, break_glass(w), client=w.third),
    "a colleague of the declarer names it": lambda w: glass_assertion(
        w, break_glass(w), user={"id": "dr-2", "name": "合成医生", "role": "physician"}
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_one_answer_is_given_when(case: str, peer: Peer, world: World) -> None:
    answer = peer.ask_token(peer.form(UNUSABLE[case](world)))
    assert (answer.status_code, answer.json) == (400, ONE_TEXT_GRANT)
