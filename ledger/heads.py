"""The heads say how many records each subject has and which is the newest, so that none can be left out.

A dense Merkle tree over subject numbers 0..n-1 (RFC 6962 shape, SHA-256). Head leaf data =
"yaoshi/head/v1" 00 || u64 number || u8 type || id (16) || u64 seq || head (32). Leaves change, so the
tree is kept as blocks of 16 leaf hashes (stored) under an immutable tree of block roots (in memory): a
reader keeps the tree it took.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.merkle import EMPTY_ROOT, inclusion_proof, leaf_hash, list_reader, node_hash, split_point

OPERATOR, INSTITUTION, LINK = 1, 2, 3
TYPE_NAMES = {OPERATOR: "operator", INSTITUTION: "institution", LINK: "link"}
TYPE_NUMBERS = {name: number for number, name in TYPE_NAMES.items()}
BLOCK = 16

_TAG = b"yaoshi/head/v1\x00"
_LEAF = struct.Struct(">QB16sQ32s")


class Subject(NamedTuple):
    """What an entry is about: `type` 1 operator, 2 institution, 3 link; `head` its newest record's hash."""

    number: int
    type: int
    id: str
    seq: int
    head: bytes

    def leaf(self) -> bytes:
        """The hash of this subject's head leaf."""
        fields = _LEAF.pack(self.number, self.type, bytes.fromhex(self.id), self.seq, self.head)
        return leaf_hash(_TAG + fields)


class HeadBlock:
    """The head leaf hashes of up to 16 subjects, with the hashes above them: changing one makes few anew."""

    __slots__ = ("_rows",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._rows: list[list[bytes]] = [[]]
        for place, leaf in enumerate(leaves):
            self.put(place, leaf)

    @property
    def leaves(self) -> Sequence[bytes]:
        """The leaf hashes, in order of subject numbers."""
        return self._rows[0]

    @property
    def root(self) -> bytes:
        """The root over the leaf hashes."""
        return self._rows[-1][0] if self._rows[0] else EMPTY_ROOT

    def copy(self) -> HeadBlock:
        """The same block, to try changes on."""
        other = HeadBlock.__new__(HeadBlock)
        other._rows = [row.copy() for row in self._rows]
        return other

    def put(self, place: int, leaf: bytes) -> None:
        """Replace the leaf hash at `place`, or append it when `place` is the next one."""
        level, value = 0, leaf
        while True:
            row = self._rows[level]
            if place == len(row):
                row.append(value)
            else:
                row[place] = value
            if len(row) == 1:
                return
            left, place, level = place & ~1, place >> 1, level + 1
            # RFC 6962: the last of an odd row goes up as it is.
            value = node_hash(row[left], row[left + 1]) if left + 1 < len(row) else row[left]
            if level == len(self._rows):
                self._rows.append([])


class Node(NamedTuple):
    """A node of the tree of block roots; a single block has no children. Never changed once made."""

    hash: bytes
    blocks: int
    left: Node | None = None
    right: Node | None = None


def tree_of(block_roots: Iterable[bytes]) -> Node | None:
    """The tree over the roots of all blocks, in order."""
    row = [Node(root, 1) for root in block_roots]
    while len(row) > 1:
        paired = [_join(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            paired.append(row[-1])
        row = paired
    return row[0] if row else None


def root_hash(tree: Node | None) -> bytes:
    """The heads root."""
    return tree.hash if tree else EMPTY_ROOT


def with_block(tree: Node | None, block: int, root: bytes) -> Node:
    """The tree with one block's root replaced, or appended when `block` is the number of blocks."""
    if tree is None:
        return Node(root, 1)
    if block == tree.blocks:
        return _appended(tree, root)
    if tree.left is None or tree.right is None:
        return Node(root, 1)
    if block < tree.left.blocks:
        return _join(with_block(tree.left, block, root), tree.right)
    return _join(tree.left, with_block(tree.right, block - tree.left.blocks, root))


def head_proof(tree: Node | None, number: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Inclusion proof of subject `number`; `leaves` are the leaf hashes of its block."""
    path = inclusion_proof(number % BLOCK, len(leaves), list_reader(leaves))
    above: list[bytes] = []
    block, node = number // BLOCK, tree
    while node is not None and node.left is not None and node.right is not None:
        left, right = node.left, node.right
        if block < left.blocks:
            above.append(right.hash)
            node = left
        else:
            above.append(left.hash)
            block, node = block - left.blocks, right
    return path + above[::-1]


def split_block(data: bytes) -> list[bytes]:
    """The leaf hashes of a stored block."""
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def _join(left: Node, right: Node) -> Node:
    return Node(node_hash(left.hash, right.hash), left.blocks + right.blocks, left, right)


def _appended(tree: Node, root: bytes) -> Node:
    if tree.blocks & (tree.blocks - 1) == 0 or tree.left is None or tree.right is None:
        return _join(tree, Node(root, 1))
    if tree.left.blocks != split_point(tree.blocks):
        raise ValueError("not a dense tree")
    return _join(tree.left, _appended(tree.right, root))
