"""Follows what the application beside us commits: answers who waits, then tells subscribers, in order.

One thread. It is woken after each commit, and looks now and then anyway. What the node may have lost is sent
again while it waits. An entry without an answer in time is an outage for its submitter, never a refusal.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from ledger.committed import Committed, News, Subscriber, committed_of
from ledger.engine.inflight import InFlight, Waiting
from ledger.engine.outgoing import Sender, Signed, signature_invalid
from ledger.engine.waking import Bell
from ledger.errors import Fatal, Refusal, Unavailable
from ledger.store.chain import read_chain_tip, read_refusals_since
from ledger.store.database import Store
from ledger.store.reading import read_ending, read_places

_log = logging.getLogger("ledger")
_LOOK_S = 0.05
_IDLE_LOOK_S = 0.5
_SEND_AGAIN_S = 2.0
_RECORDS_AT_ONCE = 500


class Follower:
    """The thread that follows; `size` is where the log ended when it began, `height` the last block seen.

    `signed`: whether the signature with which an entry waits here is that of its key.
    """

    def __init__(
        self, store: Store, in_flight: InFlight, sender: Sender, bell: Bell, size: int, signed: Signed
    ) -> None:
        self._store = store
        self._signed = signed
        self._in_flight = in_flight
        self._sender = sender
        self._bell = bell
        self._seen = size
        self.height = 0
        self._callbacks: list[Subscriber] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-follower", daemon=True)
        self._thread.start()

    def subscribe(self, callback: Subscriber) -> None:
        self._callbacks.append(callback)

    def close(self) -> None:
        """Tell subscribers what is committed by now, then end."""
        self._closed.set()
        self._bell.ring()
        self._thread.join()

    def _run(self) -> None:
        closing, trouble = False, ""
        while not closing:
            self._bell.wait(_LOOK_S if len(self._in_flight) else _IDLE_LOOK_S)
            closing = self._closed.is_set()
            try:
                while self._look():
                    continue
                found = ""
            except Exception as fault:
                # Whoever waits must be answered in time, even when nothing can be read.
                found = type(fault).__name__
            if found != trouble:  # once, not twenty times a second
                trouble = found
                _say(trouble)
            self._expire()

    def _look(self) -> bool:
        """One look at one snapshot; whether there is more to tell.

        What waits was looked up after it came (`ledger.engine.outgoing`), so what is new since is enough.
        """
        waiting = self._in_flight.by_id()
        with self._store.snapshot() as connection:
            ending = read_ending(connection)
            if ending is None:
                raise Fatal("size-differs", "the ledger file has no beginning")
            height = read_chain_tip(connection).height
            rows = []
            if self._seen < ending.size and (waiting or self._callbacks):
                rows = read_places(connection, self._seen, _RECORDS_AT_ONCE)
            refused = read_refusals_since(connection, self.height) if waiting and height > self.height else {}
        self.height = height
        for place, entry_id, _, _ in rows if waiting else ():
            for item in waiting.get(entry_id.hex(), ()):
                repeated = place[0] < item.size
                self._answer(item, committed_of(place, item.entry, repeated=repeated))
        if rows:
            self._tell([News(place[0], subject.hex(), kind) for place, _, subject, kind in rows])
        for refused_id, one in refused.items():
            for item in waiting.get(refused_id, ()):
                if item.height is not None and one.height > item.height:
                    self._answer(item, _judged(one.refusal))
        self._seen = self._seen + len(rows) if rows else ending.size
        return self._seen < ending.size

    def _answer(self, item: Waiting, outcome: Committed | Refusal | Exception) -> None:
        """What became of an entry under this id, for one that waits with a signature that may be another.

        One that was not looked up yet is answered by that.
        """
        if item.key is not None:
            self._in_flight.settle(item, outcome if self._signed(item) else signature_invalid())

    def _tell(self, news: Sequence[News]) -> None:
        for callback in self._callbacks:
            try:
                callback(news)
            except Exception as fault:
                _log.error("a subscriber failed: %s", type(fault).__name__)

    def _expire(self) -> None:
        now, again = time.monotonic(), []
        for item in self._in_flight.all():
            if now > item.deadline:
                self._in_flight.settle(
                    item, overdue(moved=item.height is not None and self.height > item.height)
                )
            elif item.sent is not None and now - item.sent > _SEND_AGAIN_S:
                item.sent, item.looked_up = None, False
                again.append(item)
        if again:
            self._sender.put(again)


def _say(trouble: str) -> None:
    if trouble:
        _log.error("the ledger could not be followed: %s", trouble)
    else:
        _log.warning("the ledger is followed again")


def overdue(*, moved: bool) -> Unavailable:
    """What a submitter is told who had no answer in time; `moved`: whether there were blocks meanwhile."""
    if moved:
        return Unavailable("outcome-unknown", "the entry was in none of the blocks since")
    return Unavailable("no-quorum", "no block was agreed on since the entry was handed in")


def _judged(refusal: Refusal) -> Refusal | Exception:
    if refusal.code == "rules-failed":
        return Unavailable("rules-failed", "the rules could not judge this entry")
    return refusal
