"""The ledger's public face: whoever keeps a checkpoint can later show that the log was rewritten.

C2SP tlog-checkpoint and tlog-tiles. Leaves are hashes of hashes, so tiles tell a stranger nothing; records of
links are not here. The records of operators and institutions are, for they say whose key is whose.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.ledger_door.tiles import is_present, parse_tile
from gateway.web.access import open_route
from gateway.web.problems import raise_problem

blueprint = Blueprint("ledger", __name__, url_prefix="/ledger", description="The log, for everybody")
PUBLIC = "hashes and registry only: public by design, so that anybody can watch the log"


@blueprint.get("/genesis")
@open_route(PUBLIC)
def genesis() -> Response:
    """The exact bytes whose SHA-256 is the ledger id."""
    return _answer(current_gateway().ledger.genesis_bytes, "application/json", "public, max-age=3600")


@blueprint.get("/checkpoint")
@open_route(PUBLIC)
def checkpoint() -> Response:
    """The newest checkpoint, a C2SP signed note."""
    with current_gateway().ledger.view() as view:
        note = view.checkpoint()
    return _answer(note.encode(), "text/plain; charset=utf-8", "no-cache")


@blueprint.get("/tile/<path:name>")
@open_route(PUBLIC)
def tile(name: str) -> Response:
    """Hashes of one tile, 32 bytes each (tlog-tiles)."""
    wanted = parse_tile(name)
    if wanted is None:
        raise_problem("tile-unknown")
    with current_gateway().ledger.view() as view:
        if not is_present(wanted, view.size):
            raise_problem("tile-unknown")
        data = view.tile(wanted.level, wanted.index, wanted.width)
    return _answer(data, "application/octet-stream", "public, max-age=31536000, immutable")


@blueprint.get("/registry")
@open_route(PUBLIC)
def registry() -> dict[str, Any]:
    """Operators and institutions as they are now, with the records that made them so."""
    gw = current_gateway()
    with gw.ledger.view() as view:
        institutions = [
            {
                "id": one.id,
                "code": one.code,
                "name": one.name,
                "type": one.type,
                "base": one.base,
                "operator": one.operator,
                "keys": one.keys,
                "retired": one.retired,
            }
            for one in view.institutions()
        ]
        operators = [
            {"id": one.id, "name": one.name, "keys": one.keys, "active": one.active}
            for one in view.operators()
        ]
        return {
            "ledger": gw.ledger.id,
            "size": view.size,
            "checkpoint": view.checkpoint(),
            "operators": operators,
            "institutions": institutions,
        }


def _answer(data: bytes, content_type: str, cache: str) -> Response:
    response = Response(data, content_type=content_type)
    response.headers["Cache-Control"] = cache
    return response
