"""What privacy officers do about a case: find it justified or not, ask the other side, end the release.

docs/formats/opening.md, glass.reviewed: the verdict stands on the ledger once for each institution, its words
behind a commitment that the patient's phone opens. A question to the other side is between the two and on no
ledger. Invariants: whoever declared an emergency never reviews it; nobody takes a case away; of two reviews
by one institution at one moment the ledger takes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from consent.vocabulary import VERDICTS
from gateway.disclosure.openings import commit_details, opening_of
from gateway.glass.asking import tell_review
from gateway.glass.cases import Case
from gateway.glass.closing import close_glass
from gateway.glass.known import on_ledger
from gateway.glass.tables import glass_question
from gateway.glass.telling import tell
from gateway.identity.signing import submit_entry
from gateway.outbox.outbox import NO_QUORUM
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

EXPLAIN = "explain"
MOST_QUESTIONS = 20


def may_review(case: Case, staff: Staff) -> bool:
    """Whether this officer is another person than the declarer.

    Ids are an institution's own: what a declarer elsewhere calls itself must not bar an officer here.
    """
    return case.side == "custodian" or case.user is None or case.user["id"] != staff.id


def review(gw: Gateway, staff: Staff, case: Case, verdict: str, words: str) -> Refusal | None:
    """Record a verdict ("justified", "not-justified"), or send a question ("explain")."""
    if not may_review(case, staff):
        return Refusal("review-own-emergency", "the reviewer declared this emergency")
    if not words and verdict != VERDICTS[0]:
        return Refusal("review-words-missing", "this verdict needs words")
    if case.institution in case.state["reviews"]:
        return Refusal("glass-reviewed", "this institution has reviewed it")
    asks = verdict == EXPLAIN
    if asks and not gw.keys.hosts(case.other):
        return Refusal("review-question-elsewhere", "the other institution is on another node")
    refused = _ask(gw, staff, case, words) if asks else _record(gw, staff, case, verdict, words)
    if refused is None:
        tell(gw, case.glass)
    return refused


def stop(gw: Gateway, case: Case) -> Refusal | None:
    """End the release at once; only the custodian can."""
    if case.side != "custodian":
        return Refusal("review-unknown", "the custodian ends the release")
    return close_glass(gw, case.custodian, case.glass)


def _record(gw: Gateway, staff: Staff, case: Case, verdict: str, words: str) -> Refusal | None:
    if not on_ledger(gw, case.glass):
        raise Unavailable(NO_QUORUM, "the emergency waits for the ledger, and so does its review")
    link = case.state["link"]
    details = {
        "institution": case.institution,
        "verdict": verdict,
        "words": words,
        "reviewer": {"id": staff.id, "name": staff.name, "role": staff.role_code},
    }
    commitment = commit_details(gw, case.institution, link, details)
    refused = _tell_custodian(gw, case, commitment)
    if refused is not None:
        return refused
    done = submit_entry(
        gw, case.institution, "review", "glass.reviewed", link, glass=case.glass, commitment=commitment
    )
    return done if isinstance(done, Refusal) else None


def _tell_custodian(gw: Gateway, case: Case, commitment: str) -> Refusal | None:
    """Before it is recorded: the phone reads at the custodian, and words that are missing there alarm it."""
    if gw.keys.hosts(case.custodian):
        return None
    with gw.db.connect() as conn:
        opening = opening_of(conn, commitment)
    if opening is None:
        raise Unavailable("unavailable", "what was just kept is not there")
    return tell_review(gw, case, opening)


def _ask(gw: Gateway, staff: Staff, case: Case, words: str) -> Refusal | None:
    table = glass_question
    mine = (table.c.glass == case.glass, table.c.institution == case.institution)
    row = {"glass": case.glass, "institution": case.institution, "by": staff.name, "words": words}
    with gw.db.begin() as conn:
        count = conn.execute(select(func.count()).select_from(table).where(*mine)).scalar() or 0
        if count >= MOST_QUESTIONS:
            return Refusal("review-questions-full", "enough questions about one case")
        conn.execute(insert(table).values(**row, at=gw.clock()))
    return None
