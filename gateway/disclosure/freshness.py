"""Does not let this node answer a pull from a state that is older than a stated bound.

Among hospitals a node may be cut off, or be catching up from far behind, and not know of a revocation that
all others know. The chain makes a block a minute even when nobody does anything, so the newest block says how
old the state is. After all nodes were down (a power cut of the region) that block is old and yet the newest
there is: so say more than two thirds who are connected. Then the pull goes on, for its own disclosure brings
the first block; to wait for the one of the minute would keep every page of every hospital closed as long.
A release is committed before it leaves, and that needs the newest state anyway; this spares the asker a
refusal, or a wait, out of an old one. Not here: how the chain is asked (consortium.pulse).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from gateway.consortium.pulse import together
from ledger.engine.rpc import Measures
from ledger.errors import Unavailable

OLDEST_MS = 150_000  # two of the blocks that come each minute are missing, and some time for them to come
TOO_OLD = "ledger-too-old"


class Chain(Protocol):
    """What the node beside us says of the chain; None when it does not answer."""

    def measures(self) -> Measures | None: ...


class Freshness:
    """Remembers the newest block that was heard of, so that one missing answer is no outage."""

    def __init__(self, chain: Chain, clock: Callable[[], int]) -> None:
        self._chain, self._clock = chain, clock
        self._lock = Lock()
        self._last: Measures | None = None

    def demand(self, still: bool = False) -> None:
        """Raises Unavailable(ledger-too-old); `still`: a ledger that stands still is no reason."""
        found = self._chain.measures()
        with self._lock:
            self._last = last = found or self._last
        if last is None:
            raise Unavailable(TOO_OLD, "the consensus node has not said yet how new its blocks are")
        if last.catching_up:
            raise Unavailable(TOO_OLD, "this node is catching up with the others")
        if still or self._clock() - last.newest <= OLDEST_MS:
            return
        if found is None or not together(found):
            raise Unavailable(TOO_OLD, "the newest block known here is too old to answer from")
