"""Makes the desk's one-time invitation, after the identity check was recorded.

Three modes: open (the patient has no link on the ledger yet), claim (a first look has opened it, no phone
holds it) and rekey (a phone holds it: a fresh sign-in is asked for by the route). The link's id is fixed
here, for the phone's proof names it. Not here: the confirmation (links.confirm).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import insert

from gateway.links.links import ledger_state, reserve_link
from gateway.references.code import new_reference
from gateway.references.store import make_reference
from gateway.references.tables import identity_check
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

Mode = Literal["open", "claim", "rekey"]


def link_mode(gw: Gateway, link: str) -> Mode:
    """What confirming an invitation to this link would do on the ledger as it stands."""
    state = ledger_state(gw, link)
    if state is None:
        return "open"
    return "rekey" if state["claimed"] else "claim"


def make_invite(
    gw: Gateway, staff: Staff, patient_id: str, checks: dict[str, bool], rekey: bool
) -> str | Refusal:
    """A reference for this patient's phone; ``checks`` {document, match, present} must all be true."""
    if not (checks["document"] and checks["match"] and checks["present"]):
        return Refusal("identity-not-checked", "all three identity checks are needed before an invitation")
    link = reserve_link(gw, staff.institution, patient_id)
    mode = link_mode(gw, link)
    if mode == "rekey" and not rekey:
        return Refusal("link-claimed", "a phone is connected; replacing it is another step")
    if rekey and mode != "rekey":
        return Refusal("link-unclaimed", "no phone is connected yet")
    name = new_reference(gw)
    _record_check(gw, staff, patient_id, name, checks)
    return make_reference(
        gw,
        staff.institution,
        "invite",
        staff.id,
        reference=name,
        patient_id=patient_id,
        mode=mode,
        link=link,
    )


def _record_check(
    gw: Gateway, staff: Staff, patient_id: str, reference: str, checks: dict[str, bool]
) -> None:
    row = {
        "reference": reference,
        "institution": staff.institution,
        "patient_id": patient_id,
        "staff_id": staff.id,
        "at": gw.clock(),
        "document_seen": checks["document"],
        "chart_matches": checks["match"],
        "person_present": checks["present"],
    }
    with gw.db.begin() as conn:
        conn.execute(insert(identity_check).values(row))
