"""The doors at which another institution declares an emergency, and asks about it afterwards.

docs/formats/glass.md. Not here: the judgement (gateway.glass.receive, afterwards). Invariant: whatever is
wrong with a declaration, from a wrong birth date to a forged signature, is one answer, the same bytes with
one status; and so it is with an ask.
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from gateway.composition import current_gateway
from gateway.glass.afterwards import answer_ask
from gateway.glass.receive import receive
from gateway.web.access import open_route
from gateway.web.problems import raise_problem, refusal
from gateway.web.ratelimit import asker, limit
from gateway.web.schemas import StrictSchema
from ledger.errors import Refusal

blueprint = Blueprint("glass", __name__, description="Breaking the glass, institution to institution")
PER_MINUTE = 60
ASKS_PER_MINUTE = 600


class SignedDeclaration(StrictSchema):
    declaration = fields.String(required=True)


class SignedAsk(StrictSchema):
    ask = fields.String(required=True)


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
    return refusal(answer) if isinstance(answer, Refusal) else answer.to_json()


@blueprint.post("/i/<institution>/glass/<glass>")
@open_route("the signed ask is the authentication; limited per address")
@blueprint.arguments(SignedAsk())
def about(given: dict[str, str], institution: str, glass: str) -> Any:
    """Ends an emergency for the one who declared it, or says how it stands."""
    gw = current_gateway()
    if not gw.keys.hosts(institution):
        raise_problem("not-found")
    limit(gw, f"glass-ask:{institution}:{asker()}", ASKS_PER_MINUTE)
    answer = answer_ask(gw, institution, glass, given["ask"])
    return refusal(answer) if isinstance(answer, Refusal) else answer
