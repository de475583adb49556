"""Three digits that two people compare aloud, so that both screens hold the same reference and the same key.

Each side computes them from the reference and the key it saw; they are never sent. What they do not do: three
digits stop a mix-up and a blind guess (1 in 1000), not somebody who can try many keys unseen; hence the first
key that claims a reference owns it.
"""

from __future__ import annotations

import hashlib

_TAG = b"yaoshi/digits/v1\x00"


def digits(ledger_id: str, institution_id: str, reference: str, key: bytes) -> str:
    """Three zero-padded decimal digits. Ids in hex (64 and 32 characters), reference ASCII, key 32 bytes."""
    data = _TAG + bytes.fromhex(ledger_id) + bytes.fromhex(institution_id) + reference.encode("ascii") + key
    return f"{int.from_bytes(hashlib.sha256(data).digest()[:8], 'big') % 1000:03d}"
