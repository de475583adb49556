"""A batch is the entries that one transaction takes: judged in order, each seeing those before it.

Engine-independent: an engine says when a batch begins, at what time, and when it commits. Nothing outside
the batch changes until `finish` ran inside the transaction and the transaction committed (`remember`); a
batch that fails is thrown away whole. State is read by key, through a bounded memory that only its writer
uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from ledger.committed import Committed, News, committed_of
from ledger.documents import copy_of, dump_document, kept, load_document
from ledger.entry import Entry, parse_entry
from ledger.errors import Refusal
from ledger.genesis import Genesis
from ledger.heads import HeadBlock, Subject
from ledger.machine import Accepted, Machine
from ledger.recent import Recent
from ledger.registry import Document, genesis_documents
from ledger.sequence import Placed, Tip, place, place_genesis
from ledger.store import reading, writing
from ledger.store.database import Connection
from ledger.view import UNREAD

Verifies = Callable[[Entry, bytes], bool]


class Memory:
    """What the writer read last from committed state; holds nothing of a batch that did not commit."""

    def __init__(self) -> None:
        self.state: Recent[str, Document | None] = Recent(65_536)
        self.subjects: Recent[str, Subject] = Recent(16_384)
        self.blocks: Recent[int, HeadBlock] = Recent(4_096)

    def glance(self, key: str) -> Document | None:
        """A committed state document for another thread, a copy of its own; UNREAD for what is not known."""
        found = self.state.glance(key, UNREAD)
        return found if found is None or found is UNREAD else copy_of(found)


class Batch:
    """Entries judged one after another on top of `tip`; `connection` is for reading what is committed.

    It may be a snapshot that ends before `finish` writes, when nobody else writes in between.
    """

    def __init__(
        self, machine: Machine, tip: Tip, connection: Connection, memory: Memory, entry_ids: Sequence[str]
    ) -> None:
        self.tip = tip.copy()
        self._machine = machine
        self._connection = connection
        self._memory = memory
        self._state: dict[str, Document | None] = {}
        self._subjects: dict[str, Subject] = {}
        self._blocks: dict[int, HeadBlock] = {}
        self._placed: list[Placed] = []
        self._taken: dict[str, Committed] = {}
        self._stored = reading.read_entry_indices(connection, entry_ids)

    def take(self, entry: Entry, clock: int, verifies: Verifies) -> Committed | Refusal:
        """Judge an entry and, when it is accepted, give it its place.

        Raises Malformed(signature-invalid); an exception of a contract leaves the batch as it was.
        """
        signer = self._machine.authenticate(entry, self, verifies)
        if isinstance(signer, Refusal):
            return signer
        repeated = self._repeated(entry.id)
        if repeated is not None:
            return repeated
        time = max(self.tip.time, clock)
        judgement = self._machine.judge(entry, signer, self, self.tip.size, time)
        if isinstance(judgement, Refusal):
            return judgement
        return self._place(entry, time, judgement)

    @property
    def takes_anything(self) -> bool:
        """Whether an entry was accepted, so that there is something to write."""
        return bool(self._placed)

    def finish(self, connection: Connection) -> bool:
        """Write the batch into this transaction; False when there is nothing to write."""
        if not self._placed:
            return False
        writing.write_records(connection, self._placed, list(self._taken))
        writing.write_subjects(connection, self._subjects.values())
        writing.write_blocks(connection, self._blocks)
        writing.write_state(
            connection,
            {key: None if found is None else dump_document(found) for key, found in self._state.items()},
        )
        writing.write_ending(connection, self.tip)
        return True

    def news(self) -> list[News]:
        """What was taken, for those who hear of it once it is committed."""
        return [News(each.record.index, each.subject.id, each.subject.type) for each in self._placed]

    def remember(self) -> None:
        """After the commit: let the memory know what is now committed."""
        for key, document in self._state.items():
            self._memory.state[key] = document
        for subject_id, subject in self._subjects.items():
            self._memory.subjects[subject_id] = subject
        for number, block in self._blocks.items():
            self._memory.blocks[number] = block

    def get(self, key: str) -> Document | None:
        """A state document as this batch sees it; the caller may change the copy that it gets."""
        found = self._state[key] if key in self._state else self._committed_state(key)
        return None if found is None else copy_of(found)

    def subject(self, subject_id: str) -> Subject | None:
        """A subject as this batch sees it."""
        found = self._subjects.get(subject_id)
        if found is not None:
            return found
        if subject_id in self._memory.subjects:
            return self._memory.subjects[subject_id]
        found = reading.read_subject(self._connection, subject_id)
        if found is not None:
            self._memory.subjects[subject_id] = found
        return found

    def _committed_state(self, key: str) -> Document | None:
        if key not in self._memory.state:
            text = reading.read_state(self._connection, key)
            self._memory.state[key] = None if text is None else load_document(text)
        return self._memory.state[key]

    def _block_of(self, number: int) -> HeadBlock:
        if number not in self._blocks:
            known = number in self._memory.blocks
            self._blocks[number] = (
                self._memory.blocks[number].copy()
                if known
                else HeadBlock(reading.read_block(self._connection, number))
            )
        return self._blocks[number]

    def _place(self, entry: Entry, time: int, judgement: Accepted) -> Committed:
        subject = self.subject(entry.subject) or entry.subject
        data = entry.text.encode("ascii")
        placed = place(self.tip, data, time, subject, judgement.creates, self._block_of)
        self._placed.append(placed)
        self._subjects[entry.subject] = placed.subject
        for key, document in judgement.changes.items():
            self._state[key] = None if document is None else kept(document)
        committed = committed_of(placed.record.place, entry, repeated=False)
        self._taken[entry.id] = committed
        return committed

    def _repeated(self, entry_id: str) -> Committed | None:
        if entry_id in self._taken:
            return self._taken[entry_id].again()
        if entry_id in self._stored:
            stored = reading.read_record(self._connection, self._stored[entry_id])
            if stored is not None:
                return committed_of(
                    stored.record.place, parse_entry(stored.record.entry.decode("ascii")), repeated=True
                )
        return None


def begin_ledger(connection: Connection, genesis: Genesis) -> Tip:
    """Write record 0 and all that it creates into an empty file."""
    blocks: dict[int, HeadBlock] = defaultdict(HeadBlock)
    tip, placed, subjects = place_genesis(genesis, blocks.__getitem__)
    writing.write_beginning(connection, genesis, tip)
    writing.write_records(connection, [placed], [genesis.id])
    writing.write_subjects(connection, subjects)
    writing.write_blocks(connection, blocks)
    documents = genesis_documents(genesis)
    writing.write_state(connection, {key: dump_document(value) for key, value in documents.items()})
    return tip
