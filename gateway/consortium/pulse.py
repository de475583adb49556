"""Whether the chain moves, and this member with it: judged by height, for an answering port proves nothing.

CometBFT goes on to answer when its consensus has failed for good, and a chain without a quorum looks like a
chain that nobody uses. So three things are told apart: the node does not answer (`node-silent`); the others
are ahead of it (`consensus-behind`), which is this member's own trouble; nothing moves although there is
something to record, or although the block that comes each minute anyway does not (`consensus-still`), which
may be everybody's. One member may say any height: what counts is what more than a third of the others say.
A chain whose nodes were all down waits as long as an idle one for its next block, from their start on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from threading import Lock

from ledger.engine.rpc import Measures, Node

SILENT, BEHIND, STILL = "node-silent", "consensus-behind", "consensus-still"
BLOCKS_BEHIND = 10
STALE_MS = 20_000  # as long a chain that has something to do may take for a block
HEARTBEATS_MS = 150_000  # two empty blocks, which come each minute, did not
_ASK_WITHIN_S, _KEPT_S = 2.0, 2.0


def level_of(found: Measures) -> int:
    """The newest block of the others, as more than a third of those that are connected say; 0 without any."""
    said = sorted(found.peers.values(), reverse=True)
    return said[len(said) // 3] - 1 if said else 0


def lags(found: Measures | None) -> bool:
    """Whether the others may know what this node does not know yet; so it is when nobody can tell."""
    return found is None or found.catching_up or level_of(found) > found.height


def together(found: Measures) -> bool:
    """Whether more than two thirds, this node with them, take part in the block after its newest.

    Then there is no newer one anywhere, and what is handed in is in the next.
    """
    level = sum(height > found.height for height in found.peers.values())
    return not lags(found) and 3 * (level + 1) > 2 * found.validators > 0


def judge(found: Measures | None, now: int) -> str | None:
    """What is wrong at `now` (ms UTC): a code, or None."""
    if found is None:
        return SILENT
    age, ahead = now - found.newest, level_of(found) - found.height
    waited = now - max(found.newest, found.awaited) if together(found) else age
    if found.catching_up or ahead > BLOCKS_BEHIND or (ahead > 1 and age > STALE_MS):
        return BEHIND
    if waited > (STALE_MS if found.mempool else HEARTBEATS_MS):
        return STILL
    return None


class Pulse:
    """Asks the node at most every other second, however many ask us. Threads share it."""

    def __init__(self, address: str, clock: Callable[[], int]) -> None:
        self._address, self._clock = address, clock
        self._lock = Lock()
        self._asked: float | None = None
        self._found: Measures | None = None

    def measures(self) -> Measures | None:
        """What the node said a moment ago; None when it did not answer."""
        with self._lock:
            now = time.monotonic()
            if self._asked is None or now - self._asked > _KEPT_S:
                with closing(Node(self._address, _ASK_WITHIN_S)) as node:
                    self._found = node.measures()
                self._asked = time.monotonic()
            return self._found

    @property
    def lags(self) -> bool:
        """Whether what is unknown here may only be unknown yet."""
        return lags(self.measures())

    @property
    def code(self) -> str | None:
        """What is wrong now."""
        return judge(self.measures(), self._clock())
