"""Puts the same security headers on every answer.

Content-Security-Policy level 3 with Trusted Types: scripts only from our own files, connections only to
ourselves and, from the wallet, to the institutions that the ledger's registry names.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, g

from gateway.composition import Gateway
from gateway.web.hosts import WALLET
from ledger.committed import News
from ledger.heads import LINK

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; connect-src {connect}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types yaoshi"
)
PERMISSIONS = (
    "camera=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), "
    "screen-wake-lock=(self), microphone=(), geolocation=(), payment=(), usb=()"
)
FIXED = {
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ConnectSources:
    """The wallet's connect-src, renewed when the registry changes."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self.text = self._read()
        gw.ledger.subscribe(self._renew)

    def _read(self) -> str:
        with self._gw.ledger.view() as view:
            bases = [institution.base for institution in view.institutions()]
        origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, bases)}
        return " ".join(["'self'", *sorted(origins)])

    def _renew(self, news: Sequence[News]) -> None:
        if any(one.type != LINK for one in news):
            self.text = self._read()


def register_headers(app: Flask, gw: Gateway) -> None:
    """Adds the headers after every request."""
    sources = ConnectSources(gw)
    console = POLICY.format(connect="'self'")

    @app.after_request
    def harden(response: Response) -> Response:
        wallet = g.get("side") == WALLET
        response.headers["Content-Security-Policy"] = (
            POLICY.format(connect=sources.text) if wallet else console
        )
        response.headers.update(FIXED)
        if gw.settings.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        # Whatever says nothing about caching is an answer to one person.
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.pop("Server", None)
        return response
