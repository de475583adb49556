"""A block of heads, changed leaf by leaf, has the root of its leaves; copies do not share changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.heads import BLOCK, HeadBlock
from ledger.merkle import EMPTY_ROOT, leaf_hash, root_of

CHANGES = st.lists(st.tuples(st.integers(0, BLOCK - 1), st.binary(max_size=4)), max_size=60)


@given(CHANGES)
def test_whatever_is_put_the_root_is_that_of_the_leaves(changes: list[tuple[int, bytes]]) -> None:
    block, leaves = HeadBlock(), []
    for place, data in changes:
        leaf, at = leaf_hash(data), min(place, len(leaves))
        leaves[at : at + 1] = [leaf]
        block.put(at, leaf)
        assert block.leaves == leaves
        assert block.root == root_of(leaves) == HeadBlock(leaves).root


def test_an_empty_block_has_the_hash_of_nothing() -> None:
    assert HeadBlock().root == EMPTY_ROOT


def test_a_copy_changes_alone() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(5)]
    kept = HeadBlock(leaves)
    tried = kept.copy()
    tried.put(2, leaf_hash(b"new"))
    tried.put(5, leaf_hash(b"sixth"))
    assert kept.leaves == leaves
    assert kept.root == root_of(leaves) != tried.root
