"""A patient shows a code: the doctor's request goes to the box that it names, and asking goes on from there.

Format: /openapi.json; docs/formats/offer.md. Not here: what happens once the phone has fetched the request
(console.references, as for every other). Invariant: what was scanned is untrusted text; nothing but a code
of this ledger in its exact form leads anywhere, and it leads to an institution of the registry only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from gateway.asks.ask import make_ask
from gateway.composition import current_gateway
from gateway.console.references import Ask, question_from, shown_to
from gateway.identity.roles import current_staff, staff_required
from gateway.peers.custodian import custodian_of
from gateway.references.code import read_code
from gateway.references.store import find_reference, stop
from gateway.web.problems import raise_problem, refusal
from gateway.web.ratelimit import limit
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "console-offers", __name__, url_prefix="/console/api", description="A patient shows a code to a doctor"
)
LONGEST_CODE = 7089  # digits: what the largest QR code holds (ISO/IEC 18004)
TRIES_PER_MINUTE = 30


class Offered(Ask):
    """`code`: as typed, or the whole text of the QR code as it was scanned."""

    code = fields.String(required=True, validate=validate.Length(1, LONGEST_CODE))  # any text; kept nowhere


@blueprint.post("/offers")
@staff_required("clinician")
@blueprint.arguments(Offered())
def take(given: dict[str, Any]) -> Any:
    """Signs the question for this offer and brings it there; the patient's phone fetches it then."""
    gw, staff = current_gateway(), current_staff()
    limit(gw, f"offer-taken:{staff.id}", TRIES_PER_MINUTE)
    offer = _offer_of(gw, given["code"])
    made = make_ask(gw, staff, question_from(gw, staff, given), offer)
    if not isinstance(made, str):
        return refusal(made)
    row: Any = find_reference(gw, staff.institution, made)
    refused = _handed(gw, offer, row)
    if refused is not None:
        return refusal(refused)
    return shown_to(gw, staff, made)


def _handed(gw: Gateway, offer: dict[str, str], row: Any) -> Refusal | None:
    """Bring the request to its box; whatever comes of it but success, the request is over."""
    box = custodian_of(gw, offer["institution"])
    try:
        refused = box if isinstance(box, Refusal) else box.hand(offer["reference"], row.request)
    except Unavailable:
        stop(gw, row)  # should it have arrived, the phone finds it ended here
        raise
    if refused is not None:
        stop(gw, row)  # nobody else has heard of it
    return refused


def _offer_of(gw: Gateway, text: str) -> dict[str, str]:
    """Where the code leads: {institution, reference}; ends the request when it leads nowhere."""
    coded = read_code(text, gw.ledger.genesis.doc["wallet"], gw.ledger.id)
    with gw.ledger.view() as view:
        named = [one for one in view.institutions() if coded and one.code == coded.institution]
    if coded is None or not named:
        raise_problem("offer-code-foreign")
    return {"institution": named[0].id, "reference": coded.reference}
