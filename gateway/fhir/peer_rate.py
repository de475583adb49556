"""Limits how many disclosures one institution may cause here in a minute, whatever tokens it holds.

Every page that is asked for is an entry on a patient's chain: without a bound a peer with a valid token could
fill it. Generic cell rate algorithm in memory: a restart fills the bucket again, which does no harm, and a
row for each page would cost each page an fsync. Tokens are counted apart, in the same way. Invariant: as many
buckets, twice, as the registry has institutions.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

MINUTE_MS = 60_000
PER_MINUTE = 1200


class PeerRate:
    """One for each gateway; safe between threads."""

    def __init__(self, clock: Callable[[], int], per_minute: int = PER_MINUTE) -> None:
        self._clock, self._per_minute = clock, per_minute
        self._full_at: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def wait_ms(self, custodian: str, client: str) -> int:
        """Takes one of what this client may have and answers 0, or after how many ms there will be one."""
        now, step = self._clock(), MINUTE_MS // self._per_minute
        with self._lock:
            full_at = max(now, self._full_at.get((custodian, client), now)) + step
            over = full_at - now - step * self._per_minute
            if over > 0:
                return over
            self._full_at[(custodian, client)] = full_at
        return 0
