"""Hands in what waits when the ledger moves again: the same bytes, in order for each link, recorded once.

One thread of the serving process, and one that tells other nodes. It asks again when the engine tells of a
commit, and now and then anyway: first with one entry, with many once that one is recorded. Not here: what may
wait (outbox.outbox).
Invariants: an entry leaves when the ledger holds it, never before, so a crash at any moment hands it in again
and it stands there once; a refusal on late recording is kept with its code and logged.
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Event, Thread
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gateway.glass.telling import tell
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
# Refusals of the moment; the entry goes on waiting. Its key was known here when it was kept: where it is not
# any more, an older ledger was put back and is still catching up.
_LATER = frozenset({"quota-exceeded", "operator-quota-exceeded", "entry-early", "entry-unknown-key"})
_UNJUDGED = "rules-failed"


class Delivery:
    """`away`: the consortium did not agree when it was last asked, so no screen waits for it now."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self.away = False
        self._awake, self._to_tell, self._closed = Event(), Event(), Event()
        self._threads: list[Thread] = []
        self._busy = False

    def begin(self) -> None:
        """Start the threads, which begin with what an earlier process left."""
        self._busy = True
        self._to_tell.set()
        self._gw.ledger.subscribe(lambda _news: self._awake.set() if self._busy else None)
        for name, work in (("outbox", self._run), ("outbox-tells", self._tell)):
            self._threads.append(Thread(target=work, name=name, daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        """End the threads; what waits stays."""
        self._closed.set()
        self._awake.set()
        self._to_tell.set()
        for thread in self._threads:
            thread.join()

    def stands_still(self) -> None:
        """Something waits, because the consortium does not agree just now."""
        self.away = self._busy = True
        self._awake.set()
        self._to_tell.set()

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
                done = self.deliver()
            except (SQLAlchemyError, LedgerError, OSError) as error:
                self._gw.log.error("outbox-stands-still", kind=type(error).__name__)
                done = False
            pause = 0.0 if done else min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, pause * 2))
            self._closed.wait(min(pause, SHORTEST_PAUSE_S))

    def _tell(self) -> None:
        """Apart from the delivery: another node that hangs holds up nothing."""
        left = False
        while not self._closed.is_set():
            self._to_tell.wait(LONGEST_PAUSE_S if left else None)
            self._to_tell.clear()
            if self._closed.is_set():
                return
            try:
                left = tell_others(self._gw, self._closed.is_set)
            except (SQLAlchemyError, LedgerError, OSError) as error:
                self._gw.log.error("outbox-tells-nobody", kind=type(error).__name__)
                left = True

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
        except Unavailable as outage:
            if outage.code != _UNJUDGED:
                raise
            # The fault is in what the rules make of this entry: no other link's waits for that.
            self._gw.log.error("entry-not-judged", entry=kept.entry.id)
            return False
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
        about = store.about_of(kept.entry)
        if about is not None:
            tell(self._gw, about)
        return True
