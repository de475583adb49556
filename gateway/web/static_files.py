"""Serves the two front ends and what a wallet needs before it can ask anything: genesis and registry.

Files are plain and unbundled; they carry an ETag and are asked for again each time (no-cache), so a new
release is never mixed with an old one; the wallet's page is always sent whole, since its headers say whom it
may reach. Nothing outside the three folders of static/ can be named.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, g, redirect, send_from_directory

from gateway.composition import current_gateway
from gateway.web.access import open_route
from gateway.web.hosts import BOTH, WALLET, on_host

blueprint = Blueprint("static_files", __name__)
FOR_ALL = "program text and public registry, the same for everybody"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
}


@blueprint.get("/")
@on_host(BOTH)
@open_route(FOR_ALL)
def root() -> Response:
    """The wallet on its host; the way to the console on the other."""
    if g.side == WALLET:
        return _wallet_page()
    return redirect("/console/")  # type: ignore[return-value]


@blueprint.get("/q")
@on_host(WALLET)
@open_route(FOR_ALL)
def scanned() -> Response:
    """Where every QR code leads; what it holds stays in the fragment and never reaches a server."""
    return _wallet_page()


@blueprint.get("/wallet/<path:name>")
@on_host(WALLET)
@open_route(FOR_ALL)
def wallet(name: str) -> Response:
    return _file("wallet", name)


@blueprint.get("/sw.js")
@on_host(WALLET)
@open_route(FOR_ALL)
def service_worker() -> Response:
    return _file("wallet", "sw.js")


@blueprint.get("/manifest.webmanifest")
@on_host(WALLET)
@open_route(FOR_ALL)
def manifest() -> Response:
    return _file("wallet", "manifest.webmanifest")


@blueprint.get("/shared/<path:name>")
@on_host(BOTH)
@open_route(FOR_ALL)
def shared(name: str) -> Response:
    return _file("shared", name)


@blueprint.get("/console/")
@open_route(FOR_ALL)
def console_page() -> Response:
    return _file("console", "index.html")


@blueprint.get("/console/<path:name>")
@open_route(FOR_ALL)
def console(name: str) -> Response:
    return _file("console", name)


@blueprint.get("/genesis.json")
@on_host(WALLET)
@open_route(FOR_ALL)
def genesis() -> Response:
    """The exact bytes whose SHA-256 is the ledger id."""
    response = Response(current_gateway().ledger.genesis_bytes, content_type="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/registry.json")
@on_host(WALLET)
@open_route(FOR_ALL)
def registry() -> dict[str, object]:
    """Which institutions there are and where they answer; the wallet checks it against the ledger."""
    gw = current_gateway()
    with gw.ledger.view() as view:
        rows = [
            {
                "id": one.id,
                "code": one.code,
                "name": one.name,
                "type": one.type,
                "base": one.base,
                "retired": one.retired,
            }
            for one in view.institutions()
        ]
        voted = view.registry_proof()
    document = gw.ledger.genesis.doc
    return {
        "ledger": gw.ledger.id,
        "name": document["name"],
        "wallet": document["wallet"],
        "institutions": rows,
        "registry": voted,
    }


def _wallet_page() -> Response:
    # A browser may keep the old Content-Security-Policy with a 304 (WebKit does with all "Content-" headers),
    # and an institution that joined since would be out of the phone's reach.
    return _file("wallet", "index.html", known=False)


def _file(folder: str, name: str, known: bool = True) -> Response:
    """A program file; `known`: who has it is told so, instead of sending it."""
    response = send_from_directory(
        current_gateway().settings.static / folder, name, conditional=known, etag=known
    )
    response.headers["Cache-Control"] = "no-cache"
    content_type = TYPES.get(Path(name).suffix)
    if content_type:
        response.headers["Content-Type"] = content_type
    return response
