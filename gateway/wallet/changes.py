"""Tells a phone that something about its link changed, and nothing else: a stream, and polling as a fallback.

Server-sent events (HTML Living Standard 9.2), ETag polling. The event holds a cursor; what changed is read,
and verified, by a timeline request.
"""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.wallet.access import current_phone, wallet_required
from gateway.wallet.cors import allow_wallet
from gateway.web.events import poll_response, sse_response

blueprint = Blueprint(
    "wallet-changes", __name__, url_prefix="/i/<institution>/wallet", description="That something changed"
)
blueprint.after_request(allow_wallet)


@blueprint.get("/events")
@wallet_required
def events(institution: str) -> Response:
    """A stream of ``changed`` events, ended after a minute."""
    return sse_response(current_gateway().bus, [f"link:{current_phone().link}"])


@blueprint.get("/changes")
@wallet_required
def changes(institution: str) -> Response:
    """The cursor of the newest change, with an ETag."""
    return poll_response(current_gateway().bus, [f"link:{current_phone().link}"])
