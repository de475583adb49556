"""Verdicts on signatures, remembered, so that the same bytes are verified once however often they come.

Threads share it. The memory is keyed by key, signature and what the signature is over, so no verdict can be
taken for that of other bytes, and the entries of one signed batch share one verification.
"""

from __future__ import annotations

import hashlib
import threading

from ledger.entry import Entry
from ledger.recent import Recent


class Verdicts:
    """`verifies` answers as libsodium does."""

    def __init__(self, capacity: int = 16_384) -> None:
        self._lock = threading.Lock()
        self._known: Recent[bytes, bool] = Recent(capacity)
        self._newest_good: tuple[bytes, bytes, bytes] | None = None

    def verifies(self, entry: Entry, key: bytes) -> bool:
        """Whether `key` signed the entry."""
        asked = (key, entry.signature, entry.message)
        if asked == self._newest_good:  # most come beside others of their batch
            return True
        name = hashlib.sha256(key + entry.signature + entry.message).digest()
        with self._lock:
            if name in self._known:
                return self._known[name]
        verdict = entry.signed_by(key)
        with self._lock:
            self._known[name] = verdict
        if verdict:
            self._newest_good = asked
        return verdict
