"""Finds, reserves and opens the link between a patient and an institution.

The first look at a chart opens an unclaimed link, so looks are recorded from the first day. Not here:
claiming a link by a phone (gateway.links.confirm). Invariant: a link's id is reserved in ``patient_link``
before it is submitted, and the ledger refuses to open an id twice; a crash between the two leaves a
reserved id that the next look opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select

from consent.links import is_own_id, own_id
from gateway.identity.signing import submit_or_keep
from gateway.links.tables import patient_link
from ledger.errors import Refusal
from ledger.store.prepared import Prepared, insert_into

if TYPE_CHECKING:
    from gateway.composition import Gateway

_PATIENT = Prepared(
    select(patient_link.c.patient_id).where(
        patient_link.c.link == bindparam("link"), patient_link.c.institution == bindparam("institution")
    )
)


def ensure_link(gw: Gateway, institution: str, patient_id: str, urgent: bool = False) -> str | Refusal:
    """Link id (32 hex) of the patient, opened on the ledger, unclaimed if it is new; or the ledger's Refusal.

    Without a quorum its opening waits in the outbox, before what comes later about the link; ``urgent`` as
    of Outbox.record.

    Raises ledger.errors.Unavailable when the ledger does not answer.
    """
    for link in _links(gw, institution, patient_id):
        if ledger_state(gw, link) is not None:
            return link
    link = reserve_link(gw, institution, patient_id)
    if gw.outbox.waiting(link):
        return link
    answer = submit_or_keep(
        gw, institution, "desk", "link.open", link, urgent=urgent, institution=institution
    )
    # Another look may have opened it in between: then the ledger refused ours, and the link is there.
    if isinstance(answer, Refusal) and ledger_state(gw, link) is None:
        return answer
    return link


def reserve_link(gw: Gateway, institution: str, patient_id: str) -> str:
    """The link id that this patient has, or will have once opened; a closed link is followed by a new id.

    So is one that version 1 of the rules let be reserved and that version 2 would not open.
    """
    known = _links(gw, institution, patient_id)
    if known:
        state = ledger_state(gw, known[0])
        if state is None:
            if is_own_id(known[0], institution) or gw.outbox.waiting(known[0]):
                return known[0]
        elif not state.get("closed"):
            return known[0]
    row = {
        "link": own_id(institution, gw.entropy),
        "institution": institution,
        "patient_id": patient_id,
        "generation": len(known) + 1,
    }
    with gw.db.begin() as conn:
        # Two desks at the same moment: the first row stays, and both read it back.
        conn.execute(insert_into(conn, patient_link).values(row).on_conflict_do_nothing())
    return _links(gw, institution, patient_id)[0]


def ledger_state(gw: Gateway, link: str) -> dict[str, Any] | None:
    """The ledger's state document of a link, or None while it is not opened."""
    with gw.ledger.view() as view:
        state: dict[str, Any] | None = view.get(f"link/{link}")
    return state


def patient_of_link(conn: Connection, institution: str, link: str) -> str | None:
    """Patient id behind a link of this institution; None for every other link."""
    row = _PATIENT.first(conn, link=link, institution=institution)
    return None if row is None else row[0]


def links_of_patient(conn: Connection, institution: str, patient_id: str) -> list[str]:
    """All link ids of a patient at this institution, newest first."""
    query = (
        select(patient_link.c.link)
        .where(patient_link.c.institution == institution, patient_link.c.patient_id == patient_id)
        .order_by(patient_link.c.generation.desc())
    )
    return list(conn.execute(query).scalars())


def _links(gw: Gateway, institution: str, patient_id: str) -> list[str]:
    with gw.db.connect() as conn:
        return links_of_patient(conn, institution, patient_id)
