"""The privacy officer's cases: every emergency that this institution declared or opened, with its story.

docs/formats/opening.md (glass.broken, glass.reviewed). A case cannot be removed: that it exists, whether it
is open and who reviewed it is read from the ledger; what happened is read from the opened details. Not here:
the JSON of a case (gateway.glass.story), reviewing (gateway.glass.reviews). Invariants: the custodian sees
whom it is about, the declarer only the end of the number that was typed; a case of another institution does
not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from consent.declaration import Declaration, GlassTerms, parse_declaration, parse_glass_terms
from consent.glass_state import GlassState
from gateway.disclosure.openings import opening_of
from gateway.glass.declare import settle
from gateway.glass.known import known_glass
from gateway.glass.tables import emergency, glass_case
from ledger.errors import Malformed
from ledger.signing import peek_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway

DONE_SHOWN = 50


@dataclass(frozen=True)
class Case:
    """One emergency as one institution knows it; times in ms.

    ``side`` is custodian or declarer; ``user`` {id, name, role, department}, reason, words and the number's
    end are None where the details were erased.
    """

    glass: str
    side: str
    institution: str
    custodian: str
    declaring: str
    state: GlassState
    user: dict[str, str] | None
    reason: str | None
    words: str | None
    identifier_end: str | None
    patient_id: str | None

    @property
    def other(self) -> str:
        """The institution on the other side."""
        return self.declaring if self.side == "custodian" else self.custodian


def queue_of(gw: Gateway, institution: str) -> tuple[list[Case], list[Case]]:
    """(waiting for this institution's review, oldest first; done, newest first, the newest DONE_SHOWN)."""
    settle(gw, institution)
    opened = select(glass_case).where(glass_case.c.custodian == institution)
    declared = select(emergency).where(emergency.c.institution == institution, emergency.c.glass.is_not(None))
    with gw.db.connect() as conn:
        rows: list[Any] = [*conn.execute(opened), *conn.execute(declared)]
    # What was written down, and then neither recorded nor kept for it, is nobody's case.
    found = [(row, state) for row in rows if (state := known_glass(gw, row.glass)) is not None]
    found.sort(key=lambda one: one[1]["index"])
    waiting = [one for one in found if institution not in one[1]["reviews"]]
    done = [one for one in found if institution in one[1]["reviews"]][-DONE_SHOWN:]
    return [_case(gw, *one) for one in waiting], [_case(gw, *one) for one in reversed(done)]


def case_of(gw: Gateway, institution: str, glass: str) -> Case | None:
    """One case of an institution, or None."""
    opened = select(glass_case).where(glass_case.c.custodian == institution, glass_case.c.glass == glass)
    declared = select(emergency).where(emergency.c.institution == institution, emergency.c.glass == glass)
    with gw.db.connect() as conn:
        row: Any = conn.execute(opened).first() or conn.execute(declared).first()
    state = known_glass(gw, glass)
    return None if row is None or state is None else _case(gw, row, state)


def _case(gw: Gateway, row: Any, state: GlassState) -> Case:
    return _of_custodian(gw, row, state) if hasattr(row, "declaring") else _of_declarer(row, state)


def _of_custodian(gw: Gateway, row: Any, state: GlassState) -> Case:
    with gw.db.connect() as conn:
        opening = opening_of(conn, state["commitment"])
    declared = _declaration(opening["details"]) if opening is not None else None
    return Case(
        glass=state["id"],
        side="custodian",
        institution=row.custodian,
        custodian=row.custodian,
        declaring=row.declaring,
        state=state,
        user=_user(declared) if declared else None,
        reason=declared.reason if declared else None,
        words=declared.text if declared else None,
        identifier_end=declared.identifier_end if declared else None,
        patient_id=row.patient_id,
    )


def _of_declarer(row: Any, state: GlassState) -> Case:
    user = {"id": row.staff_id, "name": row.staff_name, "role": row.staff_role, "department": row.department}
    return Case(
        glass=state["id"],
        side="declarer",
        institution=row.institution,
        custodian=row.custodian,
        declaring=row.institution,
        state=state,
        user=user,
        reason=row.reason,
        words=row.words,
        identifier_end=row.identifier_end,
        patient_id=None,
    )


def _declaration(details: str) -> Declaration | None:
    terms = parse_glass_terms(details)
    if not isinstance(terms, GlassTerms):
        return None
    try:
        declared = parse_declaration(peek_compact(terms.declaration)[1])
    except Malformed:
        return None
    return declared if isinstance(declared, Declaration) else None


def _user(declared: Declaration) -> dict[str, str]:
    who = declared.clinician
    return {"id": who.id, "name": who.name, "role": who.role, "department": declared.department}
