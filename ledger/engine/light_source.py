"""What clients need to check what the validators signed, fetched from the CometBFT node beside us.

The node's own words are passed on, checked for nothing: whoever asks checks them (`ledger.light`). Size and
root of the log belong to a header when its app hash says so: records of the blocks before it have times
before its own, so their number is found in our store. One question at a time, and few that wait for their
turn: whoever asks is a stranger, and each who waits holds one of the gateway's threads. What cannot change is
remembered.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import Any

from ledger.apphash import app_hash
from ledger.encoding import b64u
from ledger.engine.rpc import Node
from ledger.errors import Malformed, Unavailable
from ledger.light.header import Header, read_header
from ledger.merkle import root_at
from ledger.store.database import Connection, Store
from ledger.store.reading import read_ending, read_node, read_size_before

_REMEMBERED = 256
_NEWEST_FOR_S = 0.25
_PATIENCE_S = 5.0
WAITING = 4
Document = dict[str, Any]


class LightSource:
    """Light blocks of one node; threads may share it."""

    def __init__(self, node: Node, store: Store) -> None:
        self._node = node
        self._store = store
        self._one_at_a_time = Lock()
        self._waiting = BoundedSemaphore(WAITING)
        self._known: OrderedDict[int, Document] = OrderedDict()
        self._newest: tuple[float, Document] | None = None

    def block(self, height: int | None) -> Document | None:
        """Header, votes, validators, and size and root of the log (null when they are not known here).

        The newest block for None; None when the node has no such block. Raises Unavailable(node-silent,
        ledger-busy).
        """
        if not self._waiting.acquire(blocking=False):
            raise Unavailable("ledger-busy", "too many ask for blocks just now")
        try:
            if not self._one_at_a_time.acquire(timeout=_PATIENCE_S):
                raise Unavailable("node-silent", "the consensus node does not answer in time")
            try:
                return self._newest_block() if height is None else self._block_at(height)
            finally:
                self._one_at_a_time.release()
        finally:
            self._waiting.release()

    def close(self) -> None:
        """Let go of the node."""
        with self._one_at_a_time:
            self._node.close()

    def _newest_block(self) -> Document | None:
        if self._newest is not None and time.monotonic() - self._newest[0] < _NEWEST_FOR_S:
            return self._newest[1]
        found = self._asked(None)
        if found is not None:
            self._newest = (time.monotonic(), found)
        return found

    def _block_at(self, height: int) -> Document | None:
        if height in self._known:
            self._known.move_to_end(height)
            return self._known[height]
        found = self._asked(height)
        if found is not None and found["size"] is not None:
            self._remember(height, found)
        return found

    def _remember(self, height: int, found: Document) -> None:
        self._known[height] = found
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _asked(self, height: int | None) -> Document | None:
        try:
            found = self._node.light_block(height)
            header = None if found is None else read_header(found["header"])
        except (OSError, ValueError, Malformed):
            raise Unavailable("node-silent", "the consensus node does not answer") from None
        if found is None or header is None:
            return None
        with self._store.snapshot() as connection:
            named = _state_of(connection, header)
        return {**found, "size": named and named[0], "root": named and b64u(named[1])}


def _state_of(connection: Connection, header: Header) -> tuple[int, bytes] | None:
    ending = read_ending(connection)
    if ending is None:
        return None
    size = max(1, read_size_before(connection, ending.size, header.time.ms))
    root = ending.root if size == ending.size else root_at(size, partial(read_node, connection))
    return (size, root) if app_hash(size, root) == header.app_hash else None
