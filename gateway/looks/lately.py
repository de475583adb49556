"""Remembers which charts a staff session has opened of late, so that one visit to a chart is one look.

In memory only: after a restart a chart is looked at anew, and written down anew. Not here: writing it down
(looks.looks). Invariant: it never spares the first look of a session at a chart.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.composition import Gateway

LATELY = "yaoshi-looked-lately"
MOST = 5_000


class Lately:
    """(session, chart) of the last half hour (the ledger's length of a visit); safe between threads."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._looked: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = Lock()

    def note(self, session: str, patient_id: str) -> None:
        """This session's look at this chart was written down just now."""
        with self._lock:
            self._looked[session, patient_id] = self._gw.clock()
            self._looked.move_to_end((session, patient_id))
            while len(self._looked) > MOST:
                self._looked.popitem(last=False)

    def seen(self, session: str, patient_id: str) -> bool:
        """Whether a look of this session at this chart still counts."""
        with self._lock:
            at = self._looked.get((session, patient_id))
        return at is not None and self._gw.clock() - at < self._gw.ledger.genesis.doc["limits"]["visit_ms"]
