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
from ledger.merkle import HASH_BYTES, leaf_hash, node_hash, root_by

MAX_BATCH = 256
_TAG = b"yaoshi/batch/v1\x00"
_PLACE = struct.Struct(">II")
_SIGNATURE_BYTES = 64
_LEAST = _PLACE.size + HASH_BYTES + _SIGNATURE_BYTES


def batch_message(signing_inputs: Sequence[bytes]) -> bytes:
    """What the signature of a batch of 2 to 256 entries is over. Raises Malformed(batch-form)."""
    return _message(len(signing_inputs), _rows(signing_inputs)[-1][0])


def batch_parts(signing_inputs: Sequence[bytes], signature: bytes) -> list[bytes]:
    """What each entry carries in the place of a signature of its own. Raises Malformed(batch-form)."""
    return _parts(_rows(signing_inputs), signature)


def rebuilt_batch(signing_inputs: Sequence[bytes], signature: bytes) -> tuple[bytes, list[bytes]]:
    """`batch_message` and `batch_parts`, each hash computed once. Raises Malformed(batch-form)."""
    rows = _rows(signing_inputs)
    return _message(len(signing_inputs), rows[-1][0]), _parts(rows, signature)


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


def _rows(signing_inputs: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its leaves to its root; the last of an odd row goes up as it is (RFC 6962)."""
    if not 2 <= len(signing_inputs) <= MAX_BATCH:
        raise Malformed("batch-form", f"a batch has 2 to {MAX_BATCH} entries")
    rows = [[leaf_hash(each) for each in signing_inputs]]
    while len(rows[-1]) > 1:
        row = rows[-1]
        above = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        rows.append(above + row[-1:] if len(row) % 2 else above)
    return rows


def _parts(rows: list[list[bytes]], signature: bytes) -> list[bytes]:
    size = len(rows[0])
    return [_PLACE.pack(index, size) + _path(rows, index) + signature for index in range(size)]


def _path(rows: list[list[bytes]], index: int) -> bytes:
    """The sibling at each level; the last of an odd row has none."""
    found = b""
    for row in rows[:-1]:
        if index ^ 1 < len(row):
            found += row[index ^ 1]
        index >>= 1
    return found
