"""Height, app hash and refusals in the store."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import Refusal
from ledger.store.chain import (
    ChainTip,
    RefusedAt,
    prune_refusals,
    read_chain_tip,
    read_refusals_since,
    write_chain_tip,
    write_refusals,
)
from ledger.store.database import Store

ONE, TWO, THREE = (f"{number:064x}" for number in (1, 2, 3))


def test_the_last_block_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db", write=True)
    with store.transaction() as connection:
        assert read_chain_tip(connection) == ChainTip(0, b"")
        for tip in (ChainTip(1, b"1" * 32), ChainTip(2, b"2" * 32)):
            write_chain_tip(connection, tip)
            assert read_chain_tip(connection) == tip
    store.close()


def test_the_newest_refusal_of_an_entry_is_kept_for_some_blocks(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db", write=True)
    with store.transaction() as connection:
        write_refusals(connection, 5, {ONE: Refusal("a", "first"), TWO: Refusal("b", "second")})
        write_refusals(connection, 7, {ONE: Refusal("c", "again")})
        write_refusals(connection, 8, {})
        found = {ONE: RefusedAt(7, Refusal("c", "again")), TWO: RefusedAt(5, Refusal("b", "second"))}
        assert read_refusals_since(connection, 0) == found
        prune_refusals(connection, 5)
        assert read_refusals_since(connection, 0) == {ONE: found[ONE]}
        assert read_refusals_since(connection, 7) == {}
    store.close()
