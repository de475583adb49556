"""A case as the review page gets it: who declared what, what was released, what the patient and reviews said.

Format: /openapi.json. Not here: which cases an institution has (gateway.glass.cases).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from consent.glass_state import GlassState
from gateway.disclosure.logged import folded, looks_under
from gateway.disclosure.openings import opening_of
from gateway.glass import attempts
from gateway.glass.asking import known_of
from gateway.glass.budgets import BY_CLINICIAN, DAY_MS
from gateway.glass.cases import Case
from gateway.glass.declare import sent
from gateway.glass.known import closing_of, is_open, on_ledger
from gateway.glass.reviewed import believed, commitment_of
from gateway.glass.reviews import may_review
from gateway.glass.tables import glass_question
from gateway.peers.http import Deadline
from gateway.records.patients import get_patient
from ledger.record import decode_record

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

OVERDUE_MS = 3 * DAY_MS


def case_shown(gw: Gateway, staff: Staff, case: Case, deadline: Deadline) -> dict[str, Any]:
    """The JSON object of one case for this officer; a custodian elsewhere is asked until the deadline."""
    now, state = gw.clock(), case.state
    known = known_of(gw, case, deadline)
    with gw.ledger.view() as view:
        names = {one.id: one.name for one in view.institutions()}
    own, other = (_review(gw, state, one, known["review"]) for one in (case.institution, case.other))
    return {
        "id": case.glass,
        "side": case.side,
        "custodian": {"id": case.custodian, "name": names.get(case.custodian)},
        "declaring": {"id": case.declaring, "name": names.get(case.declaring)},
        "user": case.user,
        "reason": case.reason,
        "text": case.words,
        "patient": _patient(gw, case),
        "identifier_last4": case.identifier_end,
        "from": state["from"],
        "until": state["until"],
        "open": is_open(gw, case.glass, now),
        "closed": closing_of(gw, state),
        "on_ledger": on_ledger(gw, case.glass),
        "recorded": gw.outbox.all_recorded(case.glass),
        "looked": _looked(gw, state),
        "told": {"at": known["told"]},
        "objection": known["objection"],
        "own_review": own,
        "other_review": other,
        "questions": _questions(gw, case),
        "may_review": own is None and may_review(case, staff),
        "budget": _budget(gw, case, now),
        "overdue": own is None and now - state["from"] > OVERDUE_MS,
    }


def _patient(gw: Gateway, case: Case) -> dict[str, str] | None:
    if case.patient_id is None:
        return None
    with gw.db.connect() as conn:
        row = get_patient(conn, case.custodian, case.patient_id)
    return None if row is None else {"name": row.name, "sex": row.sex, "birth_date": row.birth_date}


def _looked(gw: Gateway, state: GlassState) -> list[dict[str, Any]]:
    """One object a visit under this glass, oldest first."""
    visits = folded(gw, looks_under(gw, state))
    return [{"at": line.first, "last": line.last, "counts": line.counts} for line in visits]


def _review(
    gw: Gateway, state: GlassState, institution: str, told: dict[str, str] | None
) -> dict[str, Any] | None:
    """{verdict, words, reviewer, at}; the first three are None where nobody told what stands behind it.

    `told`: the opening that another institution sent of its own.
    """
    commitment = commitment_of(gw, state, institution)
    if commitment is None:
        return None
    with gw.db.connect() as conn:
        opening = opening_of(conn, commitment)
    with gw.ledger.view() as view:
        at = decode_record(view.record(state["reviews"][institution])).time
    kept = json.loads(opening["details"]) if opening is not None else None
    details = kept or believed(commitment, institution, told) or {}
    return {**{name: details.get(name) for name in ("verdict", "words", "reviewer")}, "at": at}


def _questions(gw: Gateway, case: Case) -> list[dict[str, Any]]:
    table = glass_question
    with gw.db.connect() as conn:
        rows = conn.execute(select(table).where(table.c.glass == case.glass).order_by(table.c.number)).all()
    return [
        {"own": row.institution == case.institution, "at": row.at, "words": row.words, "by": row.by}
        for row in rows
    ]


def _budget(gw: Gateway, case: Case, now: int) -> dict[str, int]:
    who = case.user["id"] if case.user else ""
    with gw.db.connect() as conn:
        if case.side == "custodian":
            count = attempts.used(conn, case.custodian, case.declaring, who, now).by_clinician
        else:
            count = sent(conn, case.institution, who, now)[0]
    return {"used": count, "of": BY_CLINICIAN}
