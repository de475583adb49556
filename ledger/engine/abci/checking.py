"""Before a transaction is ordered: is it an envelope, signed by keys of this ledger, with anything new in it?

Cheap checks come first: size, form, known key, quota, duplicate, signature. What was parsed and verified here
is remembered, bounded, and used again when the block is judged; judging gives the same without it. Nothing
here is agreed on by the network, and nothing is written: it only keeps rubbish out of the blocks. An envelope
is refused as a whole when one of its entries is over its quota, or nothing in it is of a known key or new.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ledger.engine.abci.allowance import Allowance
from ledger.engine.abci.backlog import Backlog
from ledger.engine.verdicts import Verdicts
from ledger.engine.views import view_of
from ledger.entry import Entry
from ledger.envelope import MAX_ENVELOPE_BYTES, entries_of
from ledger.errors import Malformed, Refusal
from ledger.genesis import Genesis
from ledger.machine import Machine
from ledger.quota import HOUR_MS, Charge, charges
from ledger.registry import Document, active_operators
from ledger.store.database import Store
from ledger.view import Documents, View, no_checkpoint_key

_ENVELOPES_KEPT_BYTES = 8 * 1024 * 1024  # some seconds of what four nodes can order


class Code(IntEnum):
    """What became of a transaction. OK to NOTHING_TAKEN are results of blocks, the same on every node."""

    OK = 0
    MALFORMED = 1
    SIGNATURE = 2
    NOTHING_TAKEN = 3
    UNKNOWN_KEY = 4
    RECORDED = 5
    OVER_QUOTA = 6
    OVER_SHARE = 7


@dataclass(eq=False, slots=True)
class Opened:
    """The entries of an envelope. `signed`: keys of this ledger are known to have signed every one of them.

    That stays true: a kid is the hash of its key, and no key that the ledger knew is ever unknown to it.
    """

    entries: tuple[Entry, ...]
    signed: bool = False


class Envelopes:
    """Opens envelopes and verifies signatures, each once however often they come. Threads share it."""

    def __init__(self, kept_bytes: int = _ENVELOPES_KEPT_BYTES) -> None:
        self.verdicts = Verdicts()
        self._lock = threading.Lock()
        self._left = kept_bytes
        self._opened: OrderedDict[bytes, tuple[int, Opened]] = OrderedDict()

    def open(self, tx: bytes) -> Opened:
        """The entries of a transaction. Raises Malformed."""
        name = hashlib.sha256(tx).digest()
        with self._lock:
            if name in self._opened:
                return self._opened[name][1]
        opened = Opened(entries_of(tx))
        size = sum(len(one.text) for one in opened.entries)  # not the transaction's, which may be packed
        with self._lock:
            if name not in self._opened:
                self._opened[name] = (size, opened)
                self._left -= size
            while self._left < 0 and self._opened:
                _, (size, _) = self._opened.popitem(last=False)
                self._left += size
        return opened

    def forget(self, tx: bytes) -> None:
        """What was not let in takes no room from what was."""
        with self._lock:
            size, _ = self._opened.pop(hashlib.sha256(tx).digest(), (0, ()))
            self._left += size


class Checker:
    """Answers CheckTx from what is committed; `known` gives what the judging thread remembers of that."""

    def __init__(
        self,
        store: Store,
        genesis: Genesis,
        machine: Machine,
        envelopes: Envelopes,
        known: Callable[[str], Document | None],
    ) -> None:
        self._store = store
        self._known_state = known
        self._genesis = genesis
        self._machine = machine
        self._envelopes = envelopes
        self._turn = threading.Lock()
        self._allowance = Allowance()
        self._backlog = Backlog()
        self._height = 0

    def check(self, tx: bytes) -> Code:
        """Whether this node lets the transaction into its mempool. Raises Unavailable or Fatal."""
        if len(tx) > MAX_ENVELOPE_BYTES:
            return Code.MALFORMED
        try:
            opened = self._envelopes.open(tx)
        except Malformed:
            return Code.MALFORMED
        with self._turn, view_of(self._store, self._genesis, no_checkpoint_key) as view:
            state = Documents(view, self._known_state)
            payers = self._payers(tx, opened, view, state)
            code = Code.OVER_SHARE if payers is None else self._check(opened, view, state)
            if payers is not None and code is Code.OK:
                ids = [one.id for one in opened.entries]
                self._backlog.enter(hashlib.sha256(tx).digest(), len(tx), ids, payers, self._height)
        if code is not Code.OK:
            self._envelopes.forget(tx)
        return code

    def ordered(self, txs: Sequence[bytes], height: int) -> None:
        """The block at this height is committed: its transactions wait no more."""
        with self._turn:
            self._height = height
            self._backlog.leave((hashlib.sha256(tx).digest() for tx in txs), height)

    def begin_anew(self) -> None:
        """The node started, and nothing waits there."""
        with self._turn:
            self._backlog.clear()

    def _payers(self, tx: bytes, opened: Opened, view: View, state: Documents) -> Collection[str] | None:
        """Of whose shares it takes room, none while there is room for all; None when there is none left."""
        if self._backlog.is_open(len(tx)):
            return ()
        new = {one.id: one.kid for one in opened.entries if self._backlog.is_new(one.id)}
        for entry_id in view.entry_indices(list(new)):
            del new[entry_id]
        payers = {self._machine.operator_behind(kid, state.get) or "" for kid in new.values()}
        active = active_operators(state.get, self._genesis)
        return payers if payers and self._backlog.has_share(len(tx), payers, len(active)) else None

    def _check(self, opened: Opened, view: View, state: Documents) -> Code:
        entries = opened.entries
        hour = view.time // HOUR_MS
        to_verify: list[tuple[Entry, bytes]] = []
        known = self._known(entries, state, to_verify)
        if not known:
            return Code.UNKNOWN_KEY
        if not all(self._allowance.allows(one, on, state.get, hour) for one, on in known.items()):
            return Code.OVER_QUOTA
        recorded = view.entry_indices(list(known))
        if len(recorded) == len(known):
            return Code.RECORDED
        if not all(self._envelopes.verdicts.verifies(one, key) for one, key in to_verify):
            return Code.SIGNATURE
        opened.signed = len(to_verify) == len(entries)
        for entry_id, on in known.items():
            if entry_id not in recorded:
                self._allowance.let_in(entry_id, on, state.get, hour)
        return Code.OK

    def _known(
        self, entries: Sequence[Entry], state: Documents, to_verify: list[tuple[Entry, bytes]]
    ) -> dict[str, list[Charge]]:
        """Those that a key which is in use may have signed, by id, and what each of them spends."""

        def later(entry: Entry, key: bytes) -> bool:
            to_verify.append((entry, key))
            return True

        found: dict[str, list[Charge]] = {}
        for one in entries:
            signer = self._machine.authenticate(one, state, later)
            # What a replaced key signs is refused in every block: it is let in beside others only.
            if not isinstance(signer, Refusal) and not signer.retired:
                found[one.id] = charges(one, signer, state.get, self._genesis.limits)
        return found
