"""Holds what doctors' open views show, in memory only, and empties it as soon as it has ended.

docs/decisions/0006: what is not filed is gone when the view closes. A view belongs to one staff session and
one reference or emergency. Not here: pulling (asks.visits), whether a grant or glass still stands
(asks.standing).
Invariants: nothing of it is ever written to disk; the number of views is bounded; one watcher thread lives
while there are views, wakes on the ledger's changes to their links and at the next end, and empties what
ended.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from gateway.identity.sessions import session_lives

if TYPE_CHECKING:
    from gateway.asks.basis import Basis
    from gateway.composition import Gateway
    from gateway.peers.pull import Received

MOST_VIEWS = 200
MOST_VIEWS_OF_SESSION = 8
WATCH_SECONDS = 30.0
WAKE = "visits"


@dataclass
class Source:
    """One grant or glass in a view: ``items``, ``received`` and ``patient`` are None unless it is open; ms.

    States: open, revoked (a grant), closed (a glass), expired, ended (visit over, phone replaced or link
    closed), refused, unavailable (``outage`` is the code why).
    """

    basis: Basis
    state: str
    ends_at: int | None = None
    ended_at: int | None = None
    items: list[dict[str, Any]] | None = None
    received: dict[str, Received] | None = None
    patient: dict[str, Any] | None = None
    count: int = 0
    outage: str | None = None

    def end(self, state: str, at: int) -> None:
        """Empty this source."""
        self.state, self.ended_at = state, at
        self.items, self.received, self.patient, self.count = None, None, None, 0


@dataclass
class OpenView:
    """What one member of staff sees of one accepted request, or of one emergency."""

    institution: str
    sources: dict[str, Source] = field(default_factory=dict)
    pulling: Lock = field(default_factory=Lock)


class VisitRoom:
    """The open views of this process by (session, reference); safe between threads."""

    def __init__(self, gw: Gateway, judge: Callable[[Gateway, list[Source]], bool]) -> None:
        self._gw, self._judge = gw, judge
        self._views: OrderedDict[tuple[str, str], OpenView] = OrderedDict()
        self._lock = Lock()
        self._watcher: Thread | None = None

    def view(self, session: str, reference: str, institution: str) -> OpenView:
        """The view of this session and reference, empty at first; the oldest ones make room."""
        with self._lock:
            view = self._views.get((session, reference))
            if view is None:
                view = self._views[(session, reference)] = OpenView(institution)
            self._views.move_to_end((session, reference))
            own = [key for key in self._views if key[0] == session]
            for key in own[:-MOST_VIEWS_OF_SESSION]:
                del self._views[key]
            while len(self._views) > MOST_VIEWS:
                self._views.popitem(last=False)
            if self._watcher is None:
                self._watcher = self._gw.threads.start("visit-room", self._watch)
        return view

    def held(self, session: str, reference: str) -> OpenView | None:
        """The view of this session and reference if there is one; nothing is made, pulled or kept longer."""
        with self._lock:
            return self._views.get((session, reference))

    def drop(self, session: str, reference: str | None = None) -> None:
        """Forget one view of a session, or all of them when it has ended."""
        with self._lock:
            for key in [key for key in self._views if key[0] == session and reference in (None, key[1])]:
                del self._views[key]
        self._gw.bus.publish(WAKE)

    def end(self, session: str, reference: str, state: str) -> None:
        """Empty the open sources of one view of a session, which stays; what ended them is in `state`."""
        with self._lock:
            view = self._views.get((session, reference))
        for source in list(view.sources.values()) if view is not None else ():
            if source.state == "open":
                source.end(state, self._gw.clock())

    def __len__(self) -> int:
        """How many views are held."""
        with self._lock:
            return len(self._views)

    def loaded(self) -> None:
        """Tell the watcher that a view has new contents to look after."""
        self._gw.bus.publish(WAKE)

    def sweep(self) -> None:
        """Empty what has ended by now, and wake the screens that showed it."""
        with self._lock:
            sessions = {session for session, _ in self._views}
        for session in sessions:
            if not session_lives(self._gw, session):
                self.drop(session)
        with self._lock:
            views = list(self._views.values())
        for view in views:
            if self._judge(self._gw, list(view.sources.values())):
                self._gw.bus.publish(f"staff:{view.institution}")

    def _watch(self) -> None:
        since = 0
        while True:
            with self._lock:
                views, sessions = list(self._views.values()), {session for session, _ in self._views}
                if not views or self._gw.bus.closed:
                    self._views.clear()
                    self._watcher = None
                    return
            sources = [source for view in views for source in list(view.sources.values())]
            channels = {WAKE, *(f"link:{source.basis.link}" for source in sources)}
            channels |= {f"session:{session}" for session in sessions}
            ends = [source.ends_at for source in sources if source.ends_at and source.state == "open"]
            left = (min(ends) - self._gw.clock()) / 1000 if ends else WATCH_SECONDS
            changed = self._gw.bus.wait(channels, since, min(max(left, 0.05), WATCH_SECONDS))
            since = max(changed.values(), default=since)
            if self._gw.bus.closed:
                continue  # the node ends: what is left goes with the views, and its database is being closed
            try:
                self.sweep()
            except Exception as fault:  # whatever fails here, what is shown must not stay without a watcher
                self._gw.log.error("visit-room-emptied", kind=type(fault).__name__)
                with self._lock:
                    self._views.clear()
