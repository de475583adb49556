"""Gives a phone its link's log with every proof, so that the phone can check it against what it kept.

Format: docs/formats/wallet-api.md, timeline. A phone that was replaced reads up to and including the entry
that replaced it: later records and openings are cut, the newer head stays and is explained by until_seq.
Not here: checking (the phone does it), folding into lines (the phone).
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from gateway.composition import current_gateway
from gateway.disclosure.openings import openings_of_link
from gateway.glass.told import note_told
from gateway.outbox import store
from gateway.wallet.access import Phone, current_phone, wallet_required
from gateway.wallet.cors import allow_wallet
from gateway.web.schemas import StrictSchema
from ledger.encoding import MAX_INTEGER, unb64u
from ledger.entry import parse_entry
from ledger.record import decode_record

blueprint = Blueprint(
    "wallet-timeline", __name__, url_prefix="/i/<institution>/wallet", description="Who looked, with proofs"
)
blueprint.after_request(allow_wallet)


class Kept(StrictSchema):
    kept = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(1, MAX_INTEGER)
    )


@blueprint.post("/timeline")
@wallet_required
@blueprint.arguments(Kept())
def timeline(given: dict[str, int | None], institution: str) -> dict[str, Any]:
    """The link's records with inclusion, consistency with the size that the phone kept, head and registry."""
    gw, phone = current_gateway(), current_phone()
    # Before the view: what is recorded in between is in the log, never in neither.
    rows = [] if phone.until_index is not None else gw.outbox.rows(phone.link)
    with gw.ledger.view() as view:
        # No log had a size beyond its own: the phone keeps its copy, compares, and says what is wrong.
        kept = given["kept"] if given["kept"] is not None and given["kept"] <= view.size else None
        proof = view.link_proof(phone.link, kept)
        if kept != given["kept"]:
            # One phone may be wrong; several are right, and this ledger is older than it was.
            gw.log.warning("phone-kept-more", kept=given["kept"], size=view.size)
        size = view.size
        waiting = [each for each in rows if view.entry_index(each.entry.id) is None]
    with gw.db.connect() as conn:
        openings = openings_of_link(conn, phone.link)
    note_told(gw, phone.link, size, phone.until_index, {each.entry.id for each in waiting})
    return {
        **_cut(proof, openings, phone),
        "waiting": [_not_recorded(each, openings) for each in waiting],
        "time": gw.clock(),
        "reading": phone.reading,
    }


def _not_recorded(kept: store.Kept, openings: dict[str, Any]) -> dict[str, Any]:
    """An entry that the others have not recorded, as it was signed, with what opens its commitment.

    ``refused``: the code, when the ledger refused it in the end; what happened is told all the same.
    """
    opening = openings.get(kept.entry.payload.get("commitment", ""))
    return {"entry": kept.entry.text, "opening": opening, "refused": kept.refused}


def _cut(proof: dict[str, Any], openings: dict[str, Any], phone: Phone) -> dict[str, Any]:
    records, shown, until_seq = [], set(), None
    for one in proof["records"]:
        record = decode_record(unb64u(one["record"]))
        if phone.until_index is not None and record.index > phone.until_index:
            continue
        records.append(one)
        until_seq = record.seq
        commitment = _commitment(record.entry)
        if commitment is not None:
            shown.add(commitment)
    cut = {
        **proof,
        "records": records,
        "openings": {name: openings[name] for name in shown & openings.keys()},
    }
    return cut if phone.until_index is None else {**cut, "until_seq": until_seq}


def _commitment(entry: bytes) -> str | None:
    found: str | None = parse_entry(entry.decode("ascii")).payload.get("commitment")
    return found
