"""Writes down a look at a patient's chart, and returns only when the entry is committed or waits durably.

docs/formats/opening.md (look.made): the committed details say on what basis, who, and what was looked at.
Not here: releases to another institution (gateway.disclosure). Invariant: a caller sends no byte of a
record before the answer is a Committed, or, while a consortium has no quorum, Queued (gateway.outbox); on a
refusal or another outage of the ledger nothing is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.vocabulary import BASES
from gateway.disclosure.openings import commit_details
from gateway.identity.signing import submit_or_keep
from gateway.links.links import ensure_link
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway


def record_look(
    gw: Gateway, institution: str, patient_id: str, user: dict[str, str], basis: str, what: dict[str, Any]
) -> Any:
    """Commit a look.made on the patient's link, which a first look opens. Committed | Queued | Refusal.

    ``user`` {id, name, role}; ``what`` {"kinds": [...], "count": n}. Raises ledger.errors.Unavailable.
    """
    link = ensure_link(gw, institution, patient_id)
    if isinstance(link, Refusal):
        return link
    return record_look_on(gw, institution, link, user, basis, what)


def record_look_on(
    gw: Gateway, institution: str, link: str, user: dict[str, str], basis: str, what: dict[str, Any]
) -> Any:
    """As record_look, on a link that is already open (32 hex): the patient's own reading names its link."""
    if basis not in BASES:
        raise ValueError("basis of a look")
    details = {"basis": basis, "user": user, "what": what}
    # Stored first: a crash in between leaves an opening without an entry, never the reverse.
    commitment = commit_details(gw, institution, link, details)
    return submit_or_keep(gw, institution, "release", "look.made", link, commitment=commitment)
