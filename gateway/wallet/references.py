"""The phone's side of a one-time code: fetch it with a key, prove the key, answer, stop.

Format: docs/formats/wallet-api.md, references. Invariant: a code that is unknown, expired, stopped or taken
by another key is one answer, the same bytes with the same status, so a photograph of the code tells
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from consent.details import MAX_DETAILS_BYTES
from gateway.asks.accept import MOST_GRANTS, take_grants
from gateway.links.confirm import invite_receipt, settled, take_proof
from gateway.links.links import ledger_state
from gateway.offers.store import is_waiting
from gateway.records.patients import get_patient
from gateway.references.code import fold
from gateway.references.state import state_for_phone
from gateway.references.store import claim, find_reference, owned, stop
from gateway.wallet.cors import allow_wallet
from gateway.wallet.limits import ASKS_PER_MINUTE, CLAIMS_PER_MINUTE, knock
from gateway.web.access import open_route
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import B64U, HEX64, ID, StrictSchema
from ledger.encoding import unb64u
from ledger.signing import is_admissible

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "wallet-references",
    __name__,
    url_prefix="/i/<institution>/wallet/references",
    description="One-time codes, as a phone sees them",
)
blueprint.after_request(allow_wallet)
OPEN = "the reference and the first key that claimed it are what lets somebody in; limited per address"
LONGEST_JWS = 8192


class Key(StrictSchema):
    key = B64U(32, required=True)


class Proof(Key):
    proof = fields.String(required=True, validate=validate.Length(1, LONGEST_JWS))


class Opening(StrictSchema):
    salt = B64U(32, required=True)
    details = fields.String(required=True, validate=validate.Length(2, MAX_DETAILS_BYTES))


class Grant(StrictSchema):
    custodian = ID(required=True)
    grant = HEX64(required=True)
    receipt = fields.Dict(required=True, keys=fields.String())
    opening = fields.Nested(Opening(), required=True)


class Answer(Key):
    grants = fields.List(fields.Nested(Grant()), required=True, validate=validate.Length(1, MOST_GRANTS))


@blueprint.post("/<reference>")
@open_route(OPEN)
@blueprint.arguments(Key())
def fetch(given: dict[str, str], institution: str, reference: str) -> dict[str, Any]:
    """Claims the code for this key; a retry by the same key gets the same answer."""
    gw = knock(institution, "claim", CLAIMS_PER_MINUTE)
    name, key = fold(reference), given["key"]
    if name is None or not is_admissible(unb64u(key, 32)):
        raise_problem("reference-unknown")
    row = claim(gw, institution, name, key)
    if row is None and is_waiting(gw, institution, name):
        return {"type": "offer"}  # another patient's code, for a doctor to scan: nothing is claimed
    if row is None:
        raise_problem("reference-unknown")
    if row.type == "ask":
        return {"type": "ask", "request": row.request, "expires": row.expires_at}
    link = {
        "subject": row.link,
        "institution": institution,
        "claimed": bool((ledger_state(gw, row.link) or {}).get("claimed")),
    }
    return {"type": "invite", "link": link, "mode": row.mode, "expires": row.expires_at}


@blueprint.post("/<reference>/proof")
@open_route(OPEN)
@blueprint.arguments(Proof())
def prove(given: dict[str, str], institution: str, reference: str) -> Any:
    """The person saw the same digits; the phone proves that it holds the key."""
    gw, row = _mine(institution, reference, given["key"], "invite")
    refused = take_proof(gw, row, given["proof"])
    return refusal(refused) if refused is not None else {"state": _state(gw, row)}


@blueprint.post("/<reference>/grants")
@open_route(OPEN)
@blueprint.arguments(Answer())
def answer(given: dict[str, Any], institution: str, reference: str) -> Any:
    """The patient's answer to a doctor's request: one grant for each institution that holds records."""
    gw, row = _mine(institution, reference, given["key"], "ask")
    refused = take_grants(gw, row, given["grants"])
    return refusal(refused) if refused is not None else {"state": _state(gw, row)}


@blueprint.post("/<reference>/state")
@open_route(OPEN)
@blueprint.arguments(Key())
def state(given: dict[str, str], institution: str, reference: str) -> dict[str, Any]:
    """How far the code has come."""
    gw, row = _mine(institution, reference, given["key"])
    row = settled(gw, row)
    said: dict[str, Any] = {
        "state": state_for_phone(row, gw.clock()),
        "expires": row.expires_at,
    }
    if row.confirmed_at is not None:
        with gw.db.connect() as conn:
            patient = get_patient(conn, institution, row.patient_id)
        said["receipt"] = invite_receipt(gw, row)
        said["person"] = {"name": patient.name if patient else ""}
    return said


@blueprint.post("/<reference>/stop")
@open_route(OPEN)
@blueprint.arguments(Key())
def stop_it(given: dict[str, str], institution: str, reference: str) -> dict[str, Any]:
    """The person said no, or the digits differed."""
    gw, row = _mine(institution, reference, given["key"])
    stop(gw, row)
    return {"state": _state(gw, row)}


def _mine(institution: str, reference: str, key: str, kind: str | None = None) -> tuple[Gateway, Any]:
    gw = knock(institution, "reference", ASKS_PER_MINUTE)
    name = fold(reference)
    row = owned(gw, institution, name, key) if name is not None else None
    if row is None or kind not in (None, row.type):
        raise_problem("reference-unknown")
    return gw, row


def _state(gw: Gateway, row: Any) -> str:
    return state_for_phone(find_reference(gw, row.institution, row.reference), gw.clock())
