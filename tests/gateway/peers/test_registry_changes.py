"""Who may ask, who is asked and where: as the ledger's registry says at this moment, at every node."""

from __future__ import annotations

from typing import Any

from gateway.identity.signing import submit_signed
from ledger.committed import Committed
from tests.gateway.peers.story import Story
from tests.gateway.peers.town import Town


def decide(town: Town, change: dict[str, Any]) -> None:
    """The first operator proposes, all vote for it."""
    operators = [one["id"] for one in town.a.gw.ledger.genesis.operators]
    proposal = None
    for node, operator in zip(town.nodes, operators, strict=True):
        said: dict[str, Any] = {"ledger": node.gw.ledger.id, "subject": operator, "at": town.clock()}
        if proposal is None:
            said |= {"kind": "operator.propose", "change": change}
        else:
            said |= {"kind": "operator.vote", "proposal": proposal, "accept": True}
        done = submit_signed(node.gw, node.gw.keys.sign(operator, "vote", "yaoshi-entry", said))
        assert isinstance(done, Committed), done
        proposal = proposal or done.entry_id


def test_a_retired_institution_gets_nothing_any_more(among: Story) -> None:
    a, b = among.town.a, among.town.b
    reference, _ = among.granted(among.linked(a))
    decide(among.town, {"do": "institution.retire", "institution": b.institution})

    [source] = among.seen(reference)["sources"]

    assert (source["state"], source["items"]) == ("refused", [])
    assert [each.path.rpartition("/")[2] for each in a.heard][-1] == "token"


def test_a_retired_custodian_is_not_asked(among: Story) -> None:
    a = among.town.a
    reference, _ = among.granted(among.linked(a))
    decide(among.town, {"do": "institution.retire", "institution": a.institution})
    a.heard.clear()

    [source] = among.seen(reference)["sources"]

    assert (source["state"], a.heard) == ("refused", [])


def test_the_registry_says_where_an_institution_is_asked(among: Story) -> None:
    a, c = among.town.a, among.town.c
    reference, _ = among.granted(among.linked(a))
    moved = f"{c.gw.settings.console_origin}/i/{a.institution}"
    decide(among.town, {"do": "institution.change", "institution": a.institution, "base": moved})
    a.heard.clear()

    answer = among.look(reference)

    assert (answer.status_code, answer.json["code"]) == (503, "custodian-unreachable")
    assert a.heard == []
    assert [each.path for each in c.heard] == [f"/i/{a.institution}/token"]
