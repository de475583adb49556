"""A view is one snapshot of the ledger: what it says, and the proofs that it says so, all at one size.

Nothing here changes anything. Proofs of a link are in `ledger.proofs`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.errors import Unavailable
from ledger.genesis import Genesis
from ledger.heads import BLOCK, Node, Subject, head_proof, tree_of
from ledger.merkle import NodeReader, consistency_proof, inclusion_proof, root_at
from ledger.proofs import link_proof, registry_proof
from ledger.receipt import format_receipt
from ledger.registry import (
    Document,
    Institution,
    Operator,
    active_operators,
    genesis_subjects,
    institution_of,
    members_of,
)
from ledger.store import reading
from ledger.store.database import Connection
from ledger.store.reading import Ending, StoredRecord

Certify = Callable[[int, bytes], str]
UNREAD: Document = {}
TreeAt = Callable[[Connection, int], Node | None]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record as stored; `heads` is the heads root after it."""

    index: int
    seq: int
    record_bytes: bytes
    heads: bytes


def read_tree(connection: Connection, _size: int) -> Node | None:
    """The heads tree of a snapshot, read whole."""
    return tree_of(reading.read_block_roots(connection))


class View:
    """One read snapshot; use it inside `with engine.view() as view`, in one thread.

    `tree_at` is for an engine that remembers heads trees.
    """

    def __init__(
        self,
        connection: Connection,
        genesis: Genesis,
        ending: Ending,
        certify: Certify,
        tree_at: TreeAt = read_tree,
    ) -> None:
        self.genesis = genesis
        self._connection = connection
        self._ending = ending
        self._certify = certify
        self._tree_at = tree_at
        self._tree: Node | None = None

    @property
    def size(self) -> int:
        """Number of records."""
        return self._ending.size

    @property
    def time(self) -> int:
        """Time of the newest record, ms UTC."""
        return self._ending.time

    @property
    def root(self) -> bytes:
        """The log root at `size`."""
        return self._ending.root

    def get(self, key: str) -> Document | None:
        """A state document by key."""
        text = reading.read_state(self._connection, key)
        return None if text is None else json.loads(text)

    def checkpoint(self) -> str:
        """The signed note over size and root, vouched for now. Raises Unavailable without a key."""
        return self._certify(self.size, self.root)

    def record(self, index: int) -> bytes:
        """The bytes of record `index`. Raises IndexError."""
        return self._stored(index).record.encode()

    def entry_index(self, entry_id: str) -> int | None:
        """The record index of an entry (hex id)."""
        return reading.read_entry_indices(self._connection, [entry_id]).get(entry_id)

    def entry_indices(self, entry_ids: Sequence[str]) -> dict[str, int]:
        """The record indices of those of the entries (hex ids) that are on the ledger."""
        return reading.read_entry_indices(self._connection, entry_ids)

    def receipt(self, index: int) -> dict[str, Any]:
        """The receipt of record `index`. Raises IndexError."""
        stored = self._stored(index)
        return format_receipt(stored.record.encode(), stored.heads, self.inclusion(index), self.checkpoint())

    def records(self, from_index: int, limit: int) -> Iterator[RecordRow]:
        """Up to `limit` records from `from_index` on, in order."""
        for stored in reading.read_records(self._connection, from_index, limit):
            yield _row(stored)

    def subject(self, subject_id: str) -> Subject | None:
        """A subject by id."""
        return reading.read_subject(self._connection, subject_id)

    def chain(self, subject_id: str, from_seq: int = 1) -> list[RecordRow]:
        """All records about a subject from `from_seq` on; record 0 is the first of every genesis subject."""
        subject = self.subject(subject_id)
        if subject is None:
            return []
        rows = [_row(stored) for stored in reading.read_chain(self._connection, subject.number, from_seq)]
        if 0 < subject.number < len(genesis_subjects(self.genesis)) and from_seq <= 1:
            rows.insert(0, _row(self._stored(0)))
        return rows

    def registry_subjects(self) -> list[Subject]:
        """All operators and institutions that are or were members, by number."""
        members = members_of(self.get, self.genesis)
        found = [self.subject(each) for each in (*members["operators"], *members["institutions"])]
        return sorted((one for one in found if one is not None), key=lambda one: one.number)

    def institutions(self) -> list[Institution]:
        """All institutions, retired ones too, in order of their number."""
        found = [self.institution(each) for each in members_of(self.get, self.genesis)["institutions"]]
        return [institution for institution in found if institution is not None]

    def operators(self) -> list[Operator]:
        """All operators, retired ones too, in order of their number."""
        active = active_operators(self.get, self.genesis)
        found = [self.get(f"operator/{each}") for each in members_of(self.get, self.genesis)["operators"]]
        return [Operator(**one, active=one["id"] in active) for one in found if one is not None]

    def institution(self, institution_id: str) -> Institution | None:
        """An institution with its present keys."""
        document = self.get(f"institution/{institution_id}")
        return None if document is None else institution_of(document)

    def inclusion(self, index: int) -> list[bytes]:
        """Inclusion proof of record `index` at `size`."""
        return inclusion_proof(index, self.size, self.node_reader([index]))

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Consistency proof from an older size, 0..size, to this one, or to another of old..size."""
        return consistency_proof(
            old,
            self.size if new is None else new,
            lambda level, k: reading.read_node(self._connection, level, k),
        )

    def root_at(self, size: int) -> bytes:
        """The log root when the ledger had `size` records, 1..self.size."""
        return self.root if size == self.size else root_at(size, self.node_reader([]))

    def head_proof(self, number: int) -> list[bytes]:
        """Inclusion proof of a subject's head leaf under the newest record's heads root."""
        if self._tree is None:
            self._tree = self._tree_at(self._connection, self.size)
        return head_proof(self._tree, number, reading.read_block(self._connection, number // BLOCK))

    def node_reader(self, indices: list[int]) -> NodeReader:
        """Reads log nodes, those for the inclusion of `indices` in one go."""
        places: set[tuple[int, int]] = set()

        def note_place(level: int, k: int) -> bytes:
            places.add((level, k))
            return bytes(32)

        for index in indices:
            inclusion_proof(index, self.size, note_place)
        return reading.node_cache(self._connection, places)

    def tile(self, level: int, number: int, width: int) -> bytes:
        """`width` hashes of C2SP tile `level`/`number`, concatenated. Raises IndexError beyond the log."""
        first = number * 256
        if (
            not 0 <= level < 8
            or number < 0
            or not 1 <= width <= 256
            or (first + width) << (8 * level) > self.size
        ):
            raise IndexError("no such tile")
        places = [(8 * level, k) for k in range(first, first + width)]
        read = reading.node_cache(self._connection, places)
        return b"".join(read(node_level, k) for node_level, k in places)

    def _stored(self, index: int) -> StoredRecord:
        stored = reading.read_record(self._connection, index) if 0 <= index < self.size else None
        if stored is None:
            raise IndexError("no such record")
        return stored

    def link_proof(self, subject_id: str, kept_size: int | None = None) -> dict[str, Any] | None:
        """All that a phone needs to check one link (`ledger.proofs`); None for an unknown subject."""
        return link_proof(self, subject_id, kept_size)

    def registry_proof(self) -> dict[str, Any]:
        """By whose votes operators and institutions are who they are (`ledger.proofs`)."""
        return registry_proof(self)


class Documents:
    """The state of a view for who judges many entries by it: each document is read once.

    `known` gives what the caller remembers of a document, UNREAD for nothing.
    """

    def __init__(self, view: View, known: Callable[[str], Document | None] = lambda _key: UNREAD) -> None:
        self.subject = view.subject
        self._view = view
        self._known = known
        self._read: dict[str, Document | None] = {}

    def get(self, key: str) -> Document | None:
        """A state document by key; not to be changed."""
        if key not in self._read:
            found = self._known(key)
            self._read[key] = self._view.get(key) if found is UNREAD else found
        return self._read[key]


def no_checkpoint_key(_size: int, _root: bytes) -> str:
    """The answer of a view that was opened without the checkpoint key."""
    raise Unavailable("checkpoint-key-missing", "the checkpoint key is not at hand here")


def _row(stored: StoredRecord) -> RecordRow:
    return RecordRow(stored.record.index, stored.record.seq, stored.record.encode(), stored.heads)
