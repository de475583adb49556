"""Reads the QR code in a frame of the console's camera, where the browser cannot do it itself.

Format: /openapi.json; the body is the picture. Not here: limits and decoding (gateway.qr).
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.identity.roles import current_staff, staff_required
from gateway.qr.decode import LONGEST_BYTES
from gateway.qr.scan import answer_scan, furnish
from gateway.web.bodies import ANY, body_type

blueprint = Blueprint(
    "console-scans", __name__, url_prefix="/console/api", description="A code in a picture of the console"
)
blueprint.record_once(furnish)


@blueprint.post("/scans")
@body_type(ANY, limit=LONGEST_BYTES)
@staff_required("clinician")
def scan() -> dict[str, Any]:
    """The text of the picture's QR code, or null; the picture is not kept."""
    return answer_scan(current_gateway(), current_staff().session)
