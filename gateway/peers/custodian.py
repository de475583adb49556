"""Finds the way to a custodian: on this node below HTTP, on another one over HTTP.

Decided here and nowhere else. Invariant: an institution that the ledger does not show as active is asked
nothing over the network, and no address but the registry's is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.peers.here import Here
from gateway.peers.there import There
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.peers.protocol import Custodian


def custodian_of(gw: Gateway, institution: str) -> Custodian | Refusal:
    """The way to a custodian; refuses ``institution-unknown``."""
    with gw.ledger.view() as view:
        registered = view.institution(institution)
    if registered is None:
        return Refusal("institution-unknown", "the custodian is not registered")
    if gw.keys.hosts(institution):
        return Here(gw, institution, registered.base)
    if registered.retired:
        return Refusal("institution-unknown", "the custodian is retired")
    return There(gw, institution, registered.base)
