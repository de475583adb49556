"""The state of the machine for whoever sits at a screen: ready or not, and what to do."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.identity.roles import staff_required
from gateway.web.health import health_of

blueprint = Blueprint("status", __name__, url_prefix="/console/api", description="State of the node")


@blueprint.get("/status")
@staff_required()
def status() -> dict[str, Any]:
    """Ready, and the warnings with what to do."""
    return health_of(current_gateway()).to_dict()
