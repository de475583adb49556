"""Keeps what a patient says against an emergency look, for the privacy officers who review it.

Not on the ledger: words about a person's health and anger are nobody else's. One objection for each
emergency; it is never changed, and a retry by the phone changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gateway.glass.known import known_glass
from gateway.glass.tables import glass_objection as table
from gateway.glass.telling import tell
from ledger.errors import Refusal
from ledger.store.prepared import insert_into

if TYPE_CHECKING:
    from gateway.composition import Gateway


def object_to(gw: Gateway, link: str, until_index: int | None, glass: str, words: str) -> int | Refusal:
    """When the objection was made (ms). Refuses ``glass-unknown`` (also what this phone may not read) and
    ``objection-made`` (other words were sent before)."""
    state = known_glass(gw, glass)
    if state is None or state["link"] != link or (until_index is not None and state["index"] > until_index):
        return Refusal("glass-unknown", "no emergency on this link")
    row = {"glass": glass, "link": link, "at": gw.clock(), "words": words}
    with gw.db.begin() as conn:
        conn.execute(insert_into(conn, table).values(row).on_conflict_do_nothing())
        kept = conn.execute(select(table).where(table.c.glass == glass)).one()
    if kept.words != words:
        return Refusal("objection-made", "an objection was sent before")
    tell(gw, glass)
    return int(kept.at)
