"""How much of what waits in this node's mempool is whose, so that no member keeps the others out of blocks.

Some kinds are never held up by a quota (`ledger.quota`), and a member's own node lets in whatever its owner
likes and passes it on. Mempools are queues: who fills them makes all others wait. So up to a bound anybody's
transactions wait here; beyond it each operator has a share of its own, for what its institutions and their
links sign. There only what is new is let in, and counted for whoever signed that: what is recorded, or was
let in lately, takes no room again, so nobody's share is spent by repeating what he signed. What is refused
here is not refused for good: blocks make room within seconds. Only memory, of one node, and nothing that the
network agrees on; it begins anew when the node does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from ledger.recent import Recent

OPEN_BYTES = 2 * 1024 * 1024  # twice what four gateways have under way at the most
SHARE_BYTES = 1024 * 1024
ALL_SHARES_BYTES = 32 * 1024 * 1024  # half of what a mempool holds
LEAST_BYTES = 1024  # a mempool is bounded in transactions, too
_BLOCKS_UNTIL_GONE = 1000  # what was in none of so many blocks, the node has lost
_ENTRIES_KEPT = 65_536


class Backlog:
    """Transactions that were let in and are in no block yet; one thread at a time."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[bytes, tuple[int, int, Collection[str]]] = OrderedDict()
        self._total = 0
        self._of: dict[str, int] = {}
        self._entries: Recent[str, bool] = Recent(_ENTRIES_KEPT)

    def is_new(self, entry_id: str) -> bool:
        """Whether no transaction that was let in lately held this entry (hex id)."""
        return entry_id not in self._entries

    def is_open(self, size: int) -> bool:
        """Whether there is room for so many bytes, whoever signed them."""
        return self._total + _counted(size) <= OPEN_BYTES

    def has_share(self, size: int, payers: Iterable[str], operators: int) -> bool:
        """Whether each of these operators has room left in the share that is its own."""
        share = min(SHARE_BYTES, ALL_SHARES_BYTES // max(1, operators))
        return all(self._of.get(one, 0) + _counted(size) <= share for one in payers)

    def enter(
        self, name: bytes, size: int, entry_ids: Iterable[str], payers: Collection[str], height: int
    ) -> None:
        """A transaction was let in while `height` was the last block; `payers` only where shares counted."""
        for one in entry_ids:
            self._entries[one] = True
        if name in self._waiting:
            return
        self._waiting[name] = (height, _counted(size), payers)
        self._add(_counted(size), payers)

    def leave(self, names: Iterable[bytes], height: int) -> None:
        """The block at `height` holds these transactions."""
        for name in names:
            self._drop(name)
        while self._waiting:
            oldest = next(iter(self._waiting))
            if self._waiting[oldest][0] + _BLOCKS_UNTIL_GONE > height:
                return
            self._drop(oldest)

    def clear(self) -> None:
        """The node began anew, and its mempool is empty."""
        self._waiting.clear()
        self._of.clear()
        self._total = 0

    def _drop(self, name: bytes) -> None:
        found = self._waiting.pop(name, None)
        if found is not None:
            self._add(-found[1], found[2])

    def _add(self, size: int, payers: Collection[str]) -> None:
        self._total += size
        for one in payers:
            self._of[one] = self._of.get(one, 0) + size
            if not self._of[one]:
                del self._of[one]


def _counted(size: int) -> int:
    return max(size, LEAST_BYTES)
