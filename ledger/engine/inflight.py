"""The entries of one gateway that wait for the consortium's answer, each with all who wait for it.

Bounded, because at saturation the wait is the backlog over the rate: beyond the bound a gateway refuses at
once. The same entry handed in again while it waits joins the first; who joined hears that it was repeated.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from ledger.committed import Committed
from ledger.entry import Entry
from ledger.errors import Refusal, Unavailable

Answer = Future[Committed | Refusal]


@dataclass(slots=True)
class Waiting:
    """An entry in flight; `deadline` and `sent` are monotonic seconds.

    `looked_up`: the store was asked for it, as it has to be before each sending; `height` and `size` say what
    the store held then, the size the first time.
    `handed`: the node took it once. `key`: whose signature it must be, known once it was looked up. `signed`:
    the application beside us, or we, verified that.
    """

    entry: Entry
    deadline: float
    answers: list[Answer] = field(default_factory=list)
    looked_up: bool = False
    height: int | None = None
    size: int = 0
    sent: float | None = None
    settled: bool = False
    handed: bool = False
    key: bytes | None = None
    signed: bool = False


class InFlight:
    """By an entry's whole text: what another signature makes of it waits for itself. Threads share it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: dict[str, Waiting] = {}
        self._closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)

    def join(self, entry: Entry, deadline: float) -> tuple[Answer, Waiting | None]:
        """The answer to come, and what the caller has to send: None when the entry waits already.

        Raises Unavailable(ledger-closed, ledger-busy).
        """
        answer: Answer = Future()
        answer.set_running_or_notify_cancel()
        with self._changed:
            if self._closed:
                raise Unavailable("ledger-closed", "the ledger is shutting down")
            item = self._items.get(entry.text)
            if item is not None:
                item.answers.append(answer)
                return answer, None
            if len(self._items) >= self._limit:
                raise Unavailable("ledger-busy", "too many entries wait already")
            item = Waiting(entry, deadline, [answer])
            self._items[entry.text] = item
            return answer, item

    def settle(self, item: Waiting, outcome: Committed | Refusal | Exception) -> None:
        """Answer all who wait for it, once."""
        with self._changed:
            if item.settled:
                return
            item.settled = True
            del self._items[item.entry.text]
            self._changed.notify_all()
        for number, answer in enumerate(item.answers):
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            elif isinstance(outcome, Committed) and number > 0:
                answer.set_result(outcome.again())
            else:
                answer.set_result(outcome)

    def all(self) -> list[Waiting]:
        """All that wait, in the order in which they came."""
        with self._changed:
            return list(self._items.values())

    def by_id(self) -> dict[str, list[Waiting]]:
        """All that wait, by entry id; more than one when an entry came with several signatures."""
        found: dict[str, list[Waiting]] = {}
        for item in self.all():
            found.setdefault(item.entry.id, []).append(item)
        return found

    def drain(self) -> None:
        """Take no more, and wait until all are answered."""
        with self._changed:
            self._closed = True
            while self._items:
                self._changed.wait()
