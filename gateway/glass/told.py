"""Notes when a patient's phone first read that the glass was broken, for those who review it.

The phone is told at once by the ledger's own change (gateway.wallet.changes); it reads, and verifies, by its
timeline. Not here: the reading itself. Invariant: nothing is noted that the reading did not show, and a full
disk keeps nobody from reading.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from consent.glass_state import glass_state
from gateway.glass.tables import glass_case as table
from gateway.glass.telling import tell
from gateway.web.disk import disk_state

if TYPE_CHECKING:
    from gateway.composition import Gateway


def note_told(
    gw: Gateway, link: str, size: int, until_index: int | None, waiting: Collection[str] = ()
) -> None:
    """The link's phone has just read its log as of ``size``, or up to and including ``until_index``.

    ``waiting``: the ids of the entries that it read as not recorded yet.
    """
    with gw.db.connect() as conn:
        untold = select(table.c.glass).where(table.c.link == link, table.c.told_at.is_(None))
        glasses = list(conn.execute(untold).scalars())
    last = size - 1 if until_index is None else min(until_index, size - 1)
    with gw.ledger.view() as view:
        states = {glass: glass_state(view, glass) for glass in glasses}
    told = [glass for glass, state in states.items() if state is not None and state["index"] <= last]
    told += [glass for glass in glasses if glass in waiting]
    if not told or disk_state(gw.settings) == "disk-full":
        return
    with gw.db.begin() as conn:
        first = table.c.glass.in_(told) & table.c.told_at.is_(None)
        conn.execute(update(table).where(first).values(told_at=gw.clock()))
    for glass in told:
        tell(gw, glass)
