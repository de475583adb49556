"""The heads tree that a reader keeps up is the one in the store, whenever it is asked for."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.engine.embedded import EmbeddedEngine
from ledger.engine.trees import Trees
from ledger.heads import root_hash, tree_of
from ledger.store.database import Store
from ledger.store.reading import read_block_roots, read_ending
from tests.ledger import world

STEPS = st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=25), max_size=6)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_a_tree_that_is_kept_up_is_the_one_that_is_read(
    tmp_path_factory: object, steps: list[list[int]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("trees")  # type: ignore[attr-defined]
    engine = EmbeddedEngine.open(
        folder / "ledger.db",
        world.genesis_bytes(),
        contracts=world.contracts(),
        checkpoint_seed=world.CHECKPOINT_SEED,
        clock=lambda: world.START + 60_000,
        verifiers=1,
    )
    author, trees, often = world.Author(engine.id), Trees(), Trees()
    reader = Store(folder / "ledger.db", write=False)
    for step in [[], *steps]:
        for number in step:
            # The second of the same link is refused, and a look at it goes to its block.
            engine.record(author.open_link(world.link_id(number)), 10)
            engine.record(author.look(world.link_id(number)), 10)
        with reader.snapshot() as connection:
            ending = read_ending(connection)
            assert ending is not None
            root = root_hash(tree_of(read_block_roots(connection)))
            assert root_hash(often.at(connection, ending.size)) == root
            if len(step) % 2:
                assert root_hash(trees.at(connection, ending.size)) == root
    reader.close()
    engine.close()
