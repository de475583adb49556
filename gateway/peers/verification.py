"""Checks, for the grantee, that the ledger holds the disclosure of exactly what was received.

Formats: docs/formats/receipt.md, opening.md and pull.md.
Not here: whether grant or glass permits it (the custodian decides); what the phone checks (static/wallet).
A disclosure verifies when: (1) a checkpoint of this ledger includes the record; (2) the entry is a
disclosure.made about the link, under this grant or glass and in this visit, signed by the custodian's release
key; (3) the opening opens its commitment; (4) the opened details name this grantee, purpose, client assertion
and exactly the texts received.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consent.under import under_state
from ledger.commitment import commit
from ledger.encoding import parse_json, unb64u
from ledger.errors import Malformed, Refusal
from ledger.receipt import Proven, open_receipt

LONGEST_DETAILS = 1024 * 1024


@dataclass(frozen=True)
class Expected:
    """What the grantee asked for, and the entry id that came with the answer."""

    entry_id: str
    custodian: str
    grantee: str
    under: str
    visit: str
    purpose: str
    assertion: str


def verify_disclosure(
    engine: Any, proof: dict[str, Any], expected: Expected, received: Sequence[tuple[str, str]]
) -> Refusal | None:
    """None when the proof {"receipt", "opening"} verifies for the (reference, JSON text) pairs received."""
    with engine.view() as view:
        custodian = view.institution(expected.custodian)
        under = under_state(view, expected.under)
    if under is None:
        return _unproven("it is under nothing that this ledger knows")
    opening = proof.get("opening")
    if not isinstance(opening, dict) or not all(
        isinstance(opening.get(name), str) for name in ("salt", "details")
    ):
        return _unproven("the opening has not its form")
    try:
        key = engine.genesis.checkpoint_key(custodian.operator)
        proven = open_receipt(proof.get("receipt"), engine.genesis.origin, key)
        if not proven.entry.signed_by(unb64u(custodian.keys["release"])):
            return _unproven("the entry is not signed by the custodian's release key")
        if not _is_expected(proven, expected, engine.id, under.document["link"]):
            return _unproven("the entry is about something else")
        return _opening_fault(proven, opening, expected, received)
    except Malformed as malformed:
        return _unproven(malformed.code)


def _is_expected(proven: Proven, expected: Expected, ledger_id: str, link: str) -> bool:
    entry = proven.entry
    return (entry.id, entry.ledger, entry.kind, entry.subject) == (
        expected.entry_id,
        ledger_id,
        "disclosure.made",
        link,
    ) and (entry.payload.get("under"), entry.payload.get("visit")) == (expected.under, expected.visit)


def _opening_fault(
    proven: Proven, opening: dict[str, str], expected: Expected, received: Sequence[tuple[str, str]]
) -> Refusal | None:
    text = opening["details"].encode()
    if commit(unb64u(opening["salt"], 32), text) != proven.entry.payload.get("commitment"):
        return _unproven("the opening does not open the commitment")
    details = parse_json(text, LONGEST_DETAILS)
    if any(details.get(name) != getattr(expected, name) for name in ("grantee", "purpose", "assertion")):
        return _unproven("the details name another ask")
    hashes = [[reference, hashlib.sha256(body.encode()).hexdigest()] for reference, body in received]
    if details.get("records") != hashes:
        return _unproven("the details name other records than those received")
    return None


def _unproven(cause: str) -> Refusal:
    return Refusal("disclosure-unproven", cause)
