"""The heads tree of the newest size that somebody asked for, in a process that only reads the store.

A tree is read whole once; then each question changes only the blocks that new records changed. A tree is
never changed once made, so a view keeps what it took. Commits cost nothing here.
"""

from __future__ import annotations

import threading

from ledger.heads import Node, with_block
from ledger.store.database import Connection
from ledger.store.reading import read_changed_blocks
from ledger.view import read_tree


class Trees:
    """Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._tree: Node | None = None

    def at(self, connection: Connection, size: int) -> Node | None:
        """The tree at `size`, the size of this snapshot."""
        with self._lock:
            if size < self._size:  # an older snapshot, that others have gone past
                return read_tree(connection, size)
            if self._size == 0:
                self._tree = read_tree(connection, size)
            elif self._size < size:
                for block, root in read_changed_blocks(connection, self._size):
                    self._tree = with_block(self._tree, block, root)
            self._size = size
            return self._tree
