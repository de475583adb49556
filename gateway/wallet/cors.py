"""Lets the wallet's own origin, and no other page, call the phone's API from a browser.

Fetch Standard, CORS protocol: no credentials, so no cookie takes part; the allowed origin is the one that the
ledger's genesis names. Not here: authentication (wallet.access); the door ignores cookies altogether.
"""

from __future__ import annotations

from flask import Response, request

from gateway.composition import current_gateway

ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "ETag, Retry-After"


def allow_wallet(response: Response) -> Response:
    """Adds the CORS headers when the request came from the wallet's origin."""
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin != current_gateway().ledger.genesis.doc["wallet"]:
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    if request.method == "OPTIONS":
        response.headers.update(ALLOWED)
    return response
