"""The tree of hashes by which one short proof shows that something is in the log, or that a log only grew.

RFC 9162 section 2.1 (the hashes of RFC 6962), SHA-256; subtrees as in draft-ietf-plants-merkle-tree-certs
section 4. All functions are pure. Stored trees keep node(level, k), the root over leaves [k*2^level,
(k+1)*2^level), for complete subtrees only; `read(level, k)` fetches one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
NodeReader = Callable[[int, int], bytes]
_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(00 || data)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


def split_point(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; the hash of nothing when there are none."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:
        paired = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            paired.append(row[-1])
        row = paired
    return row[0]


def list_reader(leaves: Sequence[bytes]) -> NodeReader:
    """Reads nodes of a tree whose leaf hashes lie in memory."""
    return lambda level, k: root_of(leaves[k << level : (k + 1) << level])


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root of a tree from its complete subtrees, largest first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_at(size: int, read: NodeReader) -> bytes:
    """The root that a tree had with its first `size` leaves."""
    return fold_peaks([read(level, k) for level, k in peak_places(size)])


def peak_places(size: int) -> list[tuple[int, int]]:
    """(level, k) of the complete subtrees of a tree, largest first."""
    places, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            places.append((level, start >> level))
            start += 1 << level
    return places


def append_leaf(size: int, peaks: list[bytes], leaf: bytes) -> list[tuple[int, int, bytes]]:
    """Append to a tree of `size` leaves: changes `peaks` in place, gives the new (level, k, hash) nodes."""
    nodes, level, k, carried = [(0, size, leaf)], 0, size, leaf
    while k & 1:
        carried = node_hash(peaks.pop(), carried)
        level, k = level + 1, k >> 1
        nodes.append((level, k, carried))
    peaks.append(carried)
    return nodes


def subtree_root(start: int, end: int, read: NodeReader) -> bytes:
    """Root over leaves [start, end), start a multiple of the least power of two that covers the range."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + split_point(size)
    return node_hash(subtree_root(start, middle, read), subtree_root(middle, end, read))


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """Hashes from leaf `index` up to the root of the first `size` leaves (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + split_point(end - start)
        if index < middle:
            path.append(subtree_root(middle, end, read))
            end = middle
        else:
            path.append(subtree_root(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """Hashes showing that the tree of `new` leaves extends the one of `old` (RFC 9162 section 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError("no such sizes")
    if old in (0, new):
        return []
    path, start, end = [], 0, new
    while old != end:
        middle = start + split_point(end - start)
        if old <= middle:
            path.append(subtree_root(middle, end, read))
            end = middle
        else:
            path.append(subtree_root(start, middle, read))
            start = middle
    if start:
        path.append(subtree_root(start, old, read))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows `leaf` at `index` in the tree (RFC 9162 section 2.1.3.2)."""
    return root == root_by(leaf, index, size, proof)


def root_by(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that the proof gives for `leaf` at `index`; None when it is no proof for this place."""
    if not 0 <= index < size or not _all_hashes(leaf, *proof):
        return None
    fn, sn, found = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            found = node_hash(sibling, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    return found if sn == 0 else None


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows that the newer tree extends the older (RFC 9162 section 2.1.4.2).

    `old` is at least 1: that every tree extends the empty one is the caller's case.
    """
    return 1 <= old <= new and verify_subtree_consistency(0, old, new, proof, old_root, new_root)


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree: bytes, root: bytes
) -> bool:
    """Whether `subtree` is the root over leaves [start, end) of the tree (draft section 4.4.3).

    An empty range is consistent with every tree that is long enough.
    """
    if start == end:
        return 0 <= end <= size and not proof and subtree == EMPTY_ROOT
    if not is_subtree(start, end) or end > size or not _all_hashes(subtree, root, *proof):
        return False
    fn, sn, tn = start, end - 1, size - 1
    ends_together = sn == tn
    while fn != sn and (ends_together or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    hashes = iter(proof)
    first = subtree if fn == sn else next(hashes, None)
    if first is None:
        return False
    found_subtree = found_root = first
    for sibling in hashes:
        if tn == 0:
            return False
        if sn & 1 or sn == tn:
            if fn < sn:
                found_subtree = node_hash(sibling, found_subtree)
            found_root = node_hash(sibling, found_root)
            while sn and not sn & 1:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            found_root = node_hash(found_root, sibling)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    return tn == 0 and found_subtree == subtree and found_root == root


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) can be a subtree: not empty, and aligned to its own size rounded up."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def _all_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
