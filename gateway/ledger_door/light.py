"""What a phone or another hospital needs to check the log against the validators' own signatures.

docs/formats/light-block.md. Only a ledger among hospitals has it. Headers and votes are public by design:
they name no patient, and whoever may read the checkpoint may know who signed it. The wallet reads this across
origins; nothing here is believed because this node says it.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.ledger_door.door import PUBLIC
from gateway.ledger_door.signed import signed_block
from gateway.wallet.cors import allow_wallet
from gateway.web.access import open_route
from gateway.web.problems import raise_problem
from ledger.encoding import MAX_INTEGER, b64u

blueprint = Blueprint("light", __name__, url_prefix="/ledger", description="What the validators signed")
blueprint.after_request(allow_wallet)
_LONGEST = len(str(MAX_INTEGER))


@blueprint.get("/light")
@open_route(PUBLIC)
def newest() -> Response:
    """The newest block: header, votes, validators, and the log's size and root that the header names."""
    return _answer(_block(None), "no-cache")


@blueprint.get("/light/<height>")
@open_route(PUBLIC)
def at_height(height: str) -> Response:
    """The block of a height, for those who come from an older one or compare two hospitals."""
    number = _number(height)
    if number is None or number < 1:
        raise_problem("light-absent")
    return _answer(_block(number), "public, max-age=60")


@blueprint.get("/consistency/<old>/<new>")
@open_route(PUBLIC)
def consistency(old: str, new: str) -> Response:
    """Hashes which show that the log of one size is the beginning of that of another (RFC 9162)."""
    first, second = _number(old), _number(new)
    with current_gateway().ledger.view() as view:
        if first is None or second is None or not 1 <= first <= second <= view.size:
            raise_problem("tile-unknown")
        proof = [b64u(value) for value in view.consistency(first, second)]
    return _answer({"old": first, "new": second, "consistency": proof}, "public, max-age=31536000, immutable")


def _block(height: int | None) -> dict[str, Any]:
    gw = current_gateway()
    if not gw.ledger.genesis.validators:
        raise_problem("light-none")
    found = signed_block(gw, height)
    if found is None:
        raise_problem("light-absent")
    return found


def _number(text: str) -> int | None:
    whole = text.isascii() and text.isdecimal() and len(text) <= _LONGEST and str(int(text)) == text
    return int(text) if whole and int(text) <= MAX_INTEGER else None


def _answer(document: dict[str, Any], cache: str) -> Response:
    response = jsonify(document)
    response.headers["Cache-Control"] = cache
    return response
