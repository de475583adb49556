"""The HTTP side of the token endpoint: form in, RFC 6749 JSON out.

SMART Backend Services; RFC 6749 sections 4.4 and 5. The errors are RFC 6749's own words, not our problems: a
client library of another maker reads them. Not here: what is checked (gateway.fhir.token).
"""

from __future__ import annotations

import json

from flask import Response, request
from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.fhir.token import INVALID_CLIENT, TokenRefusal, issue_token
from gateway.web.access import open_route
from gateway.web.bodies import FORM
from gateway.web.problems import raise_problem
from ledger.errors import Unavailable

UNAVAILABLE = TokenRefusal("temporarily_unavailable", 503, "The ledger cannot be read now. Try again.")

blueprint = Blueprint("token", __name__, description="SMART Backend Services token for one grant")


@blueprint.post("/i/<institution>/token")
@open_route("the signed client assertion is the authentication")
def token(institution: str) -> Response:
    """Access token for one grant, one purpose and one person (RFC 6749, private_key_jwt)."""
    gw = current_gateway()
    if not gw.keys.hosts(institution):
        raise_problem("not-found")
    if request.mimetype != FORM or "Authorization" in request.headers:
        return _answer(TokenRefusal("invalid_request", 400, "Send a form, and no Authorization header."))
    try:
        issued = issue_token(gw, institution, list(request.form.items(multi=True)))
    except Unavailable:
        return _answer(UNAVAILABLE, {"Retry-After": "5"})
    if isinstance(issued, TokenRefusal):
        return _answer(issued)
    return _json(issued, 200)


def _answer(refusal: TokenRefusal, headers: dict[str, str] | None = None) -> Response:
    response = _json({"error": refusal.code, "error_description": refusal.detail}, refusal.status)
    response.headers.update(headers or {})
    if refusal is INVALID_CLIENT:
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_client"'
    return response


def _json(body: dict[str, object], status: int) -> Response:
    response = Response(json.dumps(body), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
