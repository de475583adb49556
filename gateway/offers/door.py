"""Where another institution brings its doctor's request to a patient's offer.

docs/formats/offer.md, claiming. An institution on the same node calls gateway.offers.claims below HTTP.
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from gateway.offers.claims import LONGEST, claim_offer
from gateway.references.code import fold
from gateway.wallet.limits import knock
from gateway.web.access import open_route
from gateway.web.problems import raise_problem
from gateway.web.schemas import StrictSchema

blueprint = Blueprint(
    "offers", __name__, url_prefix="/i/<institution>/offers", description="A doctor elsewhere takes an offer"
)
CLAIMS_PER_MINUTE = 120


class Handed(StrictSchema):
    request = fields.String(required=True, validate=validate.Length(1, LONGEST))


@blueprint.post("/<reference>")
@open_route("the asking institution's signature is the authentication; limited per address")
@blueprint.arguments(Handed())
def claim(given: dict[str, str], institution: str, reference: str) -> dict[str, Any]:
    """Puts the request in, if the offer waits and it is the first."""
    gw = knock(institution, "offer", CLAIMS_PER_MINUTE)
    if claim_offer(gw, institution, fold(reference) or "", given["request"]) is not None:
        raise_problem("offer-unknown")
    return {"state": "claimed"}
