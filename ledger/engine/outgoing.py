"""Entries on their way to the node: gathered into envelopes, handed in, kept for later when it is away.

One thread sends, so that entries keep the order in which they came. What comes while it talks to the node
goes into the next envelope together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque

from ledger.engine.abci.checking import Code
from ledger.engine.inflight import InFlight, Waiting
from ledger.engine.rpc import Handed, Node
from ledger.envelope import MAX_ENTRIES, MAX_ENVELOPE_BYTES, pack_entries
from ledger.errors import Malformed, Refusal, Unavailable

_log = logging.getLogger("ledger")
_RETRY_S = 0.25


class Sender:
    """The thread that hands envelopes to the node."""

    def __init__(self, node: Node, in_flight: InFlight, gather_s: float) -> None:
        self._node = node
        self._in_flight = in_flight
        self._gather_s = gather_s
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-sender", daemon=True)
        self._thread.start()

    def put(self, items: list[Waiting]) -> None:
        """Send these, in their order."""
        with self._changed:
            self._queue.extend(items)
            self._changed.notify()

    def close(self) -> None:
        """Send nothing more."""
        self._closed.set()
        with self._changed:
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            items = self._take()
            try:
                self._send(items)
            except Exception as fault:
                _log.error("entries could not be handed in: %s", type(fault).__name__)
                for item in items:
                    self._in_flight.settle(item, fault)
        self._node.close()

    def _take(self) -> list[Waiting]:
        with self._changed:
            while not self._queue and not self._closed.is_set():
                self._changed.wait()
        self._closed.wait(self._gather_s)
        with self._changed:
            return _fill(self._queue)

    def _send(self, items: list[Waiting]) -> None:
        items = [item for item in items if not item.settled]
        if not items:
            return
        handed = self._node.hand_in(pack_entries([item.entry.text for item in items]))
        now = time.monotonic()
        for item in items:
            item.sent = now
        if handed is Handed.ACCEPTED:
            for item in items:
                item.handed = True
        elif handed is Handed.UNKNOWN:
            with self._changed:
                self._queue.extendleft(reversed(items))
            self._closed.wait(_RETRY_S)
        elif handed is Handed.FULL:
            # One that the node took before is still on its way, and its answer is not known.
            for item in items:
                if not item.handed:
                    self._in_flight.settle(
                        item, Unavailable("ledger-busy", "the node takes no more just now")
                    )
        elif isinstance(handed, int) and len(items) > 1:
            # One of them is at fault, and only that one may be told so.
            for item in items:
                self._send([item])
        elif isinstance(handed, int):
            self._refused(items[0], handed)

    def _refused(self, item: Waiting, code: int) -> None:
        if code == Code.UNKNOWN_KEY:
            self._in_flight.settle(item, Refusal("entry-unknown-key", "no such key on this ledger"))
        elif code == Code.SIGNATURE:
            self._in_flight.settle(item, Malformed("signature-invalid", "the signature does not verify"))
        elif code != Code.RECORDED:
            self._in_flight.settle(item, Malformed("envelope-form", "the node did not understand the entry"))


def _fill(queue: deque[Waiting]) -> list[Waiting]:
    """As many of the first as one envelope holds."""
    taken: list[Waiting] = []
    size = 1
    while queue and len(taken) < MAX_ENTRIES:
        size += 4 + len(queue[0].entry.text)
        if size > MAX_ENVELOPE_BYTES:
            break
        taken.append(queue.popleft())
    return taken
