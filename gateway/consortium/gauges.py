"""What a monitor draws of a ledger that several hospitals keep: numbers of machines, nothing of anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.consortium.pulse import level_of
from gateway.outbox.store import counts

if TYPE_CHECKING:
    from gateway.composition import Gateway

Gauge = tuple[str, str, float]


def gauges(gw: Gateway) -> Iterator[Gauge]:
    """(name, meaning, value) of each; none where one operator keeps the ledger."""
    if gw.pulse is None:
        return
    with gw.db.connect() as conn:
        waiting, refused = counts(conn)
    yield "yaoshi_outbox_waiting", "Entries that wait for a quorum, durably", waiting
    yield "yaoshi_outbox_refused", "Entries that waited and were refused in the end", refused
    in_flight = getattr(gw.ledger, "in_flight", None)  # a node that was halted hands in nothing
    if in_flight is not None:
        yield "yaoshi_entries_in_flight", "Entries handed in and not answered yet", in_flight
    found = gw.pulse.measures()
    yield "yaoshi_consensus_up", "Whether the consensus node answers", found is not None
    if found is None:
        return
    age = max(0, gw.clock() - found.newest) / 1000
    yield "yaoshi_consensus_height", "Newest block here", found.height
    yield "yaoshi_consensus_others_height", "Newest block of the others", level_of(found)
    yield "yaoshi_consensus_block_age_seconds", "Age of the newest block here", age
    yield "yaoshi_consensus_peers", "Members' nodes that are connected", len(found.peers)
    yield "yaoshi_consensus_mempool_transactions", "Transactions that wait for a block", found.mempool
    yield "yaoshi_consensus_validators", "Validators of the newest block", found.validators
    yield "yaoshi_consensus_unsigned", "Validators who did not sign the newest block", found.unsigned
