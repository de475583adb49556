"""Takes what a patient says against an emergency look at the records.

docs/formats/wallet-api.md, objections. Not here: who reads it (the privacy officers' cases).
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.glass.objections import object_to
from gateway.wallet.access import current_phone, wallet_required
from gateway.wallet.cors import allow_wallet
from gateway.web.problems import refusal
from gateway.web.ratelimit import limit
from gateway.web.schemas import HEX64, StrictSchema, Text
from ledger.errors import Refusal

blueprint = Blueprint(
    "wallet-objections", __name__, url_prefix="/i/<institution>/wallet", description="This is not right"
)
blueprint.after_request(allow_wallet)
OBJECTIONS_PER_MINUTE = 10
LONGEST_WORDS = 2000


class Objection(StrictSchema):
    glass = HEX64(required=True)
    text = Text(LONGEST_WORDS, 1, required=True)


@blueprint.post("/objections")
@wallet_required
@blueprint.arguments(Objection())
@blueprint.response(201)
def make(given: dict[str, str], institution: str) -> Any:
    """The patient's words for the privacy officers, once for each emergency."""
    gw, phone = current_gateway(), current_phone()
    limit(gw, f"objection:{phone.link}", OBJECTIONS_PER_MINUTE)
    made = object_to(gw, phone.link, phone.until_index, given["glass"], given["text"])
    return refusal(made) if isinstance(made, Refusal) else {"glass": given["glass"], "at": made}
