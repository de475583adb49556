"""Hands in what waits when the ledger moves again: the same bytes, in order for each link, recorded once.

One thread of the serving process. It asks again when the engine tells of a commit, and now and then anyway:
first with one entry, and with many once that one is recorded. Not here: what may wait (outbox.outbox).
Invariants: an entry leaves when the ledger holds it, never before, so a crash at any moment hands it in again
and it stands there once; a refusal on late recording is kept with its code and logged.
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Event, Thread
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gateway.outbox import store
from gateway.outbox.telling import tell_others
from ledger.committed import Committed
from ledger.errors import LedgerError, Malformed, Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.outbox.store import Kept

AT_ONCE = 100
PROBE_SECONDS = 4.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0
# What the ledger says when somebody else's entry has done the same meanwhile: nothing was lost.
_DONE_ALREADY = {
    "link.open": "subject-exists",
    "grant.revoke": "grant-revoked",
    "glass.closed": "glass-closed",
}
# Refusals of the moment; the entry goes on waiting.
_LATER = frozenset({"quota-exceeded", "operator-quota-exceeded", "entry-early"})


class Delivery:
    """`away`: the consortium did not agree when it was last asked, so no screen waits for it now."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self.away = False
        self._awake, self._closed = Event(), Event()
        self._thread: Thread | None = None
        self._busy = False

    def begin(self) -> None:
        """Start the thread, which begins with what an earlier process left."""
        self._busy = True
        self._gw.ledger.subscribe(lambda _committed: self._awake.set() if self._busy else None)
        self._thread = Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; what waits stays."""
        self._closed.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def stands_still(self) -> None:
        """Something waits, because the consortium does not agree just now."""
        self.away = self._busy = True
        self._awake.set()

    def deliver(self) -> bool:
        """Hand in what waits, until all is recorded (True) or the ledger does not take it (False)."""
        self._busy, postponed, most = True, set[str](), 1
        try:
            while rows := self._first(most, postponed):
                for kept, answer in [(kept, self._handed_in(kept)) for kept in rows]:
                    if not self._settle(kept, answer):
                        postponed.add(kept.entry.subject)
                self.away, most = False, AT_ONCE
        except (Unavailable, TimeoutError):
            self.away = True
            return False
        self.away = False
        self._busy = bool(postponed)
        return not postponed

    def _run(self) -> None:
        pause = 0.0
        while not self._closed.is_set():
            self._awake.wait(pause if self._busy else None)
            self._awake.clear()
            if self._closed.is_set():
                return
            try:
                tell_others(self._gw)
                done = self.deliver()
            except (SQLAlchemyError, LedgerError, OSError) as error:
                self._gw.log.error("outbox-stands-still", kind=type(error).__name__)
                done = False
            pause = 0.0 if done else min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, pause * 2))
            self._closed.wait(min(pause, SHORTEST_PAUSE_S))

    def _first(self, most: int, postponed: set[str]) -> list[Kept]:
        """The oldest of each link, but for links whose oldest is to wait longer."""
        with self._gw.db.connect() as conn:
            rows = store.first_of_each_link(conn, most + len(postponed))
        return [kept for kept in rows if kept.entry.subject not in postponed][:most]

    def _handed_in(self, kept: Kept) -> Future[Committed | Refusal]:
        try:
            handed: Future[Committed | Refusal] = self._gw.ledger.submit(kept.entry.text)
        except Malformed as malformed:
            handed = Future()
            handed.set_result(Refusal(malformed.code, malformed.detail))
        return handed

    def _settle(self, kept: Kept, future: Future[Committed | Refusal]) -> bool:
        """Whether it was recorded, or refused for good. Raises Unavailable, TimeoutError."""
        try:
            answer = future.result(PROBE_SECONDS)
        except Malformed as malformed:
            answer = Refusal(malformed.code, malformed.detail)
        if isinstance(answer, Refusal) and answer.code in _LATER:
            return False
        with self._gw.db.begin() as conn:
            if isinstance(answer, Committed) or answer.code == _DONE_ALREADY.get(kept.entry.kind):
                store.remove(conn, kept)
            else:
                store.refuse(conn, kept, answer, self._gw.clock())
        if isinstance(answer, Refusal):
            self._gw.log.error("entry-refused-late", entry=kept.entry.id, cause=answer.code)
        self._gw.bus.publish(f"link:{kept.entry.subject}")
        return True
