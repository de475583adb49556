"""Gives the grantee the proof of a disclosure that was made to it: the ledger's receipt and the opening.

docs/formats/pull.md: the grantee verifies both before it shows anything. While a release in an emergency
waits for the ledger, the signed entry stands in for the receipt. Not here: the patient's own reading of the
same opening (gateway.wallet). Invariant: only the grantee named when the opening was saved gets an answer;
for everybody else, and for every unknown id, it is ``not-granted``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Response
from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.disclosure.openings import opening_for_grantee
from gateway.fhir.peer_access import current_token, peer_required
from gateway.web.problems import raise_problem
from ledger.encoding import is_hex
from ledger.record import decode_record
from ledger.signing import peek_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint("disclosures", __name__, description="Proof of a disclosure, for its grantee")


@blueprint.get("/i/<institution>/disclosures/<entry_id>")
@peer_required
def disclosure(institution: str, entry_id: str) -> Response:
    """Receipt, or the entry that waits, and opening of one disclosure.made entry."""
    proof = proof_of_disclosure(current_gateway(), institution, current_token().client, entry_id)
    if proof is None:
        raise_problem("not-granted")
    response = Response(json.dumps(proof, ensure_ascii=False), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def proof_of_disclosure(gw: Gateway, custodian: str, grantee: str, entry_id: str) -> dict[str, Any] | None:
    """{"receipt", "opening"} of a disclosure of this custodian to this grantee, else None.

    Of one that waits for the ledger {"entry", "opening"}: the entry as the custodian signed it.
    """
    if not is_hex(entry_id, 64):
        return None
    waits = gw.outbox.find(entry_id)  # before the view: what is recorded in between is in it
    with gw.ledger.view() as view:
        index = view.entry_index(entry_id)
        if index:  # not the genesis either, which is no entry
            text = decode_record(view.record(index)).entry.decode()
            proof = {"receipt": view.receipt(index)}
        elif waits is not None:
            text, proof = waits.text, {"entry": waits.text}
        else:
            return None
    _, payload = peek_compact(text)
    if payload.get("kind") != "disclosure.made":
        return None
    with gw.db.connect() as conn:
        opening = opening_for_grantee(conn, payload["commitment"], grantee, custodian)
    return None if opening is None else {**proof, "opening": opening}
