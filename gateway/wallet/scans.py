"""Reads the QR code in a frame of a phone's camera, where the phone's browser cannot do it itself.

docs/formats/wallet-api.md, scans: for signed-in phones; one without a link uses its own camera or types the
code. The institution sees what is in the code: right for one-time codes, and they are the only ones that
the wallet scans. Not here: limits and decoding (gateway.qr).
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.qr.decode import LONGEST_BYTES
from gateway.qr.scan import answer_scan, furnish
from gateway.wallet.access import current_phone, wallet_required
from gateway.wallet.cors import allow_wallet
from gateway.web.bodies import ANY, body_type

blueprint = Blueprint(
    "wallet-scans", __name__, url_prefix="/i/<institution>/wallet", description="A code in a phone's picture"
)
blueprint.after_request(allow_wallet)
blueprint.record_once(furnish)


@blueprint.post("/scans")
@body_type(ANY, limit=LONGEST_BYTES)
@wallet_required
def scan(institution: str) -> dict[str, Any]:
    """The text of the picture's QR code, or null; the picture is not kept."""
    return answer_scan(current_gateway(), current_phone().kid)
