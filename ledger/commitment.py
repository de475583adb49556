"""A commitment stands on the ledger for details that only those who took part can open, and can be erased.

SHA-256("yaoshi/commit/v1" 00 || salt || details) in base64url. The salt is 32 random bytes of its own for
every commitment; erasing salt and details leaves a value that tells nothing, and the ledger still
verifies.
"""

from __future__ import annotations

import hashlib

from ledger.encoding import b64u

SALT_BYTES = 32
_TAG = b"yaoshi/commit/v1\x00"


def commit(salt: bytes, details: bytes) -> str:
    """The commitment (43 characters) to the exact details bytes under a 32-byte salt."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return b64u(hashlib.sha256(_TAG + salt + details).digest())
