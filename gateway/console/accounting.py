"""Shows the privacy officer who looked at a patient's records; asking is itself a look.

consent.accounting folds the link's entries, one line a visit. Format: /openapi.json. Not here: the
patient's own view (the phone verifies its own copy).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.console.patients import patient_shown, who
from gateway.disclosure.logged import folded, kept_here, log_of_link
from gateway.identity.roles import current_staff, staff_required
from gateway.links.links import links_of_patient
from gateway.looks.looks import record_look
from gateway.records.patients import get_patient
from gateway.web.problems import raise_problem, refusal
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "accounting", __name__, url_prefix="/console/api", description="Who looked at a patient's records"
)


ON_LEDGER = {"recorded": True, "refused": None}


@blueprint.post("/patients/<patient_id>/accounting")
@staff_required("privacy")
def accounting(patient_id: str) -> Any:
    """One line a visit or look, newest first, over all links that the patient has had here."""
    gw, staff = current_gateway(), current_staff()
    with gw.db.connect() as conn:
        patient = get_patient(conn, staff.institution, patient_id)
        links = links_of_patient(conn, staff.institution, patient_id)
    if patient is None:
        raise_problem("patient-unknown")
    rows = [{**asdict(line), **ON_LEDGER} for link in links for line in folded(gw, log_of_link(gw, link))]
    rows += [row for link in links for row in _not_recorded(gw, link)]
    seen = {"kinds": [], "count": len(rows)}
    looked = record_look(gw, staff.institution, patient_id, who(staff), "own-administration", seen)
    if isinstance(looked, Refusal):
        return refusal(looked)
    rows.sort(key=lambda line: (line["first"], line["records"]), reverse=True)
    return {"patient": patient_shown(patient), "rows": rows, "look": looked.entry_id}


def _not_recorded(gw: Gateway, link: str) -> list[dict[str, Any]]:
    """What waits for the ledger, and what it refused in the end, with the code: one line each."""
    rows = gw.outbox.rows(link)
    logged = kept_here(gw, [kept.entry for kept in rows])
    return [
        {**asdict(line), "records": [], "recorded": False, "refused": kept.refused}
        for kept, each in zip(rows, logged, strict=True)
        for line in folded(gw, [each])
    ]
