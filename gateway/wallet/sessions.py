"""Signs a phone in: a nonce, then a login signed by the link's key, then a token of five minutes.

Format: docs/formats/login.md. Invariant: whether a link exists is not told: a nonce is given for every id,
and every refused sign-in is one answer.
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from gateway.links.links import patient_of_link
from gateway.records.patients import get_patient
from gateway.wallet.access import new_nonce, sign_in
from gateway.wallet.cors import allow_wallet
from gateway.wallet.limits import knock
from gateway.wallet.references import LONGEST_JWS
from gateway.web.access import open_route
from gateway.web.problems import raise_problem
from gateway.web.schemas import ID, StrictSchema

blueprint = Blueprint(
    "wallet-sessions", __name__, url_prefix="/i/<institution>/wallet", description="A phone signs in"
)
blueprint.after_request(allow_wallet)
SIGN_INS_PER_MINUTE = 240


class Link(StrictSchema):
    link = ID(required=True)


class Login(StrictSchema):
    login = fields.String(required=True, validate=validate.Length(1, LONGEST_JWS))


@blueprint.post("/nonce")
@open_route("the first step of signing in; limited per address")
@blueprint.arguments(Link())
def nonce(given: dict[str, str], institution: str) -> dict[str, Any]:
    """A nonce for one sign-in, and the server's time."""
    gw = knock(institution, "sign-in-phone", SIGN_INS_PER_MINUTE)
    return {"nonce": new_nonce(gw, institution, given["link"]), "time": gw.clock()}


@blueprint.post("/sessions")
@open_route("the signature of a link's key is the authentication; limited per address")
@blueprint.arguments(Login())
def open_session(given: dict[str, str], institution: str) -> dict[str, Any]:
    """A token for a login that verifies."""
    gw = knock(institution, "sign-in-phone", SIGN_INS_PER_MINUTE)
    signed_in = sign_in(gw, institution, given["login"])
    if signed_in is None:
        raise_problem("wallet-signin-refused")
    token, until, phone = signed_in
    with gw.db.connect() as conn:
        patient_id = patient_of_link(conn, institution, phone.link)
        patient = get_patient(conn, institution, patient_id) if patient_id is not None else None
    return {
        "token": token,
        "expires": until,
        "time": gw.clock(),
        "reading": phone.reading,
        "person": {"name": patient.name if patient is not None else ""},
        "institution": institution,
    }
