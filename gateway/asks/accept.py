"""Takes the patient's answer to a doctor's question, and lets it count once the doctor confirmed the digits.

docs/formats/digits.md: the doctor confirms the three digits before the institution accepts a grant. Not
here: the checks of one grant (asks.grants), pulling (asks.visits). Invariants: all grants of an answer hold
or none is kept; the first answer stays; nothing is pulled before digits and answer are both there.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_

from gateway.asks.grants import Granted, verify_grant
from gateway.references.state import state_of
from gateway.references.store import LIFE_MS, find_reference, write
from gateway.references.tables import reference as table
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway

MOST_GRANTS = 16


def take_grants(gw: Gateway, row: Any, offered: list[dict[str, Any]]) -> Refusal | None:
    """Keep the patient's answer; the same answer again changes nothing."""
    names = [one["grant"] for one in offered]
    if row.grants is not None:
        same = sorted(names) == sorted(one.grant for one in grants_of(row))
        return None if same else Refusal("ask-answered", "another answer was taken already")
    if state_of(row, gw.clock()) != "claimed":
        return Refusal("reference-ended", "this request is not waiting for an answer")
    if len(set(names)) < len(names) or len({one["custodian"] for one in offered}) < len(offered):
        return Refusal("ask-answer-twofold", "one grant for each custodian is wanted")
    checked: list[Granted] = []
    for one in offered:
        grant = verify_grant(gw, row, one)
        if isinstance(grant, Refusal):
            return grant
        checked.append(grant)
    text = json.dumps([asdict(grant) for grant in checked], ensure_ascii=False)
    # Whoever chose in the last minute still gets the doctor's look at the digits.
    until = max(row.expires_at, gw.clock() + LIFE_MS)
    waiting = and_(table.c.grants.is_(None), table.c.stopped_at.is_(None))
    if not write(gw, row, waiting, grants=text, expires_at=until):
        return take_grants(gw, find_reference(gw, row.institution, row.reference), offered)
    return accept_if_ready(gw, row)


def confirm_digits(gw: Gateway, row: Any) -> Refusal | None:
    """The doctor saw the same three digits on the patient's phone."""
    state = state_of(row, gw.clock())
    if state == "waiting":
        return Refusal("digits-pending", "no phone has fetched the request yet")
    if state in ("stopped", "expired"):
        return Refusal("reference-ended", "this request has ended")
    write(gw, row, table.c.digits_at.is_(None), digits_at=gw.clock())
    return accept_if_ready(gw, row)


def accept_if_ready(gw: Gateway, row: Any) -> None:
    """Accept the answer when it is there and the digits were confirmed, in whichever order they came."""
    ready = and_(
        table.c.grants.is_not(None),
        table.c.digits_at.is_not(None),
        table.c.accepted_at.is_(None),
        table.c.stopped_at.is_(None),
    )
    write(gw, row, ready, accepted_at=gw.clock())


def grants_of(row: Any) -> list[Granted]:
    """The verified grants of an answer; empty before there is one."""
    return [Granted(**one) for one in json.loads(row.grants)] if row.grants else []
