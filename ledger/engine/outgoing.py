"""Entries on their way to the node: gathered into envelopes, handed in, kept for later when it is away.

One thread sends, so that entries about one subject keep the order in which they came. An entry that waits
alone goes at once; what comes while others are under way is gathered for a moment, and the entries of one
signed batch that come together travel as one, with the signature once. What the store knows already is
answered and not sent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from ledger.engine.abci.checking import Code
from ledger.engine.inflight import InFlight, Waiting
from ledger.engine.rpc import Handed, Node
from ledger.entry import Entry
from ledger.envelope import MAX_ENTRIES, MAX_ENVELOPE_BYTES, pack_batch, pack_entries, packed
from ledger.errors import Malformed, Refusal, Unavailable

_log = logging.getLogger("ledger")
_RETRY_S = 0.25
LookUp = Callable[[list[Waiting]], None]
Signed = Callable[[Waiting], bool]


class Sender:
    """The thread that hands envelopes to the node; `look_up` answers what is known already.

    The application beside us verifies every signature before it lets an envelope in, so nobody does before;
    `signed` verifies here, when it has said that one of them is wrong.
    """

    def __init__(
        self, node: Node, in_flight: InFlight, gather_s: float, look_up: LookUp, signed: Signed
    ) -> None:
        self._node = node
        self._look_up = look_up
        self._signed = signed
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
                self._send(self._open(items))
            except Exception as fault:
                _log.error("entries could not be handed in: %s", type(fault).__name__)
                for item in items:
                    self._in_flight.settle(item, fault)
        self._node.close()

    def _take(self) -> list[Waiting]:
        with self._changed:
            while not self._queue and not self._closed.is_set():
                self._changed.wait()
            alone = len(self._in_flight) == 1 and not any(item.entry.batched for item in self._queue)
        if not alone:  # nobody is waited for who would only come after a lone entry's answer
            self._closed.wait(self._gather_s)
        with self._changed:
            return _fill(self._queue)

    def _open(self, items: list[Waiting]) -> list[Waiting]:
        """Those without an answer, new ones looked up in one snapshot."""
        new = [item for item in items if not item.looked_up]
        if new:
            self._look_up(new)
        return [item for item in items if not item.settled]

    def _send(self, items: list[Waiting]) -> None:
        items = [item for item in items if not item.settled]
        if not items:
            return
        handed = self._node.hand_in(_packed(items))
        now = time.monotonic()
        for item in items:
            item.sent = now
        if handed in (Handed.ACCEPTED, Handed.KNOWN):
            for item in items:
                item.handed = True
                # What the node only knows already may still be on its way to the application.
                item.signed = item.signed or handed is Handed.ACCEPTED
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
        elif handed == Code.SIGNATURE and (forged := [one for one in items if not self._signed(one)]):
            for item in forged:
                self._in_flight.settle(item, signature_invalid())
            self._send(items)
        elif isinstance(handed, int) and len(items) > 1:
            # Some of them are at fault, and only those may be told so.
            self._send(items[: len(items) // 2])
            self._send(items[len(items) // 2 :])
        elif isinstance(handed, int):
            self._refused(items[0], handed)

    def _refused(self, item: Waiting, code: int) -> None:
        if code == Code.UNKNOWN_KEY:
            self._in_flight.settle(item, Refusal("entry-unknown-key", "no such key on this ledger"))
        elif code == Code.SIGNATURE:
            self._in_flight.settle(item, signature_invalid())
        elif code in (Code.OVER_QUOTA, Code.OVER_SHARE):
            # Not a refusal: that is for a block to say, and this one never came into any.
            if not item.handed:
                busy = Unavailable("ledger-busy", "too many entries wait, or were made in this hour")
                self._in_flight.settle(item, busy)
        elif code != Code.RECORDED:
            self._in_flight.settle(item, Malformed("envelope-form", "the node did not understand the entry"))


def signature_invalid() -> Malformed:
    """What is said of a signature that does not verify."""
    return Malformed("signature-invalid", "the signature does not verify")


def _fill(queue: deque[Waiting]) -> list[Waiting]:
    """As many as one envelope holds, from the first on: what was signed one by one, or one signed batch.

    What does not belong together with the first is left for the next envelope, and keeps back what comes
    after it about the same subject.
    """
    taken: list[Waiting] = []
    left: list[Waiting] = []
    kept_back: set[str] = set()
    size = 1
    while queue and len(taken) < MAX_ENTRIES:
        item = queue.popleft()
        if taken and (item.entry.subject in kept_back or not _together(taken[0].entry, item.entry)):
            kept_back.add(item.entry.subject)
            left.append(item)
            continue
        size += 4 + len(item.entry.text)
        if taken and size > MAX_ENVELOPE_BYTES:
            left.append(item)
            break
        taken.append(item)
    queue.extendleft(reversed(left))
    return taken


def _together(one: Entry, other: Entry) -> bool:
    return one.message == other.message if one.batched else not other.batched


def _packed(items: list[Waiting]) -> bytes:
    """The envelope: of the whole batch when it is one, else of entries that stand for themselves."""
    texts = [item.entry.text for item in items]
    try:
        if items[0].entry.batched and len(items) > 1:
            return packed(pack_batch(texts))
    except Malformed:
        _log.info("entries of a batch go without the rest of it")
    return packed(pack_entries(texts))
