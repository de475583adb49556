"""Writes down a look at a patient's chart, and returns only when the entry is committed.

DESIGN sections 1.2 and 4 (look.made): the committed details say on what basis, who, and what was looked at.
Not here: releases to another institution (gateway.disclosure). Invariant: a caller sends no byte of a record
before ``record_look`` has returned; a refusal or an outage of the ledger means that nothing is shown.
"""

from __future__ import annotations

from typing import Any

from gateway.disclosure.openings import commit_details
from gateway.identity.signing import submit_entry

BASES = ("own-care", "own-administration", "patient-request")


class LookRefused(Exception):
    """The ledger refused the look: nothing may be shown. Carries the refusal's code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def record_look(
    gw: Any, institution: str, link: str, *, user: dict[str, str], basis: str, what: dict[str, Any]
) -> Any:
    """Commit a look.made on ``link`` (32 hex). ``user`` {id, name, role}; ``what`` {kinds: [...], count: n}.

    Returns ledger Committed. Raises LookRefused or ledger.errors.Unavailable; then nothing may be shown.
    """
    if basis not in BASES:
        raise ValueError("basis of a look")
    details = {"basis": basis, "user": user, "what": what}
    with gw.db.begin() as conn:
        # The opening is stored first: a crash in between leaves an opening without an entry, never the reverse.
        commitment = commit_details(gw, conn, institution, link, details)
    answer = submit_entry(gw, institution, "release", "look.made", link, commitment=commitment)
    if hasattr(answer, "code"):
        raise LookRefused(answer.code)
    return answer
