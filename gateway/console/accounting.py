"""Shows the privacy officer who looked at a patient's records; asking is itself a look.

consent.accounting folds the link's entries, one line a visit. Format: /openapi.json. Not here: the
patient's own view (the phone verifies its own copy).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from consent.accounting import Logged, lines
from gateway.composition import current_gateway
from gateway.console.patients import patient_shown, who
from gateway.disclosure.openings import openings_of_link
from gateway.identity.roles import current_staff, staff_required
from gateway.links.links import links_of_patient
from gateway.looks.looks import record_look
from gateway.records.patients import get_patient
from gateway.web.problems import raise_problem, refusal
from ledger.entry import parse_entry
from ledger.errors import Refusal
from ledger.record import decode_record

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "accounting", __name__, url_prefix="/console/api", description="Who looked at a patient's records"
)


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
    rows = [line for link in links for line in _lines(gw, link)]
    seen = {"kinds": [], "count": len(rows)}
    looked = record_look(gw, staff.institution, patient_id, who(staff), "own-administration", seen)
    if isinstance(looked, Refusal):
        return refusal(looked)
    rows.sort(key=lambda line: (line["first"], line["records"]), reverse=True)
    return {"patient": patient_shown(patient), "rows": rows, "look": looked.entry_id}


def _lines(gw: Gateway, link: str) -> list[dict[str, Any]]:
    with gw.ledger.view() as view:
        chain = view.chain(link)
    with gw.db.connect() as conn:
        openings = openings_of_link(conn, link)
    logged = []
    for one in chain:
        record = decode_record(one.record_bytes)
        payload = parse_entry(record.entry.decode("ascii")).payload
        opening = openings.get(payload.get("commitment", ""))
        details = json.loads(opening["details"]) if opening is not None else None
        logged.append(Logged(record.index, record.time, payload, details))
    limits = gw.ledger.genesis.doc["limits"]
    return [asdict(line) for line in lines(logged, visit_ms=limits["visit_ms"], skew_ms=limits["skew_ms"])]
