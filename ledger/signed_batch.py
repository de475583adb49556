"""Many entries of one institution under one signature, each of which still stands for itself.

docs/formats/batch.md. An entry of a batch keeps its form; in the place of its signature it carries
u32 index || u32 size || RFC 6962 inclusion path || Ed25519 signature (64), and the signature is over
"yaoshi/batch/v1" 00 || u32 size || root of the signing inputs. So a receipt carries nobody else's entry.
The size is signed because a path alone fits trees of several sizes: one entry of a batch has one form.
Nothing is verified here (see `ledger.signing`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ledger.errors import Malformed
from ledger.merkle import HASH_BYTES, NodeReader, inclusion_proof, leaf_hash, node_hash, root_by, root_of

MAX_BATCH = 256
_TAG = b"yaoshi/batch/v1\x00"
_PLACE = struct.Struct(">II")
_SIGNATURE_BYTES = 64
_LEAST = _PLACE.size + HASH_BYTES + _SIGNATURE_BYTES


def batch_message(signing_inputs: Sequence[bytes]) -> bytes:
    """What the signature of a batch of 2 to 256 entries is over. Raises Malformed(batch-form)."""
    if not 2 <= len(signing_inputs) <= MAX_BATCH:
        raise Malformed("batch-form", f"a batch has 2 to {MAX_BATCH} entries")
    root = root_of([leaf_hash(each) for each in signing_inputs])
    return _message(len(signing_inputs), root)


def batch_parts(signing_inputs: Sequence[bytes], signature: bytes) -> list[bytes]:
    """What each entry carries in the place of a signature of its own."""
    size = len(signing_inputs)
    read = _reader([leaf_hash(each) for each in signing_inputs])
    return [
        _PLACE.pack(index, size) + b"".join(inclusion_proof(index, size, read)) + signature
        for index in range(size)
    ]


def open_part(part: bytes, signing_input: bytes) -> tuple[bytes, bytes]:
    """(message, signature) of one entry, not verified. Raises Malformed(signature-length, batch-form)."""
    if len(part) < _LEAST or (len(part) - _LEAST) % HASH_BYTES:
        raise Malformed("signature-length", "neither a signature nor a place in a signed batch")
    index, size = place_of(part)
    if not 2 <= size <= MAX_BATCH or index >= size:
        raise Malformed("batch-form", f"a batch has 2 to {MAX_BATCH} entries")
    path = part[_PLACE.size : -_SIGNATURE_BYTES]
    hashes = [path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)]
    root = root_by(leaf_hash(signing_input), index, size, hashes)
    if root is None:
        raise Malformed("batch-form", "the path has another length than its place wants")
    return _message(size, root), part[-_SIGNATURE_BYTES:]


def place_of(part: bytes) -> tuple[int, int]:
    """(index, size) as a part that was opened says."""
    index, size = _PLACE.unpack_from(part)
    return index, size


def _message(size: int, root: bytes) -> bytes:
    return _TAG + size.to_bytes(4, "big") + root


def _reader(leaves: list[bytes]) -> NodeReader:
    """Reads the complete subtrees over the leaves, each hashed once."""
    rows = [leaves]
    while len(rows[-1]) > 1:
        row = rows[-1]
        rows.append([node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])
    return lambda level, k: rows[level][k]
