"""Takes what a phone signed: a grant, a revocation, the end of an emergency, a change of the link's keys.

Format: docs/formats/wallet-api.md, entries; docs/formats/opening.md. The signature is the authentication,
so closing needs no sign-in. Invariants: a grant's opening is stored before its entry is submitted, and
only when it opens the commitment and states terms; whoever holds no key of a link of this institution gets
one answer, which tells nothing about any link; the same entry again gives the same receipt. What ends
something is taken at any node, and without a quorum it is kept and honoured at once (202, gateway.outbox).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from consent.state import link_state
from consent.terms import GrantTerms, parse_terms
from gateway.disclosure.openings import save_opening
from gateway.glass.telling import tell
from gateway.identity.signing import submit_signed
from gateway.outbox.closing import take_back
from gateway.outbox.foresight import Foresight, foresee
from gateway.outbox.outbox import Queued
from gateway.outbox.store import ENDS
from gateway.wallet.cors import allow_wallet
from gateway.wallet.limits import addressed, count_knock
from gateway.wallet.references import Opening
from gateway.web.access import open_route
from gateway.web.disk import refuse_when_full
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import StrictSchema
from ledger.commitment import commit
from ledger.encoding import MAX_ENTRY_BYTES, unb64u
from ledger.entry import Entry, parse_entry
from ledger.errors import Malformed, Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "wallet-entries", __name__, url_prefix="/i/<institution>/wallet", description="What a phone signs"
)
blueprint.after_request(allow_wallet)
FROM_PHONES = frozenset(
    {
        "grant.give",
        "grant.revoke",
        "glass.closed",
        "link.keys",
        "link.confirm",
        "link.contest",
        "link.close",
    }
)
# What closes a door that a patient wants closed.
CLOSING = frozenset(ENDS)
ENTRIES_PER_MINUTE = 240


class Signed(StrictSchema):
    entry = fields.String(required=True, validate=validate.Length(1, MAX_ENTRY_BYTES))
    opening = fields.Nested(Opening(), load_default=None, allow_none=True)


@blueprint.post("/entries")
@open_route("the signature of a link's key is the authentication; all but closing limited per address")
@blueprint.arguments(Signed())
@blueprint.response(201)
def submit(given: dict[str, Any], institution: str) -> Any:
    """Puts the entry on the ledger and answers with its receipt."""
    gw = addressed(institution)
    entry = _of_a_phone(gw, institution, given["entry"])
    if entry is None or not _ends_something(gw, entry):
        # Never what closes a door: neither junk from the same address nor a full disk, whose margin has room
        # for it, may keep one open that a patient closes. What ends nothing is no reason to wait for a block.
        count_knock(gw, institution, "entry", ENTRIES_PER_MINUTE)
        refuse_when_full(gw.settings)
    if entry is None:
        if gw.pulse is not None and gw.pulse.lags:
            # Said of every entry alike: another node may know the link by now, and takes it.
            raise Unavailable("ledger-lags", "this node has not received all that the others recorded")
        raise_problem("entry-refused")
    if entry.kind not in FROM_PHONES:
        raise_problem("entry-not-from-phone")
    refused = _keep_opening(gw, institution, entry, given["opening"])
    if refused is not None:
        return refusal(refused)
    answer = take_back(gw, entry) if entry.kind in CLOSING else submit_signed(gw, entry.text)
    if isinstance(answer, Refusal):
        return refusal(answer)
    if entry.kind == "glass.closed":
        tell(gw, entry.payload["glass"])
    if isinstance(answer, Queued):
        return {"entry_id": answer.entry_id, "receipt": None, "honoured": _is_ours(gw, entry)}, 202
    with gw.ledger.view() as view:
        receipt = view.receipt(answer.index)
    return {"entry_id": answer.entry_id, "receipt": receipt}


def _ends_something(gw: Gateway, entry: Entry) -> bool:
    """Whether this closing closes something, as far as can be seen from here."""
    if entry.kind not in CLOSING:
        return False
    about = entry.payload.get(ENDS[entry.kind])
    waiting = gw.outbox.about(about) if isinstance(about, str) else []
    with gw.ledger.view() as view:
        return Foresight(view, waiting).apply(entry) is None


def _is_ours(gw: Gateway, entry: Entry) -> bool:
    """Whether the records behind this link are on this node, so that nothing more leaves from now on."""
    with gw.ledger.view() as view:
        link = link_state(view, entry.subject)
    return link is not None and gw.keys.hosts(link["institution"])


def _of_a_phone(gw: Gateway, institution: str, text: str) -> Entry | None:
    """The entry, if a key of a link of this institution signed it about its own link. Closings: any link.

    A custodian's node brings its own review key's end of an emergency to the node of the one who reads.
    """
    try:
        entry = parse_entry(text)
    except Malformed:
        return None
    ends = entry.payload.get(ENDS.get(entry.kind, ""))
    waiting = gw.outbox.about(ends) if isinstance(ends, str) else []
    with gw.ledger.view() as view:
        key = view.get(f"key/{entry.kid}")
        link = foresee(view, waiting).get(f"link/{entry.subject}")
    if key is None or link is None or entry.ledger != gw.ledger.id:
        return None
    own = key["subject_type"] == "link" and key["subject"] == entry.subject
    reviewed = (
        entry.kind == "glass.closed" and key["use"] == "review" and key["subject"] == link["institution"]
    )
    here = link["institution"] == institution or entry.kind in CLOSING
    return entry if (own or reviewed) and here and entry.signed_by(unb64u(key["key"], 32)) else None


def _keep_opening(
    gw: Gateway, institution: str, entry: Entry, opening: dict[str, str] | None
) -> Refusal | None:
    if entry.kind != "grant.give":
        return None if opening is None else Refusal("entry-opening-unwanted", "only a grant has an opening")
    if opening is None:
        return Refusal("entry-opening-missing", "a grant comes with its opening")
    opened = commit(unb64u(opening["salt"], 32), opening["details"].encode("utf-8"))
    if opened != entry.payload.get("commitment"):
        return Refusal("entry-opening-wrong", "the opening does not open the commitment")
    terms = parse_terms(opening["details"])
    if not isinstance(terms, GrantTerms):
        return Refusal(terms.code, terms.detail)
    if terms.grantee == institution:
        return Refusal("grantee-is-custodian", "the grantee holds these records itself")
    with gw.ledger.view() as view:
        grantee = view.institution(terms.grantee)
    if grantee is None or grantee.retired:
        return Refusal("grantee-unknown", "the grantee is not a registered institution")
    if not _may_give(gw, entry):
        return None  # the ledger says why; what it will refuse is not kept
    with gw.db.begin() as conn:
        save_opening(
            conn, opened, institution, entry.subject, opening["salt"], opening["details"], terms.grantee
        )
    return None


def _may_give(gw: Gateway, entry: Entry) -> bool:
    """Whether the key has the right at all; whether it may use it at this moment is for the ledger."""
    with gw.ledger.view() as view:
        link = link_state(view, entry.subject)
    key = link["keys"].get(entry.kid) if link is not None else None
    return key is not None and "give" in key["rights"] and key["status"] in ("full", "waiting")
