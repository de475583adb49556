"""Finds patients of the own institution and opens their charts, each opening written down first.

Format: /openapi.json. Not here: other institutions' records (console.visits). Invariants: a chart's bytes
leave only after look.made is committed (without a quorum: waits durably); the desk sees who it is and no
record; a patient of another institution is as unknown as one who does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask.blueprints import BlueprintSetupState
from flask_smorest import Blueprint
from sqlalchemy import select

from gateway.asks.openers import stands
from gateway.composition import current_gateway
from gateway.identity.roles import current_staff, staff_required
from gateway.links.links import ledger_state
from gateway.looks.chart import chart_items, what_was_seen
from gateway.looks.lately import LATELY, Lately
from gateway.looks.looks import record_look
from gateway.outbox.outbox import Queued
from gateway.records.patients import PatientRow, find_patients, get_patient
from gateway.references.tables import reference as reference_table
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import StrictSchema, Text
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

blueprint = Blueprint(
    "patients", __name__, url_prefix="/console/api", description="The own institution's patients"
)


def _furnish(state: BlueprintSetupState) -> None:
    state.app.extensions[LATELY] = Lately(state.app.extensions["yaoshi"])


blueprint.record_once(_furnish)


class Search(StrictSchema):
    text = Text(100, 1, required=True)


@blueprint.post("/patients/search")
@staff_required("desk", "clinician", "privacy")
@blueprint.arguments(Search())
def search(given: dict[str, str]) -> dict[str, Any]:
    """Patients of this institution by name, number or birth date: at most twenty."""
    gw, staff = current_gateway(), current_staff()
    with gw.db.connect() as conn:
        found = find_patients(conn, staff.institution, given["text"])
    return {"patients": [patient_shown(row) for row in found]}


@blueprint.post("/patients/<patient_id>/open")
@staff_required("desk", "clinician")
def open_chart(patient_id: str) -> Any:
    """The chart; the look is on the ledger before anything of it is sent."""
    gw, staff = current_gateway(), current_staff()
    with gw.db.connect() as conn:
        patient = get_patient(conn, staff.institution, patient_id)
        if patient is None:
            raise_problem("patient-unknown")
        items = chart_items(conn, staff.institution, patient_id) if staff.role == "clinician" else []
    basis = "own-care" if staff.role == "clinician" else "own-administration"
    looked = record_look(gw, staff.institution, patient_id, who(staff), basis, what_was_seen(items))
    if isinstance(looked, Refusal):
        return refusal(looked)
    current_app.extensions[LATELY].note(staff.session, patient_id)
    link = looked.subject
    state = ledger_state(gw, link) or {}
    return {
        "patient": patient_shown(patient),
        "link": {"id": link, "claimed": bool(state.get("claimed")), "closed": bool(state.get("closed"))},
        "items": items,
        "names": _issuers(gw, items),
        "visits": _visits(gw, staff, patient_id) if staff.role == "clinician" else [],
        "look": looked.entry_id,
        "recorded": not isinstance(looked, Queued),
    }


def _issuers(gw: Gateway, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Registered names of the institutions whose results are filed here."""
    wanted = {item["copy"]["source"] for item in items if "copy" in item}
    with gw.ledger.view() as view:
        return {one.id: one.name for one in view.institutions() if one.id in wanted}


def who(staff: Staff) -> dict[str, str]:
    """How a member of staff is named in the committed details of a look."""
    return {"id": staff.id, "name": staff.name, "role": staff.role_code}


def patient_shown(row: PatientRow) -> dict[str, str]:
    """A patient as the head of a screen needs it."""
    return {
        "id": row.id,
        "name": row.name,
        "sex": row.sex,
        "birth_date": row.birth_date,
        "identifier": row.identifier,
    }


def _visits(gw: Gateway, staff: Staff, patient_id: str) -> list[str]:
    query = (
        select(reference_table)
        .where(
            reference_table.c.institution == staff.institution,
            reference_table.c.patient_id == patient_id,
            reference_table.c.accepted_at.is_not(None),
            reference_table.c.ends_at > gw.clock(),
        )
        .order_by(reference_table.c.accepted_at.desc())
    )
    with gw.db.connect() as conn:
        rows = list(conn.execute(query))
    return [row.reference for row in rows if stands(gw, staff, row)]
