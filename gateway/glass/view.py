"""What the one who declared an emergency sees of it: the records while it stands, and how it ended.

The records are fetched, kept in memory and emptied as those of a grant are (gateway.asks): one path for both.
Not here: declaring (gateway.glass.declare), HTTP (gateway.console.emergencies). Invariant: an emergency
belongs to the clinician who declared it; to everybody else it does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from consent.scope import GLASS_SCOPE
from consent.vocabulary import BREAK_GLASS
from gateway.asks.basis import Basis
from gateway.asks.standing import standing
from gateway.asks.visits import load, shown
from gateway.glass.known import closing_of, known_glass
from gateway.glass.tables import emergency as table

if TYPE_CHECKING:
    from gateway.asks.room import VisitRoom
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff


def emergency_of(gw: Gateway, staff: Staff, name: str) -> Any | None:
    """The row of an emergency that this clinician declared and that opened something; None for all else."""
    mine = (table.c.id == name, table.c.institution == staff.institution, table.c.staff_id == staff.id)
    with gw.db.connect() as conn:
        row = conn.execute(select(table).where(*mine)).first()
    return row if row is not None and row.glass is not None else None


def open_emergency(
    gw: Gateway, room: VisitRoom, staff: Staff, row: Any, again: bool = False
) -> dict[str, Any]:
    """The emergency as the console's API gives it; ``again`` pulls anew while it stands.

    Raises ledger.errors.Unavailable when the custodian could record nothing.
    """
    glass = known_glass(gw, row.glass)
    with gw.ledger.view() as view:
        custodian = view.institution(row.custodian)
    if glass is None:
        raise LookupError("a glass that verified neither is on the ledger nor waits for it")
    basis = Basis(
        under=row.glass,
        link=glass["link"],
        custodian=row.custodian,
        scope=GLASS_SCOPE.to_dict(),
        purpose=BREAK_GLASS,
        not_before=glass["from"],
        not_after=glass["until"],
        max_visits=None,
    )
    held = room.view(staff.session, row.id, staff.institution)
    with held.pulling:
        load(gw, staff, held, basis, again)
    seen = shown(gw, room, held, row.patient_id)
    state, closed = _state(gw, row.glass, seen)
    return {
        "emergency": row.id,
        "glass": row.glass,
        "custodian": {"id": row.custodian, "name": custodian.name},
        "reason": row.reason,
        "text": row.words,
        "from": glass["from"],
        "until": glass["until"],
        "state": state,
        "closed": closed,
        "recorded": gw.outbox.all_recorded(row.glass),
        **seen,
    }


def _state(gw: Gateway, glass: str, seen: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """(open, closed, expired, or refused: it stands and gave nothing; who closed it, or None)."""
    end = standing(gw, glass, gw.clock())
    if end is None:
        refused = any(source["state"] == "refused" for source in seen["sources"])
        return "refused" if refused else "open", None
    found = known_glass(gw, glass)
    closed = closing_of(gw, found) if found is not None else None
    return "expired" if end[0] == "expired" else "closed", closed
