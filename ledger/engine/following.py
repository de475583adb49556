"""Follows what the application beside us commits: answers who waits, then tells subscribers, in order.

One thread. It is woken after each commit, and looks now and then anyway. What the node may have lost is sent
again while it waits. An entry without an answer in time is an outage for its submitter, never a refusal.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ledger.committed import Committed, committed_of
from ledger.engine.inflight import InFlight, Waiting
from ledger.engine.outgoing import Sender
from ledger.engine.trees import Trees
from ledger.engine.waking import Bell
from ledger.entry import parse_entry
from ledger.errors import Fatal, Refusal, Unavailable
from ledger.store.chain import read_chain_tip, read_refusals
from ledger.store.database import Connection, Store
from ledger.store.reading import StoredRecord, read_ending, read_entry_indices, read_records

_log = logging.getLogger("ledger")
_LOOK_S = 0.05
_IDLE_LOOK_S = 0.5
_SEND_AGAIN_S = 2.0
_RECORDS_AT_ONCE = 500
_RECORDS_NEAR = 50
Callback = Callable[[Committed], None]
Settled = tuple[Waiting, Committed | Refusal | Exception]


class Follower:
    """The thread that follows; `size` is where the log ended when it began, `height` the last block seen."""

    def __init__(
        self, store: Store, in_flight: InFlight, sender: Sender, bell: Bell, trees: Trees, size: int
    ) -> None:
        self._store = store
        self._trees = trees
        self._in_flight = in_flight
        self._sender = sender
        self._bell = bell
        self._told = size
        self.height = 0
        self._callbacks: list[Callback] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-follower", daemon=True)
        self._thread.start()

    def subscribe(self, callback: Callback) -> None:
        self._callbacks.append(callback)

    def close(self) -> None:
        """Tell subscribers what is committed by now, then end."""
        self._closed.set()
        self._bell.ring()
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            self._bell.wait(_LOOK_S if self._in_flight.sendable() else _IDLE_LOOK_S)
            closing = self._closed.is_set()
            try:
                while self._look():
                    continue
            except Exception as fault:
                # Whoever waits must be answered in time, even when nothing can be read.
                _log.error("the ledger could not be followed: %s", type(fault).__name__)
            self._expire()

    def _look(self) -> bool:
        """One look at one snapshot; whether there is more to tell."""
        items = self._in_flight.sendable()
        with self._store.snapshot() as connection:
            ending = read_ending(connection)
            if ending is None:
                raise Fatal("size-differs", "the ledger file has no beginning")
            self.height = read_chain_tip(connection).height
            self._trees.follow(connection, ending.size)
            settled = _outcomes(connection, items)
            news: list[StoredRecord] = []
            if self._callbacks and self._told < ending.size:
                news = list(read_records(connection, self._told, _RECORDS_AT_ONCE))
        for item, outcome in settled:
            self._in_flight.settle(item, outcome)
        for stored in news:
            self._tell(_committed(stored, repeated=False))
        self._told = self._told + len(news) if self._callbacks else ending.size
        return self._told < ending.size

    def _tell(self, committed: Committed) -> None:
        for callback in self._callbacks:
            try:
                callback(committed)
            except Exception as fault:
                _log.error("a subscriber failed: %s", type(fault).__name__)

    def _expire(self) -> None:
        now, again = time.monotonic(), []
        for item in self._in_flight.sendable():
            if now > item.deadline:
                self._in_flight.settle(item, overdue(moved=self.height > (item.height or 0)))
            elif item.sent is not None and now - item.sent > _SEND_AGAIN_S:
                item.sent = None
                again.append(item)
        if again:
            self._sender.put(again)


def overdue(*, moved: bool) -> Unavailable:
    """What a submitter is told who had no answer in time; `moved`: whether there were blocks meanwhile."""
    if moved:
        return Unavailable("outcome-unknown", "the entry was in none of the blocks since")
    return Unavailable("no-quorum", "no block was agreed on since the entry was handed in")


def _outcomes(connection: Connection, items: list[Waiting]) -> list[Settled]:
    found: list[Settled] = []
    indices = read_entry_indices(connection, [item.entry.id for item in items])
    open_ids = [item.entry.id for item in items if item.entry.id not in indices]
    refusals = read_refusals(connection, open_ids)
    records = _read_all(connection, sorted(indices.values()))
    for item in items:
        index, refused = indices.get(item.entry.id), refusals.get(item.entry.id)
        stored = None if index is None else records.get(index)
        if stored is not None:
            found.append((item, _committed(stored, repeated=stored.record.index < item.size)))
        elif refused is not None and item.height is not None and refused.height > item.height:
            found.append((item, _judged(refused.refusal)))
    return found


def _read_all(connection: Connection, indices: list[int]) -> dict[int, StoredRecord]:
    """The records at these places, which mostly stand side by side, for one block brought them."""
    found: dict[int, StoredRecord] = {}
    for index in indices:
        if index not in found:
            near = read_records(connection, index, _RECORDS_NEAR if len(indices) > 1 else 1)
            found.update((stored.record.index, stored) for stored in near)
    return found


def _judged(refusal: Refusal) -> Refusal | Exception:
    if refusal.code == "rules-failed":
        return Unavailable("rules-failed", "the rules could not judge this entry")
    return refusal


def _committed(stored: StoredRecord, *, repeated: bool) -> Committed:
    return committed_of(stored.record, parse_entry(stored.record.entry.decode("ascii")), repeated=repeated)
