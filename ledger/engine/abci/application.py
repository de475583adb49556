"""The application: the same machine and the same store as of the embedded engine, driven by decided blocks.

FinalizeBlock judges in memory on top of what is committed; Commit writes records, heads, state, height and
app hash in one transaction. So a crash leaves a whole block or none of it, and CometBFT plays what is missing
again. Whatever contradicts is raised: the process has to stop, its node stops with it, and nobody serves a
ledger that differs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.apphash import app_hash
from ledger.batch import Batch, Memory, begin_ledger
from ledger.encoding import parse_json, unb64u
from ledger.engine.abci.checking import Checker, Code, Envelopes
from ledger.engine.abci.finalizing import Judged, entry_ids, judge_block, open_block, validator_updates
from ledger.engine.abci.messages import Block, InitChain
from ledger.engine.cometbft_genesis import POWER, app_state, chain_id
from ledger.engine.startup import check_genesis, check_rules, load_tip
from ledger.errors import Fatal, Malformed
from ledger.genesis import Genesis
from ledger.machine import Contracts, Machine
from ledger.registry import validators
from ledger.sequence import Tip
from ledger.store.chain import (
    ChainTip,
    prune_refusals,
    read_chain_tip,
    write_chain_tip,
    write_refusals,
)
from ledger.store.database import Connection, Store
from ledger.store.reading import read_ending

BLOCKS_REFUSALS_ARE_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Finalized:
    """What FinalizeBlock answers: a result for each transaction, validators that change, the new app hash."""

    codes: Sequence[int]
    validators: dict[bytes, int]
    app_hash: bytes


@dataclass(frozen=True, slots=True)
class _Staged:
    txs: Sequence[bytes]
    batch: Batch
    judged: Judged
    chain: ChainTip


class Application:
    """Threads may call every method; blocks are taken one at a time.

    Raises Fatal when the store does not fit (genesis-differs, engine-differs, app-hash-differs).
    """

    def __init__(
        self,
        store: Store,
        genesis: Genesis,
        contracts: Contracts,
        on_commit: Callable[[], None],
    ) -> None:
        self._store = store
        self._genesis = genesis
        self._machine = Machine(genesis, contracts)
        self._on_commit = on_commit
        self._envelopes = Envelopes()
        self._memory = Memory()
        self._checker = Checker(store, genesis, self._machine, self._envelopes, self._memory.glance)
        self._blocks = threading.Lock()
        self._staged: _Staged | None = None
        with store.transaction() as connection:
            self._tip, self._chain = _open(connection, genesis)
            check_rules(connection, self._machine, self._tip)
        self._checker.ordered((), self._chain.height)

    def info(self) -> ChainTip:
        """The last committed block."""
        with self._blocks:
            return self._chain

    def begin(self) -> ChainTip:
        """The last committed block, for a node that starts."""
        self._checker.begin_anew()
        return self.info()

    def init_chain(self, asked: InitChain) -> tuple[dict[bytes, int], bytes]:
        """Validators that the ledger names (none: as the chain has them) and the app hash of record 0.

        Raises Fatal(chain-differs).
        """
        with self._blocks, self._store.snapshot() as connection:
            if self._chain.height != 0 or not self._is_our_chain(asked):
                raise Fatal("chain-differs", "the chain does not begin with this ledger")
            batch = Batch(self._machine, self._tip, connection, self._memory, [])
            named = {unb64u(key): POWER for key in validators(batch.get)}
            return named, self._hash(self._tip)

    def check_tx(self, tx: bytes) -> Code:
        """Whether this node lets the transaction in."""
        return self._checker.check(tx)

    def process_proposal(self, txs: Sequence[bytes]) -> bool:
        """Whether a proposed block can be judged at all."""
        return None not in open_block(self._envelopes, txs)

    def finalize_block(self, block: Block) -> Finalized:
        """Judge a decided block in memory, from committed state every time. Raises Fatal(height-differs)."""
        with self._blocks, self._store.snapshot() as connection:
            if block.height != self._chain.height + 1:
                raise Fatal("height-differs", "the block is not the one after the last committed")
            opened = open_block(self._envelopes, block.txs)
            batch = Batch(self._machine, self._tip, connection, self._memory, list(entry_ids(opened)))
            before = validators(batch.get)
            judged = judge_block(self._machine, batch, self._envelopes, opened, block.time)
            updates = validator_updates(before, validators(batch.get))
            chain = ChainTip(block.height, self._hash(batch.tip))
            self._staged = _Staged(block.txs, batch, judged, chain)
            return Finalized(judged.codes, updates, chain.app_hash)

    def commit(self) -> None:
        """Make the judged block durable, then wake who waits. Raises Fatal(height-differs), Unavailable."""
        with self._blocks:
            staged, self._staged = self._staged, None
            if staged is None:
                raise Fatal("height-differs", "a commit without a block")
            # A block without records answers nobody, and the node hands it in again when it is missing.
            with self._store.transaction(synced=staged.batch.takes_anything) as connection:
                self._write(connection, staged)
            staged.batch.remember()
            self._tip, self._chain = staged.batch.tip, staged.chain
        self._checker.ordered(staged.txs, staged.chain.height)
        self._on_commit()

    def _write(self, connection: Connection, staged: _Staged) -> None:
        staged.batch.finish(connection)
        write_chain_tip(connection, staged.chain)
        write_refusals(connection, staged.chain.height, staged.judged.refusals)
        prune_refusals(connection, staged.chain.height - BLOCKS_REFUSALS_ARE_KEPT)

    def _is_our_chain(self, asked: InitChain) -> bool:
        try:
            state = parse_json(asked.app_state)
        except Malformed:
            return False
        named = asked.chain_id == chain_id(self._genesis).encode("ascii") and state == app_state(
            self._genesis
        )
        return named and asked.initial_height == 1

    @staticmethod
    def _hash(tip: Tip) -> bytes:
        return app_hash(tip.size, tip.log_root)


def _open(connection: Connection, genesis: Genesis) -> tuple[Tip, ChainTip]:
    ending, chain = read_ending(connection), read_chain_tip(connection)
    if ending is None:
        begin_ledger(connection, genesis)
    else:
        check_genesis(ending, genesis)
    tip = load_tip(connection)
    if chain.height == 0 and tip.size > 1:
        raise Fatal("engine-differs", "this ledger was not written by a consortium")
    if chain.height > 0 and chain.app_hash != app_hash(tip.size, tip.log_root):
        raise Fatal("app-hash-differs", "the ledger is not as it was after its last block")
    return tip, chain
