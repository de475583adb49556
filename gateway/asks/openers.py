"""Says which member of staff may open what a patient's answer brought.

Invariant: only the clinician who asked, or anybody of the role that a grant names, at the institution that
asked. Not here: whether the grant still stands (asks.standing), which the custodian decides anew at every
pull.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.asks.accept import grants_of
from gateway.asks.grants import Granted
from gateway.asks.standing import standing
from gateway.references.state import state_of

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff


def may_open(gw: Gateway, staff: Staff, row: Any) -> bool:
    """Whether this member of staff may open what this request brought."""
    return state_of(row, gw.clock()) == "accepted" and any(is_for(staff, row, one) for one in grants_of(row))


def stands(gw: Gateway, staff: Staff, row: Any) -> bool:
    """Whether this member of staff may open it and at least one of its grants has not ended."""
    now = gw.clock()
    return may_open(gw, staff, row) and any(standing(gw, one.grant, now) is None for one in grants_of(row))


def is_for(staff: Staff, row: Any, granted: Granted) -> bool:
    """Whether one grant of the answer is for this member of staff."""
    if staff.institution != row.institution:
        return False
    return staff.role_code == granted.role if granted.role is not None else staff.id == row.staff_id
