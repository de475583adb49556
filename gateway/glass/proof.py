"""Checks, for the declaring institution, that a custodian's answer to its declaration is what it says.

Formats: docs/formats/receipt.md, opening.md, glass.md. An answer verifies when: (1) a checkpoint of this
ledger includes the record; (2) the entry is a glass.broken of that id and length, signed by the custodian's
release key; (3) the opening opens its commitment; (4) the details say exactly what was declared; (5) our own
replica has the same log at that checkpoint. While it waits for the ledger, instead of (1) and (5): the entry
was signed just now, and our own outbox keeps it too, as our replica's rules allow (gateway.peers.promise).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent.declaration import Declaration, glass_details
from consent.details import parse_details
from consent.skew import LATE_GLASS_MS
from gateway.peers.promise import is_of_now, keep_promises, promised
from gateway.peers.replica import checkpoint_key, fork_of
from ledger.commitment import commit
from ledger.encoding import unb64u
from ledger.entry import Entry
from ledger.errors import Malformed, Refusal
from ledger.receipt import open_receipt

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.glass.receive import Broken


def answer_fault(gw: Gateway, answer: Broken, declared: Declaration, signed: str) -> Refusal | None:
    """None when the custodian's answer verifies for the declaration, as signed, that was sent.

    Raises ledger.errors.Unavailable: our own replica has not come that far, or has no room for what waits.
    """
    check = _recorded_fault if answer.entries is None else _waiting_fault
    try:
        fault = check(gw, answer, declared, signed)
    except (Malformed, LookupError, UnicodeEncodeError) as wrong:
        fault = getattr(wrong, "code", "no such operator, or no text")
    return None if fault is None else Refusal("disclosure-unproven", fault)


def _recorded_fault(gw: Gateway, answer: Broken, declared: Declaration, signed: str) -> str | None:
    with gw.ledger.view() as view:
        custodian = view.institution(declared.custodian)
    key = checkpoint_key(gw, custodian.operator)
    proven = open_receipt(answer.receipt, gw.ledger.genesis.origin, key)
    if not proven.entry.signed_by(unb64u(custodian.keys["release"])):
        return "the entry is not signed by the custodian's release key"
    until = proven.record.time + declared.ttl_ms
    return _glass_fault(gw, answer, declared, signed, proven.entry, until) or fork_of(gw, proven)


def _waiting_fault(gw: Gateway, answer: Broken, declared: Declaration, signed: str) -> str | None:
    *before, text = answer.entries or []
    glass = promised(gw, text, declared.custodian, "release")
    opened = [promised(gw, each, declared.custodian, "desk") for each in before]
    if isinstance(glass, str):
        return glass
    entries = [each for each in (*opened, glass) if isinstance(each, Entry)]
    if len(entries) != len(opened) + 1 or any(each.kind != "link.open" for each in entries[:-1]):
        return "what waits before it is not the opening of its link"
    if any(each.subject != glass.subject for each in entries) or not is_of_now(gw, glass):
        return "what waits is of another time, or about another link"
    until = glass.at + min(declared.ttl_ms, LATE_GLASS_MS)
    return _glass_fault(gw, answer, declared, signed, glass, until) or keep_promises(gw, entries)


def _glass_fault(
    gw: Gateway, answer: Broken, declared: Declaration, signed: str, entry: Entry, until: int
) -> str | None:
    opening, payload = answer.opening, entry.payload
    if (entry.id, entry.ledger, entry.kind) != (answer.glass, gw.ledger.id, "glass.broken"):
        return "the entry is another"
    if (payload.get("ttl_ms"), answer.until) != (declared.ttl_ms, until):
        return "it lasts for another time"
    opened = commit(unb64u(opening["salt"], 32), opening["details"].encode())
    if opened != payload.get("commitment"):
        return "the opening does not open the commitment"
    if parse_details(opening["details"]) != glass_details(declared, signed):
        return "the details say something else than was declared"
    return None
