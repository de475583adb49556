"""The embedded engine keeps the ledger in one process: one operator, tamper-evident, no agreement.

SQLite or PostgreSQL, group commit (`ledger.engine.writer`), one writing process (a lock), readers beside it
on snapshots. `open_view_only` is for tools that read while a node runs. What tamper-evident means: a
rewritten past is found by every phone and witness that kept a checkpoint, and by nobody else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from ledger.batch import begin_ledger
from ledger.committed import Committed, Subscriber
from ledger.engine.inbox import Inbox, Item, Reply
from ledger.engine.startup import (
    check_checkpoint_seed,
    check_genesis,
    check_rules,
    checked_genesis,
    load_tip,
)
from ledger.engine.views import certifier, view_of
from ledger.engine.writer import Writer
from ledger.entry import parse_entry
from ledger.errors import Fatal, Refusal, Unavailable
from ledger.genesis import Genesis
from ledger.machine import Contracts, Machine
from ledger.sequence import Tip
from ledger.store.chain import read_chain_tip
from ledger.store.database import Store
from ledger.store.place import Place
from ledger.store.reading import read_ending
from ledger.view import Certify, View, no_checkpoint_key

_MOST_VERIFIERS = 4


class EmbeddedEngine:
    """A ledger that this process writes; make one with `open`."""

    def __init__(
        self, store: Store, genesis: Genesis, writer: Writer, inbox: Inbox, certify: Certify
    ) -> None:
        self.genesis = genesis
        self._store = store
        self._writer = writer
        self._inbox = inbox
        self._certify = certify

    @classmethod
    def open(
        cls,
        path: str | Place,
        genesis_bytes: bytes,
        *,
        contracts: Contracts,
        checkpoint_seed: bytes,
        clock: Callable[[], int],
        queue_limit: int = 4096,
        batch_limit: int = 512,
        verifiers: int | None = None,
    ) -> EmbeddedEngine:
        """Open or begin the ledger at `path` (or sqlite:/// URL, or PostgreSQL); `clock` gives ms UTC.

        Raises Unavailable(ledger-locked, disk-full), or Fatal when file, genesis or key do not fit.
        """
        genesis = checked_genesis(genesis_bytes)
        check_checkpoint_seed(genesis, checkpoint_seed)
        machine = Machine(genesis, contracts)
        store = Store(_place_of(path), write=True)
        try:
            tip = _open_tip(store, genesis, machine)
        except BaseException:
            store.close()
            raise
        inbox = Inbox(queue_limit)
        writer = Writer(store, machine, tip, inbox, clock, batch_limit)
        writer.start(verifiers or min(_MOST_VERIFIERS, os.cpu_count() or 1))
        return cls(store, genesis, writer, inbox, certifier(genesis, checkpoint_seed, clock))

    @property
    def id(self) -> str:
        """Hex id of the ledger."""
        return self.genesis.id

    @property
    def genesis_bytes(self) -> bytes:
        return self.genesis.data

    def submit(self, entry: str) -> Future[Committed | Refusal]:
        """Hand in an entry; see `ledger.engine.protocol.Engine`."""
        future: Future[Committed | Refusal] = Future()
        future.set_running_or_notify_cancel()
        self._inbox.put(Item(parse_entry(entry), future))
        return future

    def record(self, entry: str, timeout: float) -> Committed | Refusal:
        """Hand in an entry and wait for its answer; see `ledger.engine.protocol.Engine`."""
        reply = Reply()
        item = Item(parse_entry(entry), reply)
        if not self._writer.write_alone(item):
            self._inbox.put(item)
        try:
            return reply.result(timeout)
        except TimeoutError:
            raise Unavailable("outcome-unknown", "the ledger did not answer in time") from None

    @contextmanager
    def view(self) -> Iterator[View]:
        """One read snapshot."""
        with view_of(self._store, self.genesis, self._certify, self._writer.tree_at) as view:
            yield view

    def subscribe(self, callback: Subscriber) -> None:
        """Call back after each durable commit, from the writing thread; the callback must not block."""
        self._writer.subscribe(callback)

    def close(self) -> None:
        """Answer what waits, then let go of the file."""
        self._inbox.close()
        self._writer.join()
        self._store.close()


@contextmanager
def open_view_only(
    path: str | Place,
    genesis_bytes: bytes,
    *,
    checkpoint_seed: bytes | None = None,
    clock: Callable[[], int] | None = None,
) -> Iterator[View]:
    """One snapshot of a ledger that another process may be writing; with seed and clock it gives checkpoints.

    Raises Unavailable(ledger-missing, schema-older) or Fatal.
    """
    genesis = checked_genesis(genesis_bytes)
    certify: Certify = no_checkpoint_key
    if checkpoint_seed is not None and clock is not None:
        certify = certifier(genesis, checkpoint_seed, clock)
    store = Store(_place_of(path), write=False)
    try:
        with view_of(store, genesis, certify) as view:
            if certify is not no_checkpoint_key and checkpoint_seed is not None:
                check_checkpoint_seed(genesis, checkpoint_seed, view.get)
            yield view
    finally:
        store.close()


def _open_tip(store: Store, genesis: Genesis, machine: Machine) -> Tip:
    with store.transaction() as connection:
        ending = read_ending(connection)
        if ending is None:
            begin_ledger(connection, genesis)
        else:
            check_genesis(ending, genesis)
        if read_chain_tip(connection).height > 0:
            raise Fatal("engine-differs", "a consortium writes this ledger")
        tip = load_tip(connection)
        check_rules(connection, machine, tip)
        return tip


def _place_of(path: str | Place) -> Place:
    return Path(path.removeprefix("sqlite:///")) if isinstance(path, str) else path
