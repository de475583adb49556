"""Checks, for the grantee, that the ledger holds the disclosure of exactly what was received.

Formats: docs/formats/receipt.md, opening.md and pull.md.
Not here: whether grant or glass permits it (the custodian decides); what the phone checks (static/wallet).
A disclosure verifies when: (1) a checkpoint of this ledger includes the record; (2) the entry is a
disclosure.made about the link, under this grant or glass and in this visit, signed by the custodian's release
key; (3) the opening opens its commitment; (4) the opened details name this grantee, person, purpose, client
assertion and query, and exactly the texts received; (5) our own replica has the same log at that checkpoint.
In an emergency it may wait for the ledger; then, instead of (1) and (5): the entry was signed just now, and
our own outbox keeps it too, as our replica's rules allow (gateway.peers.promise).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from consent.details import is_id
from consent.under import under_state
from gateway.outbox.foresight import foresee
from gateway.peers.promise import is_of_now, keep_promises, promised
from gateway.peers.replica import checkpoint_key, fork_of
from ledger.commitment import commit
from ledger.encoding import parse_json, unb64u
from ledger.entry import Entry
from ledger.errors import Malformed, Refusal
from ledger.receipt import Proven, open_receipt

if TYPE_CHECKING:
    from gateway.composition import Gateway

LONGEST_DETAILS = 1024 * 1024


@dataclass(frozen=True)
class Expected:
    """What the grantee asked for, and the entry id that came with the answer.

    ``user`` is {id, name, role}; ``query`` the resource type with the parameters sent. ``visit`` is None for
    a pull's first answer: the custodian chooses the visit, and then stays with it.
    """

    entry_id: str
    custodian: str
    grantee: str
    under: str
    visit: str | None
    purpose: str
    assertion: str
    user: dict[str, str]
    query: tuple[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Verified:
    """A disclosure that holds: which visit it belongs to, its receipt; None while it waits for the ledger."""

    visit: str
    receipt: dict[str, Any] | None


def verify_disclosure(
    gw: Gateway, proof: dict[str, Any], expected: Expected, received: Sequence[tuple[str, str]]
) -> Verified | Refusal:
    """Whether the proof {"receipt" or "entry", "opening"} holds for the (reference, JSON text) received.

    Refuses ``disclosure-unproven``. Raises ledger.errors.Unavailable: our replica has not come that far.
    """
    opening = proof.get("opening")
    if not isinstance(opening, dict) or not all(
        isinstance(opening.get(name), str) for name in ("salt", "details")
    ):
        return _unproven("the opening has not its form")
    try:
        found = _waiting(gw, proof, expected) if "entry" in proof else _recorded(gw, proof, expected)
        if isinstance(found, str):
            return _unproven(found)
        entry = found if isinstance(found, Entry) else found.entry
        fault = _entry_fault(gw, entry, expected) or _opening_fault(entry, opening, expected, received)
        if fault is None:
            fault = keep_promises(gw, [entry]) if found is entry else fork_of(gw, found)
    except (Malformed, LookupError) as wrong:
        return _unproven(getattr(wrong, "code", "no such operator"))
    if fault is not None:
        return _unproven(fault)
    return Verified(entry.payload["visit"], None if found is entry else dict(proof["receipt"]))


def _recorded(gw: Gateway, proof: dict[str, Any], expected: Expected) -> Proven | str:
    with gw.ledger.view() as view:
        custodian = view.institution(expected.custodian)
    key = checkpoint_key(gw, custodian.operator)
    proven = open_receipt(proof.get("receipt", {}), gw.ledger.genesis.origin, key)
    if not proven.entry.signed_by(unb64u(custodian.keys["release"])):
        return "the entry is not signed by the custodian's release key"
    return proven


def _waiting(gw: Gateway, proof: dict[str, Any], expected: Expected) -> Entry | str:
    text = proof["entry"]
    if not isinstance(text, str):
        return "the entry has not its form"
    entry = promised(gw, text, expected.custodian, "release")
    if isinstance(entry, Entry) and not is_of_now(gw, entry):
        return "what waits is of another time"
    return entry


def _entry_fault(gw: Gateway, entry: Entry, expected: Expected) -> str | None:
    waiting = gw.outbox.about(expected.under)
    with gw.ledger.view() as view:
        under = under_state(foresee(view, waiting), expected.under)
    if under is None:
        return "it is under nothing that this ledger knows"
    visit, link = entry.payload.get("visit"), under.document["link"]
    same = (entry.id, entry.ledger, entry.kind, entry.subject, entry.payload.get("under")) == (
        expected.entry_id,
        gw.ledger.id,
        "disclosure.made",
        link,
        expected.under,
    )
    in_visit = visit == expected.visit if expected.visit is not None else is_id(visit)
    return None if same and in_visit else "the entry is about something else"


def _opening_fault(
    entry: Entry, opening: dict[str, str], expected: Expected, received: Sequence[tuple[str, str]]
) -> str | None:
    text = opening["details"].encode()
    if commit(unb64u(opening["salt"], 32), text) != entry.payload.get("commitment"):
        return "the opening does not open the commitment"
    details = parse_json(text, LONGEST_DETAILS)
    asked = ("grantee", "purpose", "assertion", "user")
    if any(details.get(name) != getattr(expected, name) for name in asked):
        return "the details name another ask"
    if not _is_query(details.get("query"), *expected.query):
        return "the details name another query"
    hashes = [[reference, hashlib.sha256(body.encode()).hexdigest()] for reference, body in received]
    if details.get("records") != hashes:
        return "the details name other records than those received"
    return None


def _is_query(stated: Any, resource_type: str, pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether it states the same type and parameters, in whatever order."""
    if not isinstance(stated, str):
        return False
    name, _, parameters = stated.partition("?")
    return name == resource_type and sorted(parse_qsl(parameters, keep_blank_values=True)) == sorted(pairs)


def _unproven(cause: str) -> Refusal:
    return Refusal("disclosure-unproven", cause)
