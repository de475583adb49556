"""A clinician declares an emergency to another institution, sees what it opens, and ends it.

Format: /openapi.json. Not here: the declaration itself (gateway.glass). Invariants: declaring needs the
password given just now; an emergency of somebody else, of another institution or that does not exist is one
answer; the records live in memory only, for one staff session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app
from flask_smorest import Blueprint
from marshmallow import fields

from gateway.composition import current_gateway
from gateway.console.visits import ROOM
from gateway.glass.asking import end_as_declarer
from gateway.glass.declare import Declared, Emergency, declare
from gateway.glass.known import known_glass
from gateway.glass.view import emergency_of, open_emergency
from gateway.identity.roles import current_staff, fresh_required, staff_required
from gateway.records.patients import get_patient
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import ID, Millis, StrictSchema, Text
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.asks.room import VisitRoom
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

blueprint = Blueprint(
    "emergencies", __name__, url_prefix="/console/api", description="Emergencies: records without a grant"
)


class DeclaredIdentifier(StrictSchema):
    system = Text(200, 1, required=True, allow_none=True)
    value = Text(200, 1, required=True)


class Declaring(StrictSchema):
    """``ttl_ms`` null: four hours; ``patient``: the own chart, or null."""

    custodian = ID(required=True)
    identifier = fields.Nested(DeclaredIdentifier(), required=True)
    birth_date = Text(10, 10, required=True)
    reason = Text(40, 1, required=True)
    text = Text(500, 0, required=True, allow_none=True)
    ttl_ms = Millis(required=True, allow_none=True)
    patient = Text(64, 1, required=True, allow_none=True)


@blueprint.post("/emergencies")
@staff_required("clinician")
@fresh_required
@blueprint.arguments(Declaring())
@blueprint.response(201)
def begin(given: dict[str, Any]) -> Any:
    """Declares an emergency; the patient is told at once, and both institutions review it."""
    gw, staff = current_gateway(), current_staff()
    _require_own_chart(gw, staff, given["patient"])
    identifier = given.pop("identifier")
    wanted = Emergency(system=identifier["system"], value=identifier["value"], **given)
    made = declare(gw, staff, wanted)
    if isinstance(made, Refusal):
        return refusal(made)
    return _begun(gw, wanted.custodian, made)


@blueprint.get("/emergencies/<emergency>")
@staff_required("clinician")
def show(emergency: str) -> dict[str, Any]:
    """The emergency; the first look at it pulls."""
    gw, staff, row = _mine(emergency)
    return open_emergency(gw, _room(), staff, row)


@blueprint.post("/emergencies/<emergency>/refresh")
@staff_required("clinician")
def refresh(emergency: str) -> dict[str, Any]:
    """Pulls again while it stands."""
    gw, staff, row = _mine(emergency)
    return open_emergency(gw, _room(), staff, row, again=True)


@blueprint.delete("/emergencies/<emergency>")
@staff_required("clinician")
def close_view(emergency: str) -> Response:
    """Closes the view: what it held is gone. The emergency itself stands."""
    _room().drop(current_staff().session, emergency)
    return Response(status=204)


@blueprint.post("/emergencies/<emergency>/close")
@staff_required("clinician")
def end(emergency: str) -> Any:
    """Ends the emergency before its time."""
    gw, staff, row = _mine(emergency)
    refused = end_as_declarer(gw, row.institution, row.custodian, row.glass)
    if refused is not None:
        return refusal(refused)
    # Where the end waits for the ledger, our own node may hear of it later; nothing is shown until then.
    _room().end(staff.session, emergency, "closed")
    return open_emergency(gw, _room(), staff, row)


def _begun(gw: Gateway, custodian: str, made: Declared) -> dict[str, Any]:
    glass = known_glass(gw, made.answer.glass)
    if glass is None:
        raise LookupError("a glass that verified neither is on the ledger nor waits for it")
    with gw.ledger.view() as view:
        name = view.institution(custodian).name
    return {
        "emergency": made.emergency,
        "glass": made.answer.glass,
        "custodian": {"id": custodian, "name": name},
        "from": glass["from"],
        "until": glass["until"],
        "recorded": made.answer.receipt is not None,
        "patient": made.answer.patient,
    }


def _require_own_chart(gw: Gateway, staff: Staff, patient_id: str | None) -> None:
    if patient_id is None:
        return
    with gw.db.connect() as conn:
        if get_patient(conn, staff.institution, patient_id) is None:
            raise_problem("patient-unknown")


def _mine(emergency: str) -> tuple[Gateway, Staff, Any]:
    gw, staff = current_gateway(), current_staff()
    row = emergency_of(gw, staff, emergency) if len(emergency) == 32 else None
    if row is None:
        raise_problem("emergency-unknown")
    return gw, staff, row


def _room() -> VisitRoom:
    room: VisitRoom = current_app.extensions[ROOM]
    return room
