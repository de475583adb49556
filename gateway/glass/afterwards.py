"""The custodian's answers to what the declaring institution asks about an emergency afterwards.

docs/formats/glass.md, "Afterwards": a compact JWS, typ yaoshi-glass-ask, by the declaring institution's peer
key. Ending a second time is refused by the ledger and reading changes nothing, so an ask that somebody
caught does nothing. Not here: asking (gateway.glass.asking), HTTP (gateway.glass.door). Invariant: whatever
is wrong with an ask, it is one answer, ``emergency-unknown``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from gateway.glass.closing import close_glass
from gateway.glass.reviewed import is_opening, keep_review, own_review
from gateway.glass.tables import glass_case, glass_objection
from ledger.encoding import unb64u
from ledger.errors import Malformed, Refusal
from ledger.signing import open_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway

ASK_TYP = "yaoshi-glass-ask"
READ, END, REVIEW = "read", "end", "review"
LONGEST = 8192


def answer_ask(gw: Gateway, custodian: str, glass: str, ask: str) -> dict[str, Any] | Refusal:
    """What `state_of` gives, after ending the emergency or keeping the declaring side's review, if wanted.

    Refuses ``emergency-unknown``, or what the ledger refuses. Raises ledger.errors.Unavailable.
    """
    asked = _asked(gw, custodian, glass, ask)
    if asked is None:
        return Refusal("emergency-unknown", "")
    if asked.want == END:
        refused = close_glass(gw, custodian, glass)
        if refused is not None:
            return refused
    if asked.review is not None:
        with gw.db.begin() as conn:
            if not keep_review(conn, asked.link, asked.declaring, asked.review):
                return Refusal("emergency-unknown", "")
    return state_of(gw, custodian, glass)


def state_of(gw: Gateway, custodian: str, glass: str) -> dict[str, Any]:
    """{"told": when the phone first read of it (ms), "objection": {"at", "text"}, "review": the opening of
    the custodian's own}, each or None."""
    told = select(glass_case.c.told_at).where(glass_case.c.glass == glass)
    said = select(glass_objection).where(glass_objection.c.glass == glass)
    with gw.db.connect() as conn:
        at, row = conn.execute(told).scalar(), conn.execute(said).first()
    objection = None if row is None else {"at": row.at, "text": row.words}
    return {"told": at, "objection": objection, "review": own_review(gw, custodian, glass)}


class _Asked(NamedTuple):
    """What the declaring institution wants; `review` is the opening that comes with REVIEW alone."""

    want: str
    declaring: str
    link: str
    review: dict[str, str] | None


def _asked(gw: Gateway, custodian: str, glass: str, ask: str) -> _Asked | None:
    """An ask that the declaring institution signed just now; None for everything else."""
    mine = (glass_case.c.glass == glass, glass_case.c.custodian == custodian)
    with gw.db.connect() as conn:
        row: Any = conn.execute(select(glass_case.c.declaring, glass_case.c.link).where(*mine)).first()
    with gw.ledger.view() as view:
        institution = view.institution(row.declaring) if row is not None else None
    if institution is None or institution.retired or len(ask) > LONGEST:
        return None
    try:
        said = open_compact(ask, ASK_TYP, unb64u(institution.keys["peer"], 32))
    except Malformed:
        return None
    want, at, review = said.pop("want", None), said.pop("at", None), said.pop("review", None)
    named = {"ledger": gw.ledger.id, "institution": row.declaring, "custodian": custodian, "glass": glass}
    if said != named or want not in (READ, END, REVIEW) or type(at) is not int:
        return None
    if (want == REVIEW) != is_opening(review) or (want != REVIEW and review is not None):
        return None
    if abs(gw.clock() - at) > gw.ledger.genesis.doc["limits"]["skew_ms"]:
        return None
    return _Asked(want, row.declaring, row.link, review)
