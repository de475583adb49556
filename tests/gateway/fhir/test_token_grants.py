"""Which grants give a token, and what a token is worth: one text for all that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from gateway.fhir.tables import access_token
from gateway.fhir.token import INVALID_CLIENT, issue_token
from tests.gateway.disclosure.world import HOUR_MS, World, give, revoke
from tests.gateway.fhir.assertions import (
    ONE_TEXT_CLIENT,
    ONE_TEXT_GRANT,
    claim,
    claims_of,
)
from tests.gateway.fhir.conftest import Peer

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
