"""The heads trees of the newest sizes, kept up by a process that only reads the store.

A tree is read whole once; then each look changes only the blocks that new records changed. A reader keeps the
tree that it took, so that a view of an older size finds its own for a while.
"""

from __future__ import annotations

from ledger.heads import Node, tree_of, with_block
from ledger.store.database import Connection
from ledger.store.reading import read_block_roots, read_changed_blocks

_KEPT = 16


class Trees:
    """One thread follows, any thread looks."""

    def __init__(self) -> None:
        self._newest: tuple[tuple[int, Node | None], ...] = ()

    def follow(self, connection: Connection, size: int) -> None:
        """Bring the newest tree to `size`, the size of this snapshot."""
        if not self._newest:
            self._newest = ((size, tree_of(read_block_roots(connection))),)
            return
        known, tree = self._newest[0]
        if known < size:
            for block, root in read_changed_blocks(connection, known):
                tree = with_block(tree, block, root)
            self._newest = ((size, tree), *self._newest[: _KEPT - 1])

    def at(self, size: int) -> Node | None:
        """The tree at this size; None when it has to be read."""
        return next((tree for known, tree in self._newest if known == size), None)
