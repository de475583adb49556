"""The door at which another institution declares an emergency.

docs/formats/glass.md. Not here: the judgement (gateway.glass.receive). Invariant: whatever is wrong with a
declaration, from a wrong birth date to a forged signature, is one answer, the same bytes with one status.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from gateway.composition import current_gateway
from gateway.glass.receive import receive
from gateway.web.access import open_route
from gateway.web.problems import raise_problem, refusal
from gateway.web.ratelimit import asker, limit
from gateway.web.schemas import StrictSchema
from ledger.errors import Refusal

blueprint = Blueprint("glass", __name__, description="Breaking the glass, institution to institution")
PER_MINUTE = 60


class SignedDeclaration(StrictSchema):
    declaration = fields.String(required=True)


@blueprint.post("/i/<institution>/glass")
@open_route("the signed declaration is the authentication; budgets, and limited per address")
@blueprint.arguments(SignedDeclaration())
@blueprint.response(201)
def declare(given: dict[str, str], institution: str) -> Any:
    """Opens one patient's records for a short time, on a signed declaration of an emergency."""
    gw = current_gateway()
    if not gw.keys.hosts(institution):
        raise_problem("not-found")
    limit(gw, f"glass:{institution}:{asker()}", PER_MINUTE)
    answer = receive(gw, institution, given["declaration"])
    return refusal(answer) if isinstance(answer, Refusal) else asdict(answer)
