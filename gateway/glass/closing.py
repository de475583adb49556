"""Ends an emergency before its time, on the custodian's side.

docs/formats/entry.md, glass.closed. The custodian's review key signs it: for its privacy officer, or because
the one who declared it wishes so. The patient's own closing comes through the wallet's door. Which of two
closings counts, the ledger says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.disclosure.openings import grantee_of
from gateway.glass.known import known_glass
from gateway.glass.telling import tell
from gateway.identity.signing import submit_or_keep
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway


def close_glass(gw: Gateway, custodian: str, glass: str) -> Refusal | None:
    """End a glass of this custodian's, which is on this node; refuses what the ledger refuses."""
    state = known_glass(gw, glass)
    if state is None or state["institution"] != custodian:
        return Refusal("glass-unknown", "no glass of this custodian")
    with gw.db.connect() as conn:
        declaring = grantee_of(conn, state["commitment"])
    elsewhere = declaring if declaring is not None and not gw.keys.hosts(declaring) else None
    done = submit_or_keep(gw, custodian, "review", "glass.closed", state["link"], tell=elsewhere, glass=glass)
    if isinstance(done, Refusal):
        return done
    tell(gw, glass)
    return None
