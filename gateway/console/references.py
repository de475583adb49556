"""The staff's side of one-time codes: the desk's invitations, doctors' questions, QR codes and digits.

Format: /openapi.json. Not here: the phone's side (gateway.wallet.references). Invariants: the digits are
computed here from the key that claimed the code, never received; a reference of another institution, of
another doctor, or that does not exist is one answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate

from consent.vocabulary import GRANT_PURPOSES, KINDS
from gateway.asks.accept import confirm_digits
from gateway.asks.ask import Question, is_offered, make_ask
from gateway.asks.request_form import LONGEST_REASON, is_day
from gateway.composition import current_gateway
from gateway.console.shown import reference_shown
from gateway.identity.roles import current_staff, require_fresh, staff_required
from gateway.links.confirm import confirm_invite, settled
from gateway.links.invite import make_invite
from gateway.qr.svg import qr_svg
from gateway.records.patients import get_patient
from gateway.references.code import qr_address
from gateway.references.store import extend, find_reference, stop
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import Millis, StrictSchema, Text

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

blueprint = Blueprint(
    "references", __name__, url_prefix="/console/api", description="Invitations and questions to patients"
)


class Checks(StrictSchema):
    document = fields.Boolean(required=True, truthy={True}, falsy={False})
    match = fields.Boolean(required=True, truthy={True}, falsy={False})
    present = fields.Boolean(required=True, truthy={True}, falsy={False})


class Invite(StrictSchema):
    checks = fields.Nested(Checks(), required=True)
    rekey = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Ask(StrictSchema):
    patient = Text(64, 1, load_default=None, allow_none=True)
    purpose = fields.String(required=True, validate=validate.OneOf(sorted(GRANT_PURPOSES)))
    reason = Text(LONGEST_REASON, 1, required=True)
    kinds = fields.List(
        fields.String(validate=validate.OneOf(KINDS)), required=True, validate=validate.Length(1, len(KINDS))
    )
    start = fields.String(data_key="from", load_default=None, allow_none=True, validate=is_day)
    not_after = Millis(required=True)


@blueprint.post("/patients/<patient_id>/invites")
@staff_required("desk")
@blueprint.arguments(Invite())
def invite(given: dict[str, Any], patient_id: str) -> Any:
    """An invitation for this patient's phone, after three identity checks."""
    gw, staff = current_gateway(), current_staff()
    _known_patient(gw, staff, patient_id)
    if given["rekey"]:
        require_fresh()
    made = make_invite(gw, staff, patient_id, given["checks"], given["rekey"])
    return shown_to(gw, staff, made) if isinstance(made, str) else refusal(made)


@blueprint.post("/asks")
@staff_required("clinician")
@blueprint.arguments(Ask())
def ask(given: dict[str, Any]) -> Any:
    """A question to a patient: what, why, from when, until when."""
    gw, staff = current_gateway(), current_staff()
    made = make_ask(gw, staff, question_from(gw, staff, given))
    return shown_to(gw, staff, made) if isinstance(made, str) else refusal(made)


def question_from(gw: Gateway, staff: Staff, given: dict[str, Any]) -> Question:
    """The question in the members of an `Ask`; ends the request when the patient has no chart here."""
    if given["patient"] is not None:
        _known_patient(gw, staff, given["patient"])
    kinds = tuple(dict.fromkeys(given["kinds"]))
    return Question(
        given["patient"], given["purpose"], given["reason"], kinds, given["start"], given["not_after"]
    )


@blueprint.get("/references/<reference>")
@staff_required("desk", "clinician")
def show(reference: str) -> Any:
    """The reference as it stands."""
    gw, staff = current_gateway(), current_staff()
    return reference_shown(gw, settled(gw, _own(gw, staff, reference)))


@blueprint.get("/references/<reference>/qr.svg")
@staff_required("desk", "clinician")
def qr(reference: str) -> Response:
    """The QR code, black on white."""
    gw, staff = current_gateway(), current_staff()
    row = _own(gw, staff, reference)
    if is_offered(row):
        raise_problem("reference-unknown")  # the phone that offered fetches it; nobody else is to
    with gw.ledger.view() as view:
        code = view.institution(staff.institution).code
    text = qr_address(gw.ledger.genesis.doc["wallet"], gw.ledger.id, code, row.reference)
    return Response(qr_svg(text), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@blueprint.post("/references/<reference>/confirm")
@staff_required("desk", "clinician")
def confirm(reference: str) -> Any:
    """Both screens show the same digits: connect the phone, or let the answer count."""
    gw, staff = current_gateway(), current_staff()
    row = _own(gw, staff, reference)
    refused = confirm_invite(gw, row) if row.type == "invite" else confirm_digits(gw, row)
    return refusal(refused) if refused is not None else shown_to(gw, staff, reference)


@blueprint.post("/references/<reference>/cancel")
@staff_required("desk", "clinician")
def cancel(reference: str) -> Any:
    """The digits differ, or nobody needs it any more."""
    gw, staff = current_gateway(), current_staff()
    stop(gw, settled(gw, _own(gw, staff, reference)))
    return shown_to(gw, staff, reference)


@blueprint.post("/references/<reference>/extend")
@staff_required("desk", "clinician")
def more_time(reference: str) -> Any:
    """Ten more minutes."""
    gw, staff = current_gateway(), current_staff()
    if not extend(gw, _own(gw, staff, reference)):
        raise_problem("reference-not-extendable")
    return shown_to(gw, staff, reference)


def _own(gw: Gateway, staff: Staff, reference: str) -> Any:
    row = find_reference(gw, staff.institution, reference) if len(reference) == 8 else None
    # Any desk may finish an invitation; a question belongs to the doctor who asked.
    mine = row is not None and (
        staff.role == "desk"
        if row.type == "invite"
        else staff.role == "clinician" and row.staff_id == staff.id
    )
    if not mine:
        raise_problem("reference-unknown")
    return row


def shown_to(gw: Gateway, staff: Staff, reference: str) -> dict[str, Any]:
    """The reference of this member of staff as the API gives it."""
    return reference_shown(gw, _own(gw, staff, reference))


def _known_patient(gw: Gateway, staff: Staff, patient_id: str) -> None:
    with gw.db.connect() as conn:
        if get_patient(conn, staff.institution, patient_id) is None:
            raise_problem("patient-unknown")
