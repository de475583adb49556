"""The Consent behind a token under attack: what it tells of a patient once the grant opens nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app import compose, create_app
from gateway.operation.watermark import BEHIND, accept, read_mark, write_mark
from tests.gateway.conftest import OriginClient
from tests.gateway.disclosure.world import World, disclosures_of, give, revoke
from tests.gateway.fhir.conftest import Peer, peer, world
from tests.gateway.hostile.knocks import seen
from tests.gateway.operation.conftest import Life, Older, life, older

__all__ = ["life", "older", "peer", "world"]
ITS_NUMBER = "Consent?patient.identifier=urn:test:chart|chart-first"


@pytest.mark.parametrize("how", ["taken back", "over by time"])
def test_whose_number_it_is_is_told_no_longer_when_the_grant_is(
    how: str, peer: Peer, world: World, clock: Any
) -> None:
    grant = give(world, not_after=world.gw.clock() + 60_000)
    token = peer.token(grant)
    assert peer.get(ITS_NUMBER, token).json["total"] == 1
    if how == "taken back":
        revoke(world, grant)
    else:
        clock.advance(minutes=2)
    other = ITS_NUMBER.replace("first", "second")
    assert peer.get(ITS_NUMBER, token).json["total"] == peer.get(other, token).json["total"] == 0
    assert peer.get("Consent", token).json["total"] == 1


@pytest.mark.parametrize("number", ["first", "second"])
def test_nobody_learns_whose_number_it_is_without_an_entry_that_the_patient_sees(
    number: str, peer: Peer, world: World
) -> None:
    token = peer.token(give(world))
    before = len(disclosures_of(world))
    assert peer.get("Consent", token).json["total"] == 1
    assert len(disclosures_of(world)) == before, "the grantee holds the terms already"
    for count, name in enumerate(("patient.identifier", "patient.identifier:not"), 1):
        answer = peer.get(f"Consent?{name}=urn:test:chart|chart-{number}", token)
        assert answer.json["total"] == int((number == "first") == (name == "patient.identifier"))
        assert len(disclosures_of(world)) == before + count
        assert len(answer.headers["Yaoshi-Disclosure"]) == 64


def of(life: Life) -> Peer:
    app = create_app(gateway=life.world.gw)
    app.test_client_class = OriginClient
    return Peer(app.test_client(), life.world)


def test_an_older_ledger_calls_no_grant_active(life: Life, older: Older) -> None:
    """What was taken back meanwhile looks open again: the node says that it does not know."""
    token = of(life).token(life.grant)
    assert of(life).get(f"Consent/{life.grant}", token).json["status"] == "active"
    node = older(life)
    answer = of(life).get(f"Consent/{life.grant}", token)
    assert (answer.status_code, answer.json["issue"][0]["details"]["coding"][0]["code"]) == (503, BEHIND)
    mark = read_mark(node.settings.mark_path)
    assert mark is not None
    with node.ledger.view() as view:
        write_mark(node.settings.mark_path, accept(mark, view, node.clock()))
    node.close()
    # A person went on without the lost records: grants from before open nothing, and none is called active.
    again = compose(node.settings, node.clock, node.entropy)
    life.world = replace(life.world, gw=again)
    answer, unknown = of(life).get(f"Consent/{life.grant}", token), of(life).get(f"Consent/{'0' * 64}", token)
    assert seen(answer) == seen(unknown)
    assert (answer.status_code, of(life).get("Consent", token).json["total"]) == (404, 0)
    again.close()
