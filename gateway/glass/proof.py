"""Checks, for the declaring institution, that the ledger holds the glass that a custodian answered with.

Formats: docs/formats/receipt.md, opening.md, glass.md. An answer verifies when: (1) a checkpoint of this
ledger includes the record; (2) the entry is a glass.broken of that id and length, signed by the custodian's
release key; (3) the opening opens its commitment; (4) the details say exactly what was declared; (5) our own
replica has the same log at that checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent.declaration import Declaration, glass_details
from consent.details import parse_details
from gateway.peers.replica import checkpoint_key, fork_of
from ledger.commitment import commit
from ledger.encoding import unb64u
from ledger.errors import Malformed, Refusal
from ledger.receipt import open_receipt

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.glass.receive import Broken


def answer_fault(gw: Gateway, answer: Broken, declared: Declaration, signed: str) -> Refusal | None:
    """None when the custodian's answer verifies for the declaration, as signed, that was sent.

    Raises ledger.errors.Unavailable: our own replica has not come that far.
    """
    with gw.ledger.view() as view:
        custodian = view.institution(declared.custodian)
    opening = answer.opening
    try:
        key = checkpoint_key(gw, custodian.operator)
        proven = open_receipt(answer.receipt, gw.ledger.genesis.origin, key)
        entry, payload = proven.entry, proven.entry.payload
        if not entry.signed_by(unb64u(custodian.keys["release"])):
            return _unproven("the entry is not signed by the custodian's release key")
        if (entry.id, entry.ledger, entry.kind) != (answer.glass, gw.ledger.id, "glass.broken"):
            return _unproven("the entry is another")
        if (payload.get("ttl_ms"), answer.until) != (declared.ttl_ms, proven.record.time + declared.ttl_ms):
            return _unproven("it lasts for another time")
        opened = commit(unb64u(opening["salt"], 32), opening["details"].encode())
    except (Malformed, LookupError, UnicodeEncodeError) as wrong:
        return _unproven(getattr(wrong, "code", "no such operator, or no text"))
    if opened != payload.get("commitment"):
        return _unproven("the opening does not open the commitment")
    if parse_details(opening["details"]) != glass_details(declared, signed):
        return _unproven("the details say something else than was declared")
    forked = fork_of(gw, proven)
    return _unproven(forked) if forked is not None else None


def _unproven(cause: str) -> Refusal:
    return Refusal("disclosure-unproven", cause)
