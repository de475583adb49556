"""Before a transaction is ordered: is it an envelope, signed by keys of this ledger, with anything new in it?

Cheap checks come first: size, form, known key, duplicate, signature. What was parsed and verified here is
remembered, bounded, and used again when the block is judged; judging gives the same without it. Nothing here
is agreed on by the network: it only keeps rubbish out of the blocks.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from enum import IntEnum

from ledger.engine.verdicts import Verdicts
from ledger.engine.views import view_of
from ledger.entry import Entry, parse_entry
from ledger.envelope import open_envelope
from ledger.errors import Malformed, Refusal
from ledger.genesis import Genesis
from ledger.machine import Machine
from ledger.recent import Recent
from ledger.registry import Document
from ledger.store.database import Store
from ledger.view import View, no_checkpoint_key

_ENVELOPES_KEPT = 1024


class Code(IntEnum):
    """What became of a transaction. OK to NOTHING_TAKEN are results of blocks, the same on every node."""

    OK = 0
    MALFORMED = 1
    SIGNATURE = 2
    NOTHING_TAKEN = 3
    UNKNOWN_KEY = 4
    RECORDED = 5


class Envelopes:
    """Opens envelopes and verifies signatures, each once however often they come. Threads share it."""

    def __init__(self) -> None:
        self.verdicts = Verdicts()
        self._lock = threading.Lock()
        self._opened: Recent[bytes, tuple[Entry, ...]] = Recent(_ENVELOPES_KEPT)

    def entries(self, tx: bytes) -> tuple[Entry, ...]:
        """The entries of a transaction, signatures unchecked. Raises Malformed."""
        name = hashlib.sha256(tx).digest()
        with self._lock:
            if name in self._opened:
                return self._opened[name]
        entries = tuple(parse_entry(text) for text in open_envelope(tx))
        with self._lock:
            self._opened[name] = entries
        return entries


class Checker:
    """Answers CheckTx from what is committed."""

    def __init__(self, store: Store, genesis: Genesis, machine: Machine, envelopes: Envelopes) -> None:
        self._store = store
        self._genesis = genesis
        self._machine = machine
        self._envelopes = envelopes

    def check(self, tx: bytes) -> Code:
        """Whether this node lets the transaction into its mempool. Raises Unavailable or Fatal."""
        try:
            entries = self._envelopes.entries(tx)
        except Malformed:
            return Code.MALFORMED
        with view_of(self._store, self._genesis, no_checkpoint_key) as view:
            return self._check(entries, view)

    def _check(self, entries: Sequence[Entry], view: View) -> Code:
        state = _Keys(view)
        if all(isinstance(self._machine.authenticate(one, state, _trusting), Refusal) for one in entries):
            return Code.UNKNOWN_KEY
        if len(view.entry_indices([one.id for one in entries])) == len({one.id for one in entries}):
            return Code.RECORDED
        try:
            for one in entries:
                self._machine.authenticate(one, state, self._envelopes.verdicts.verifies)
        except Malformed:
            return Code.SIGNATURE
        return Code.OK


class _Keys:
    """What one check reads of the state, each document once."""

    def __init__(self, view: View) -> None:
        self.subject = view.subject
        self._view = view
        self._read: dict[str, Document | None] = {}

    def get(self, key: str) -> Document | None:
        if key not in self._read:
            self._read[key] = self._view.get(key)
        return self._read[key]


def _trusting(_entry: Entry, _key: bytes) -> bool:
    return True
