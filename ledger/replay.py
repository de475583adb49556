"""Replay builds a ledger again from its records alone and says where the given records differ from it.

The machine judges every entry as it was judged when it was taken: with the state, the time and the index
of that moment. Everything lies in memory; this is for audits, never for an engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ledger.documents import dump_document, load_document
from ledger.entry import Entry, parse_entry
from ledger.errors import Malformed, Refusal
from ledger.genesis import Genesis
from ledger.heads import HeadBlock, Subject
from ledger.machine import Contracts, Machine
from ledger.record import Record
from ledger.registry import Document, genesis_documents
from ledger.sequence import Placed, place, place_genesis


class Differs(Exception):  # noqa: N818
    """The first thing that differs; `claim` is the one that fell: unaltered, signed or checkpoint."""

    def __init__(self, claim: str, what: str, index: int | None = None) -> None:
        super().__init__(what)
        self.claim = claim
        self.what = what
        self.index = index


class Replay:
    """The machine and its state after the records checked so far; begins with record 0."""

    def __init__(self, genesis: Genesis, contracts: Contracts) -> None:
        self._machine = Machine(genesis, contracts)
        self._state: dict[str, str | None] = {}
        self._blocks: dict[int, HeadBlock] = defaultdict(HeadBlock)
        self._seen = {genesis.id}
        self._put(genesis_documents(genesis))
        self.tip, self.beginning, subjects = place_genesis(genesis, self._blocks.__getitem__)
        self._subjects = {subject.id: subject for subject in subjects}

    def get(self, key: str) -> Document | None:
        """A state document by key."""
        text = self._state.get(key)
        return None if text is None else load_document(text)

    def subject(self, subject_id: str) -> Subject | None:
        """A subject by id."""
        return self._subjects.get(subject_id)

    def check(self, found: Record, heads: bytes) -> None:
        """Judge the next record's entry again and compare. Raises Differs."""
        index = self.tip.size
        entry = _entry_of(found, index)
        if entry.id in self._seen:
            raise Differs("unaltered", "the same entry stands in the log twice", index)
        if found.time < self.tip.time:
            raise Differs("unaltered", "its time is before that of the record before it", index)
        creates = self._judge(entry, index, found.time)
        subject = self.subject(entry.subject) or entry.subject
        placed = place(self.tip, found.entry, found.time, subject, creates, self._blocks.__getitem__)
        compare(placed, found, heads)
        self._subjects[entry.subject] = placed.subject
        self._seen.add(entry.id)

    def _judge(self, entry: Entry, index: int, time: int) -> int | None:
        try:
            signer = self._machine.authenticate(entry, self, Entry.signed_by)
        except Malformed:
            raise Differs("signed", "its signature does not verify", index) from None
        if isinstance(signer, Refusal):
            raise Differs("signed", f"the rules refuse it ({signer.code})", index)
        judgement = self._machine.judge(entry, signer, self, index, time)
        if isinstance(judgement, Refusal):
            raise Differs("signed", f"the rules refuse it ({judgement.code})", index)
        self._put(judgement.changes)
        return judgement.creates

    def _put(self, changes: Mapping[str, Document | None]) -> None:
        for key, document in changes.items():
            self._state[key] = None if document is None else dump_document(document)


def compare(placed: Placed, found: Record, heads: bytes) -> None:
    """Compare a record with the one that the replay gives for its place. Raises Differs."""
    wanted = placed.record
    fields = (
        ("index", wanted.index, found.index),
        ("subject number", wanted.number, found.number),
        ("seq", wanted.seq, found.seq),
        ("prev", wanted.prev, found.prev),
        ("time", wanted.time, found.time),
        ("entry", wanted.entry, found.entry),
        ("heads root", placed.heads, heads),
    )
    for name, right, given in fields:
        if right != given:
            raise Differs("unaltered", f"its {name} differs from the replayed one", wanted.index)


def _entry_of(record: Record, index: int) -> Entry:
    try:
        return parse_entry(record.entry.decode("ascii"))
    except (Malformed, UnicodeDecodeError) as error:
        code = error.code if isinstance(error, Malformed) else "entry-form"
        raise Differs("signed", f"it holds no valid entry ({code})", index) from None
