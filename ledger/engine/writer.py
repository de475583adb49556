"""The writer commits, one batch at a time: it takes all that waits, judges it, makes it durable.

Group commit, one transaction a batch: records, log nodes, heads, subjects and state stand or fall
together, and no submitter hears "recorded" before the COMMIT returned. When a commit fails its outcome is
unknown to us, so nothing in memory is trusted afterwards: the end of the log is read again from the file
before the next batch. The writing thread does this; when nothing waits, a submitter that waits for its answer
anyway does it at once (`write_alone`), which spares two changes of thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ledger.batch import Batch, Memory
from ledger.committed import Committed, News, Subscriber
from ledger.engine.inbox import Inbox, Item
from ledger.engine.startup import load_tip
from ledger.engine.verdicts import Verdicts
from ledger.entry import Entry
from ledger.errors import Fatal, LedgerError, Malformed, Refusal, Unavailable
from ledger.heads import Node
from ledger.machine import Machine
from ledger.sequence import Tip
from ledger.store.database import Connection, DatabaseError, Store
from ledger.view import read_tree

_log = logging.getLogger("ledger")
_TREES_KEPT = 16
_KEYS_KEPT = 65_536
Outcome = Committed | Refusal | Exception


class Writer:
    """Owns the tip, the memory of committed state, and the transaction."""

    def __init__(
        self,
        store: Store,
        machine: Machine,
        tip: Tip,
        inbox: Inbox,
        clock: Callable[[], int],
        batch_limit: int,
    ) -> None:
        self._store = store
        self._machine = machine
        self._tip: Tip | None = tip
        self._inbox = inbox
        self._clock = clock
        self._batch_limit = batch_limit
        self._memory = Memory()
        self._verdicts = Verdicts()
        self._keys: dict[str, bytes] = {}
        self._trees: tuple[tuple[int, Node | None], ...] = ((tip.size, tip.tree),)
        self._callbacks: list[Subscriber] = []
        self._threads = [threading.Thread(target=self._write, name="ledger-writer", daemon=True)]

    def start(self, verifiers: int) -> None:
        """Start the writing thread and those that verify beside it."""
        for number in range(verifiers):
            self._threads.append(
                threading.Thread(target=self._verify, name=f"ledger-verifier-{number}", daemon=True)
            )
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all that was in the inbox is answered."""
        for thread in self._threads:
            thread.join()

    def subscribe(self, callback: Subscriber) -> None:
        self._callbacks.append(callback)

    def tree_at(self, connection: Connection, size: int) -> Node | None:
        """The heads tree of this snapshot's size: remembered of the newest, else read."""
        kept = next((tree for known, tree in self._trees if known == size), None)
        return kept or read_tree(connection, size)

    def _verify(self) -> None:
        while items := self._inbox.take_unchecked(8):
            try:
                for item in items:
                    key = self._keys.get(item.entry.kid)
                    if key is not None:
                        item.checked = (key, self._verdicts.verifies(item.entry, key))
            finally:
                self._inbox.mark_ready(items)

    def write_alone(self, item: Item) -> bool:
        """Commit and answer this item here and now; False when others write or wait.

        Raises Unavailable(ledger-closed).
        """
        if not self._inbox.take_turn():
            return False
        self._write_batch([item])
        return True

    def _write(self) -> None:
        while items := self._inbox.take_ready(self._batch_limit):
            self._write_batch(items)

    def _write_batch(self, items: list[Item]) -> None:
        """Commit and answer; the caller has the turn, which ends here whatever happens."""
        try:
            self._answer(items, *self._outcomes(items))
        except BaseException:
            self._forget()
            raise
        finally:
            self._inbox.end_turn()

    def _outcomes(self, items: list[Item]) -> tuple[list[Outcome], list[News]]:
        """An outcome for each, and what subscribers hear of."""
        try:
            return self._commit(items)
        except Unavailable as unavailable:
            self._forget()
            return [_outage(unavailable)] * len(items), []
        except Fatal as fatal:
            self._forget()
            _log.critical("nothing more is written: %s", fatal)  # such a text names nobody
            return [fatal] * len(items), []
        except Exception as fault:
            self._forget()
            _log.error("a batch failed: %s", type(fault).__name__)
            return [fault] * len(items), []

    def _forget(self) -> None:
        """Where the log ends is no longer known; another process may have written its own next entries."""
        self._tip, self._trees = None, ()

    def _commit(self, items: list[Item]) -> tuple[list[Outcome], list[News]]:
        with self._store.transaction() as connection:
            if self._tip is None:
                self._memory = Memory()
                self._tip = load_tip(connection)
            entry_ids = [item.entry.id for item in items]
            batch = Batch(self._machine, self._tip, connection, self._memory, entry_ids)
            clock = self._clock()
            outcomes = [self._take(batch, item, clock) for item in items]
            written = batch.finish(connection)
            if written:
                self._trees = ((batch.tip.size, batch.tip.tree), *self._trees[: _TREES_KEPT - 1])
        if written:
            batch.remember()
            self._tip = batch.tip
        return outcomes, batch.news()

    def _take(self, batch: Batch, item: Item, clock: int) -> Outcome:
        def verifies(entry: Entry, key: bytes) -> bool:
            if item.checked is not None and item.checked[0] == key:
                return item.checked[1]
            if len(self._keys) >= _KEYS_KEPT:
                self._keys = {}
            self._keys[entry.kid] = key
            return self._verdicts.verifies(entry, key)

        try:
            return batch.take(item.entry, clock, verifies)
        except Malformed as malformed:
            return malformed
        except (LedgerError, DatabaseError):
            raise
        except Exception as fault:
            _log.error("a contract failed on %s: %s", item.entry.kind, type(fault).__name__)
            return fault

    def _answer(self, items: list[Item], outcomes: list[Outcome], news: list[News]) -> None:
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, Exception):
                item.reply.set_exception(outcome)
            else:
                item.reply.set_result(outcome)
        for callback in self._callbacks if news else ():
            try:
                callback(news)
            except Exception as fault:
                _log.error("a subscriber failed: %s", type(fault).__name__)


def _outage(unavailable: Unavailable) -> Unavailable:
    """A failed write may have reached the disk or not; a full disk certainly refused it."""
    if unavailable.code == "storage-failed":
        return Unavailable("outcome-unknown", "the write failed; whether it took effect is not known")
    return unavailable
