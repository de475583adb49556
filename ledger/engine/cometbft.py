"""The consortium's engine as a gateway sees it: entries go to CometBFT, answers come from our own store.

The application beside us (`ledger.engine.abci`) writes the store; here it is only read. That the node took an
entry is no answer: the answer is the record, or the refusal, that our own application committed. Without a
quorum there is none, and after a time the submitter hears that; the entry may still be recorded later, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.committed import Committed, Subscriber, committed_as_stored
from ledger.engine.following import Follower, overdue
from ledger.engine.inflight import Answer, InFlight, Waiting
from ledger.engine.light_source import Document, LightSource
from ledger.engine.outgoing import Sender, signature_invalid
from ledger.engine.rpc import Node
from ledger.engine.startup import check_checkpoint_seed, checked_genesis
from ledger.engine.trees import Trees
from ledger.engine.verdicts import Verdicts
from ledger.engine.views import certifier, view_of
from ledger.engine.waking import Bell
from ledger.entry import Entry, parse_entry
from ledger.errors import Fatal, Malformed, Refusal
from ledger.genesis import Genesis
from ledger.machine import KEY_RETIRED, Contracts, Machine
from ledger.store.chain import read_chain_tip
from ledger.store.database import Connection, Store
from ledger.store.place import Place
from ledger.store.reading import read_ending, read_record
from ledger.view import Certify, Documents, View

IN_FLIGHT = 250
ANSWER_WITHIN_S = 15.0
_GATHER_S = 0.003


class CometBFTEngine:
    """A ledger that a consortium writes; make one with `open`. Several gateways may share one store."""

    def __init__(
        self,
        store: Store,
        genesis: Genesis,
        machine: Machine,
        certify: Certify,
        rpc: str,
        wake_directory: Path,
        *,
        in_flight: int,
        answer_within_s: float,
    ) -> None:
        self.genesis = genesis
        self._store = store
        self._machine = machine
        self._certify = certify
        self._answer_within_s = answer_within_s
        self._verdicts = Verdicts()
        self._trees = Trees()
        with self.view() as view:
            size = view.size
        self._in_flight = InFlight(in_flight)
        self._sender = Sender(Node(rpc), self._in_flight, _GATHER_S, self._look_up, self._signed)
        self._light = LightSource(Node(rpc), store)
        self._bell = Bell(wake_directory)
        self._follower = Follower(store, self._in_flight, self._sender, self._bell, size, self._signed)

    @classmethod
    def open(
        cls,
        place: Place,
        genesis_bytes: bytes,
        *,
        contracts: Contracts,
        checkpoint_seed: bytes,
        clock: Callable[[], int],
        rpc: str,
        wake_directory: Path,
        in_flight: int = IN_FLIGHT,
        answer_within_s: float = ANSWER_WITHIN_S,
        newcomer: str | None = None,
    ) -> CometBFTEngine:
        """Open the ledger that the application beside us keeps at `place`; `clock` gives ms UTC.

        `rpc` is the node's address (http://127.0.0.1:26657), `wake_directory` the folder of the application's
        socket. `newcomer` is the operator that opens it, when it may not have joined yet.
        Raises Unavailable(ledger-missing, schema-older), or Fatal when store, genesis or key do not fit.
        """
        genesis = checked_genesis(genesis_bytes)
        certify = certifier(genesis, checkpoint_seed, clock)
        store = Store(place, write=False)
        try:
            with view_of(store, genesis, certify) as view:
                check_checkpoint_seed(genesis, checkpoint_seed, view.get, newcomer)
            return cls(
                store,
                genesis,
                Machine(genesis, contracts),
                certify,
                rpc,
                wake_directory,
                in_flight=in_flight,
                answer_within_s=answer_within_s,
            )
        except BaseException:
            store.close()
            raise

    @property
    def id(self) -> str:
        """Hex id of the ledger."""
        return self.genesis.id

    @property
    def in_flight(self) -> int:
        """How many entries are handed in and not answered yet."""
        return len(self._in_flight)

    @property
    def genesis_bytes(self) -> bytes:
        return self.genesis.data

    def submit(self, entry: str) -> Answer:
        """Hand in an entry; see `ledger.engine.protocol.Engine`."""
        deadline = time.monotonic() + self._answer_within_s
        answer, item = self._in_flight.join(parse_entry(entry), deadline)
        if item is not None:
            self._sender.put([item])
        return answer

    def record(self, entry: str, timeout: float) -> Committed | Refusal:
        """Hand in an entry and wait for its answer; see `ledger.engine.protocol.Engine`."""
        before = self._follower.height
        try:
            return self.submit(entry).result(timeout)
        except TimeoutError:
            raise overdue(moved=self._follower.height > before) from None

    @contextmanager
    def view(self) -> Iterator[View]:
        """One read snapshot."""
        with view_of(self._store, self.genesis, self._certify, self._trees.at) as view:
            yield view

    def light_block(self, height: int | None) -> Document | None:
        """A block for those who check what the validators signed; see `ledger.engine.light_source`."""
        return self._light.block(height)

    def subscribe(self, callback: Subscriber) -> None:
        """Call back after each commit, by whichever gateway; the callback must not block."""
        self._follower.subscribe(callback)

    def close(self) -> None:
        """Answer what waits, then let go of store and node."""
        self._in_flight.drain()
        self._sender.close()
        self._light.close()
        self._follower.close()
        self._bell.close()
        self._store.close()

    def _look_up(self, items: list[Waiting]) -> None:
        """Answer what the store knows already, or what would spoil the envelope for its neighbours."""
        with self._store.snapshot() as connection:
            ending = read_ending(connection)
            if ending is None:
                raise Fatal("size-differs", "the ledger file has no beginning")
            view = View(connection, self.genesis, ending, self._certify)
            state = Documents(view)
            height = read_chain_tip(connection).height
            indices = view.entry_indices([item.entry.id for item in items])
            for item in items:
                index = indices.get(item.entry.id)
                outcome = self._outcome(item, state, index) or _recorded(connection, index, item)
                if outcome is not None:
                    self._in_flight.settle(item, outcome)
                else:
                    item.size = ending.size if item.height is None else item.size
                    item.height, item.looked_up = height, True

    def _outcome(self, item: Waiting, state: Documents, index: int | None) -> Refusal | Malformed | None:
        def later(_entry: Entry, key: bytes) -> bool:
            item.key = key
            return True

        signer = self._machine.authenticate(item.entry, state, later)
        if isinstance(signer, Refusal):
            return signer
        if (signer.retired or index is not None) and not self._signed(item):
            return signature_invalid()
        # Nodes let in nothing of such a key, so no block would ever say it.
        return KEY_RETIRED if signer.retired and index is None else None

    def _signed(self, item: Waiting) -> bool:
        """Whether the key of an entry that was looked up signed it; asked where no application says it."""
        if not item.signed and item.key is not None:
            item.signed = self._verdicts.verifies(item.entry, item.key)
        return item.signed


def _recorded(connection: Connection, index: int | None, item: Waiting) -> Committed | None:
    stored = None if index is None else read_record(connection, index)
    if stored is None:
        return None
    before = item.height is None or stored.record.index < item.size
    return committed_as_stored(stored.record, repeated=before)
