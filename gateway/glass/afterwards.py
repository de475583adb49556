"""The custodian's answers to what the declaring institution asks about an emergency afterwards.

docs/formats/glass.md, "Afterwards": a compact JWS, typ yaoshi-glass-ask, by the declaring institution's peer
key. Ending a second time is refused by the ledger and reading changes nothing, so an ask that somebody
caught does nothing. Not here: asking (gateway.glass.asking), HTTP (gateway.glass.door). Invariant: whatever
is wrong with an ask, it is one answer, ``emergency-unknown``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gateway.glass.closing import close_glass
from gateway.glass.tables import glass_case, glass_objection
from ledger.encoding import unb64u
from ledger.errors import Malformed, Refusal
from ledger.signing import open_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway

ASK_TYP = "yaoshi-glass-ask"
READ, END = "read", "end"
LONGEST = 8192


def answer_ask(gw: Gateway, custodian: str, glass: str, ask: str) -> dict[str, Any] | Refusal:
    """What `state_of` gives, after ending the emergency if that is wanted.

    Refuses ``emergency-unknown``, or what the ledger refuses. Raises ledger.errors.Unavailable.
    """
    wanted = _wanted(gw, custodian, glass, ask)
    if wanted is None:
        return Refusal("emergency-unknown", "")
    if wanted == END:
        refused = close_glass(gw, custodian, glass)
        if refused is not None:
            return refused
    return state_of(gw, glass)


def state_of(gw: Gateway, glass: str) -> dict[str, Any]:
    """{"told": when the phone first read of it (ms) or None, "objection": {"at", "text"} or None}."""
    told = select(glass_case.c.told_at).where(glass_case.c.glass == glass)
    said = select(glass_objection).where(glass_objection.c.glass == glass)
    with gw.db.connect() as conn:
        at, row = conn.execute(told).scalar(), conn.execute(said).first()
    return {"told": at, "objection": None if row is None else {"at": row.at, "text": row.words}}


def _wanted(gw: Gateway, custodian: str, glass: str, ask: str) -> str | None:
    """READ or END of an ask that the declaring institution signed just now; None for everything else."""
    mine = (glass_case.c.glass == glass, glass_case.c.custodian == custodian)
    with gw.db.connect() as conn:
        declaring = conn.execute(select(glass_case.c.declaring).where(*mine)).scalar()
    with gw.ledger.view() as view:
        institution = view.institution(declaring) if declaring is not None else None
    if institution is None or institution.retired or len(ask) > LONGEST:
        return None
    try:
        said = open_compact(ask, ASK_TYP, unb64u(institution.keys["peer"], 32))
    except Malformed:
        return None
    want, at = said.pop("want", None), said.pop("at", None)
    named = {"ledger": gw.ledger.id, "institution": declaring, "custodian": custodian, "glass": glass}
    if said != named or want not in (READ, END) or type(at) is not int:
        return None
    return want if abs(gw.clock() - at) <= gw.ledger.genesis.doc["limits"]["skew_ms"] else None
