"""The inbox holds entries that wait, in order, while their signatures are verified beside the writer.

Bounded: a full inbox refuses at once, so that a slow disk is felt and memory does not grow. One lock
guards it; verifying threads take unchecked items from the back, whoever has the turn to write takes checked
ones from the front. There is one turn: the writing thread takes it with what waits, a submitter may take it
when nothing waits, and so entries keep the order in which they came.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import cast

from ledger.committed import Committed
from ledger.entry import Entry
from ledger.errors import Refusal, Unavailable


class Reply:
    """The answer to one submitter who waits for it in this thread: a future without listeners."""

    __slots__ = ("_fault", "_given", "_result")

    def __init__(self) -> None:
        self._given = threading.Lock()
        self._given.acquire()
        self._result: Committed | Refusal | None = None
        self._fault: BaseException | None = None

    def set_result(self, result: Committed | Refusal) -> None:
        """Answer, once."""
        self._result = result
        self._given.release()

    def set_exception(self, fault: BaseException) -> None:
        """Answer with an error, once."""
        self._fault = fault
        self._given.release()

    def result(self, timeout: float) -> Committed | Refusal:
        """The answer, within `timeout` seconds. Raises TimeoutError, or the error that was given."""
        if not self._given.acquire(timeout=timeout):
            raise TimeoutError
        if self._fault is not None:
            raise self._fault
        return cast("Committed | Refusal", self._result)


@dataclass(slots=True)
class Item:
    """A waiting entry; `checked` is (key, verdict) when its key was already known, `ready` is the inbox's."""

    entry: Entry
    reply: Reply | Future[Committed | Refusal]
    checked: tuple[bytes, bool] | None = None
    ready: bool = False


class Inbox:
    """Entries on their way to the writer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ordered: deque[Item] = deque()
        self._unchecked: deque[Item] = deque()
        self._closed = False
        self._turn_taken = False
        lock = threading.Lock()
        self._unchecked_there = threading.Condition(lock)
        self._front_ready = threading.Condition(lock)  # and nobody is writing

    def put(self, item: Item) -> None:
        """Raises Unavailable(ledger-closed, ledger-busy)."""
        with self._unchecked_there:
            if self._closed:
                raise Unavailable("ledger-closed", "the ledger is shutting down")
            if len(self._ordered) >= self._limit:
                raise Unavailable("ledger-busy", "too many entries wait already")
            self._ordered.append(item)
            self._unchecked.append(item)
            self._unchecked_there.notify()

    def take_unchecked(self, limit: int) -> list[Item]:
        """Items to verify, waiting for at least one; none when the inbox is closed and empty."""
        with self._unchecked_there:
            while not self._unchecked and not self._closed:
                self._unchecked_there.wait()
            return [self._unchecked.popleft() for _ in range(min(limit, len(self._unchecked)))]

    def mark_ready(self, items: list[Item]) -> None:
        """The items are verified, as far as that was possible beside the writer."""
        with self._front_ready:
            for item in items:
                item.ready = True
            self._wake_writer()

    def take_turn(self) -> bool:
        """Whether the caller may write at once: nothing waits and nobody writes. `end_turn` must follow.

        Raises Unavailable(ledger-closed).
        """
        with self._front_ready:
            if self._closed:
                raise Unavailable("ledger-closed", "the ledger is shutting down")
            if self._turn_taken or self._ordered:
                return False
            self._turn_taken = True
            return True

    def end_turn(self) -> None:
        """What was taken is answered; the next may write."""
        with self._front_ready:
            self._turn_taken = False
            self._wake_writer()

    def take_ready(self, limit: int) -> list[Item]:
        """The turn to write with the next items in order, all that are ready; `end_turn` must follow.

        None when the inbox is closed and empty and nobody writes any more.
        """
        with self._front_ready:
            while self._turn_taken or not (self._ordered and self._ordered[0].ready):
                if self._closed and not self._ordered and not self._turn_taken:
                    return []
                self._front_ready.wait()
            self._turn_taken = True
            taken: list[Item] = []
            while self._ordered and self._ordered[0].ready and len(taken) < limit:
                taken.append(self._ordered.popleft())
            return taken

    def close(self) -> None:
        """Accept nothing more; what waits is still taken."""
        with self._front_ready:
            self._closed = True
            self._unchecked_there.notify_all()
            self._front_ready.notify_all()

    def _wake_writer(self) -> None:
        # Only the writing thread waits for this, and only it can act on it.
        if self._closed or (not self._turn_taken and self._ordered and self._ordered[0].ready):
            self._front_ready.notify()
