"""The app hash is what a consortium agrees on after each block: where the log ends, and its root.

SHA-256 over "yaoshi/app/v1" 00 || u64 big-endian log size || 32-byte log root. The heads are bound in the
log's leaves, state follows from the log, and a block that records nothing leaves the hash as it was.
"""

from __future__ import annotations

import hashlib

_TAG = b"yaoshi/app/v1\x00"


def app_hash(size: int, root: bytes) -> bytes:
    """The 32 bytes that stand in the header after the block."""
    return hashlib.sha256(_TAG + size.to_bytes(8, "big") + root).digest()
