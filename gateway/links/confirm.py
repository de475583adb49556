"""Takes the phone's proof of its key, and puts the key on the ledger when the desk confirms.

docs/formats/digits.md, docs/formats/proof.md: both screens show the same digits, the phone proves its key,
the desk confirms; then link.open or link.keys. Not here: who may do it (console.references), the delay
after a rekey (consent.lifecycle). Invariants: the signed entry is stored before it is submitted and sent
again unchanged after a crash; whether an invitation is confirmed is read from the ledger, so an entry that
arrived is never forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_

from consent.vocabulary import RIGHTS
from gateway.identity.signing import sign_entry, submit_signed
from gateway.links.invite import link_mode
from gateway.references.state import state_of
from gateway.references.store import find_reference, write
from gateway.references.tables import reference as table
from ledger.compact import parse_compact
from ledger.encoding import unb64u
from ledger.errors import Malformed, Refusal
from ledger.signing import open_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway


def take_proof(gw: Gateway, row: Any, proof: str) -> Refusal | None:
    """Keep the phone's proof over {ledger, subject, institution}; a repeat changes nothing."""
    if state_of(row, gw.clock()) not in ("claimed", "proved"):
        return Refusal("reference-ended", "this invitation is not waiting for a proof")
    wanted = {"ledger": gw.ledger.id, "subject": row.link, "institution": row.institution}
    try:
        payload = open_compact(proof, "yaoshi-proof", unb64u(row.claimed_key, 32))
    except Malformed:
        payload = None
    if payload != wanted:
        return Refusal("proof-wrong", "the proof does not belong to this key, link and institution")
    write(gw, row, and_(table.c.proof.is_(None), table.c.stopped_at.is_(None)), proof=proof)
    return None


def confirm_invite(gw: Gateway, row: Any) -> Refusal | None:
    """Put the phone's key on the ledger; None once it is committed, or why it is not.

    Raises ledger.errors.Unavailable; confirming again then sends the same bytes.
    """
    row = settled(gw, row)
    if row.confirmed_at is not None:
        return None
    state = state_of(row, gw.clock())
    if state in ("stopped", "expired"):
        return Refusal("reference-ended", "this invitation has ended")
    if state != "proved":
        return Refusal("proof-pending", "the phone has not said yet that the digits are the same")
    for _ in range(2):
        entry = row.entry or _store_entry(gw, row)
        if isinstance(entry, Refusal):
            return entry
        answer = submit_signed(gw, entry)
        if not isinstance(answer, Refusal):
            write(gw, row, table.c.confirmed_at.is_(None), confirmed_at=answer.time)
            return None
        # A refused entry is dropped. A look may have opened the link meanwhile: then another kind fits.
        write(gw, row, table.c.entry == entry, entry=None)
        row = find_reference(gw, row.institution, row.reference)
        refused = Refusal(answer.code, answer.detail)
    return refused


def settled(gw: Gateway, row: Any) -> Any:
    """The row, its confirmation written down if its entry is on the ledger (a crash may come between)."""
    if row.entry is None or row.confirmed_at is not None:
        return row
    with gw.ledger.view() as view:
        if view.entry_index(parse_compact(row.entry).id) is None:
            return row
        at = view.time
    write(gw, row, table.c.confirmed_at.is_(None), confirmed_at=at)
    return find_reference(gw, row.institution, row.reference)


def invite_receipt(gw: Gateway, row: Any) -> dict[str, Any]:
    """Receipt of the committed entry of a confirmed invitation."""
    with gw.ledger.view() as view:
        index = view.entry_index(parse_compact(row.entry).id)
        receipt: dict[str, Any] = view.receipt(index)
    return receipt


def delay_until(gw: Gateway, row: Any) -> int | None:
    """When (ms) the new key of a rekey may give and manage; before the confirmation, as if it came now."""
    if row.mode != "rekey":
        return None
    limits = gw.ledger.genesis.doc["limits"]
    if row.confirmed_at is None:
        return int(gw.clock() + limits["rekey_delay_ms"])
    return int(row.confirmed_at + limits["rekey_delay_ms"])


def _store_entry(gw: Gateway, row: Any) -> str | Refusal:
    mode = link_mode(gw, row.link)
    if mode == "rekey" and row.mode != "rekey":
        # Perhaps by this very invitation, confirmed twice at once: then its entry is stored by now.
        stored = find_reference(gw, row.institution, row.reference).entry
        return stored or Refusal("link-claimed", "another phone was connected in the meantime")
    payload: dict[str, Any] = {"ledger": gw.ledger.id, "subject": row.link, "at": gw.clock()}
    if mode == "open":
        payload |= {"kind": "link.open", "institution": row.institution}
    else:
        payload |= {"kind": "link.keys", "rights": list(RIGHTS)}
    payload |= {"key": row.claimed_key, "proof": row.proof}
    entry = sign_entry(gw, row.institution, "desk", payload)
    still = and_(table.c.entry.is_(None), table.c.stopped_at.is_(None))
    if write(gw, row, still, entry=entry):
        return entry
    row = find_reference(gw, row.institution, row.reference)
    return row.entry or Refusal("reference-ended", "the invitation was stopped")
