"""Comes to a ledger that others began: what a member hands to a newcomer, and what the newcomer makes of it.

An invitation is a text: the ledger's genesis, and where the members' nodes are. Nothing in it is secret, and
nothing in it is believed: people compare the ledger's id, and the chain's signatures are its founders'. What
a newcomer brings is the statement of `flask consortium keys`; the members' votes let it in
(ledger.governance), and its node catches up from the first block.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.consortium.agreement import NODE, Statement
from gateway.consortium.founding import Meeting, move_in, own_statement
from gateway.identity.founding import FoundingError
from gateway.settings import Settings
from ledger.errors import Malformed
from ledger.genesis import Genesis, parse_genesis
from ledger.possession import possession_fault
from ledger.registry import Document
from ledger.rules import PROVEN, step_at
from ledger.view import View

_KIND, _VERSION = "invitation", 1


@dataclass(frozen=True)
class Invitation:
    """`nodes`: {operator id: "node id@host:port"} of the members now."""

    genesis: Genesis
    nodes: Mapping[str, str]


def invitation_text(genesis: Genesis, nodes: Mapping[str, str]) -> str:
    """What a member sends to a newcomer."""
    document = {
        "yaoshi": _KIND,
        "version": _VERSION,
        "genesis": genesis.data.decode("utf-8"),
        "nodes": dict(nodes),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def read_invitation(text: str) -> Invitation:
    """The invitation in `text`. Raises FoundingError."""
    try:
        found = json.loads(text)
        kind, version, nodes = found["yaoshi"], found["version"], found["nodes"]
        genesis = parse_genesis(found["genesis"].encode("utf-8"))
    except (ValueError, LookupError, TypeError, AttributeError, Malformed):
        raise FoundingError("This is no invitation that this release can read") from None
    well_formed = isinstance(nodes, dict) and all(
        isinstance(one, str) and NODE.fullmatch(one) for one in nodes.values()
    )
    if (kind, version) != (_KIND, _VERSION) or not well_formed or not genesis.validators:
        raise FoundingError("This is no invitation that this release can read")
    return Invitation(genesis, nodes)


def come_in(settings: Settings, invitation: Invitation, meeting: Meeting) -> str:
    """Set up this newcomer's folder; the id of its operator. Raises FoundingError, and changes nothing."""
    statement = own_statement(settings)
    own = str(statement.operators[0]["id"])
    _require_made_for(invitation.genesis, statement)
    if invitation.genesis.wallet != settings.wallet_origin:
        raise FoundingError(f"The ledger's wallet is at {invitation.genesis.wallet}: set YAOSHI_WALLET to it")
    move_in(settings, invitation.genesis, own, {**invitation.nodes, **statement.nodes}, meeting)
    return own


def _require_made_for(genesis: Genesis, statement: Statement) -> None:
    [operator] = statement.operators
    proofs = statement.proofs.get(operator["id"])
    if proofs is not None and possession_fault(genesis.id, operator["id"], operator["keys"], proofs):
        raise FoundingError("The keys that wait here were made for another ledger than this invitation's")


def changes_for(told: Statement, view: View) -> dict[str, Document]:
    """What the members vote on to let these in, by a short name; in this order, the operator joining between.

    An institution can be admitted only when its operator has joined. Raises FoundingError when the statement
    does not show that whoever made it holds its keys.
    """
    [operator] = told.operators
    changes: dict[str, Document] = {"operator": {"do": "operator.admit", "operator": operator}}
    changes |= {one["code"]: {"do": "institution.admit", "institution": one} for one in told.institutions}
    if step_at(view.get, view.size).version < PROVEN:
        return changes
    parties = {"operator": operator} | {one["code"]: one for one in told.institutions}
    for name, party in parties.items():
        proofs = told.proofs.get(party["id"], {})
        if possession_fault(view.genesis.id, party["id"], party["keys"], proofs) is not None:
            raise FoundingError(
                "The statement does not show that its keys are held by whoever made it, for this ledger. "
                "The newcomer needs the invitation first (consortium invite), and makes keys and statement "
                "for it: consortium keys --invited FILE"
            )
        changes[name]["proofs"] = proofs
    return changes


def standing_of(view: View, operator: str) -> str:
    """ "unknown", "approved" (it may join), "active", or "retired"."""
    known = {one.id: one.active for one in view.operators()}
    if operator in known:
        return "active" if known[operator] else "retired"
    return "approved" if view.get(f"approval/{operator}") is not None else "unknown"
