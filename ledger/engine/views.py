"""Views of a stored ledger, alike for every engine: one read snapshot, certified by the operator's key.

An engine hands in how it remembers heads trees; without that, a view reads what it needs from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.checkpoint import sign_checkpoint
from ledger.engine.startup import check_genesis
from ledger.errors import Fatal
from ledger.genesis import Genesis
from ledger.store.database import Store
from ledger.store.reading import read_ending
from ledger.view import Certify, TreeAt, View, read_tree


def certifier(genesis: Genesis, seed: bytes, clock: Callable[[], int]) -> Certify:
    """Signs checkpoints of this ledger with the time (ms UTC) at which they are served."""
    return lambda size, root: sign_checkpoint(seed, genesis.origin, size, root, clock())


@contextmanager
def view_of(store: Store, genesis: Genesis, certify: Certify, tree_at: TreeAt = read_tree) -> Iterator[View]:
    """One snapshot of the store. Raises Fatal(size-differs, genesis-differs) or Unavailable."""
    with store.snapshot() as connection:
        ending = read_ending(connection)
        if ending is None:
            raise Fatal("size-differs", "the ledger file has no beginning")
        check_genesis(ending, genesis)
        yield View(connection, genesis, ending, certify, tree_at)
