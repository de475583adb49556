"""The patient starts: a phone opens a box for one doctor's request, and takes out what was put in.

Format: docs/formats/offer.md. Invariants: a phone sees the offers of its own link only; one that is unknown,
another link's or forgotten is one answer; what the patient wants to give is never told to the institution
that keeps the box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.offers.store import extend, find_offer, make_offer, state_of, stop
from gateway.references.code import fold, typed_code
from gateway.wallet.access import current_phone, wallet_required
from gateway.wallet.cors import allow_wallet
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import limit

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "wallet-offers",
    __name__,
    url_prefix="/i/<institution>/wallet/offers",
    description="A patient's own code, for a doctor to scan",
)
blueprint.after_request(allow_wallet)
OFFERS_PER_MINUTE = 30


@blueprint.post("")
@wallet_required
def make(institution: str) -> dict[str, Any]:
    """A new offer: the reference for the QR code, the code to type, its end."""
    gw, phone = current_gateway(), current_phone()
    if phone.reading != "full":
        raise_problem("wallet-reading-ended")
    limit(gw, f"offer-made:{phone.link}", OFFERS_PER_MINUTE)
    row = make_offer(gw, institution, phone.link)
    with gw.ledger.view() as view:
        code = view.institution(institution).code
    return {
        "reference": row.reference,
        "code": typed_code(code, row.reference),
        "expires": row.expires_at,
    }


@blueprint.get("/<reference>")
@wallet_required
def state(institution: str, reference: str) -> dict[str, Any]:
    """How far the offer has come, and the request once a doctor has put one in."""
    gw, row = _mine(institution, reference)
    return _shown(gw, row)


@blueprint.post("/<reference>/extend")
@wallet_required
def more_time(institution: str, reference: str) -> dict[str, Any]:
    """Ten more minutes."""
    gw, row = _mine(institution, reference)
    if not extend(gw, row):
        raise_problem("reference-not-extendable")
    return _shown(*_mine(institution, reference))


@blueprint.post("/<reference>/stop")
@wallet_required
def stop_it(institution: str, reference: str) -> dict[str, Any]:
    """The patient left, or the phone has what was put in: the box is empty and closed."""
    gw, row = _mine(institution, reference)
    stop(gw, row)
    return _shown(*_mine(institution, reference))


def _mine(institution: str, reference: str) -> tuple[Gateway, Any]:
    gw, phone = current_gateway(), current_phone()
    name = fold(reference)
    row = find_offer(gw, institution, phone.link, name) if name is not None else None
    if row is None:
        raise_problem("offer-unknown")
    return gw, row


def _shown(gw: Gateway, row: Any) -> dict[str, Any]:
    state = state_of(row, gw.clock())
    claim = {"institution": row.claimant, "request": row.request} if state == "claimed" else None
    return {"state": state, "expires": row.expires_at, "claim": claim}
