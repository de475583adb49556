"""Sequencing gives an accepted entry its place: record, chain, heads root, log leaf.

Pure but for `block_of`, which fetches one block of heads, to be changed. Every engine, and every audit that
replays a log, places entries here, so that all compute the same roots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ledger.genesis import Genesis
from ledger.heads import BLOCK, HeadBlock, Node, Subject, root_hash, tree_of, with_block
from ledger.merkle import append_leaf, fold_peaks
from ledger.receipt import log_leaf_of
from ledger.record import NO_PREVIOUS, Record, record_hash
from ledger.registry import genesis_subjects

BlockOf = Callable[[int], HeadBlock]


@dataclass(slots=True)
class Tip:
    """The end of a log: what is needed to append. Owned by one writer; `copy` before trying a batch."""

    size: int
    time: int
    subjects: int
    peaks: list[bytes]
    tree: Node | None

    def copy(self) -> Tip:
        """The same end, to try a batch on."""
        return Tip(self.size, self.time, self.subjects, list(self.peaks), self.tree)

    @property
    def log_root(self) -> bytes:
        """Root of the log's tree (RFC 9162 section 2.1.1)."""
        return fold_peaks(self.peaks)

    @property
    def heads_root(self) -> bytes:
        """Root of the tree over all heads."""
        return root_hash(self.tree)


class Placed(NamedTuple):
    """A record in its place: what has to be stored, all of it or nothing."""

    record: Record
    heads: bytes
    subject: Subject
    nodes: list[tuple[int, int, bytes]]


def place(
    tip: Tip, entry: bytes, time: int, subject: Subject | str, creates: int | None, block_of: BlockOf
) -> Placed:
    """Append an entry about a subject (or about a new one: its id, and its type in `creates`)."""
    if isinstance(subject, Subject):
        number, seq, prev, before = subject.number, subject.seq + 1, subject.head, subject
    elif creates is not None:
        number, seq, prev = tip.subjects, 1, NO_PREVIOUS
        before = Subject(number, creates, subject, 0, prev)
        tip.subjects += 1
    else:
        raise ValueError("a new subject has a type")
    record = Record(tip.size, time, number, seq, prev, entry)
    after = Subject(number, before.type, before.id, seq, record_hash(record.encode()))
    _set_head(tip, after, block_of)
    return _append(tip, record, after)


def place_genesis(genesis: Genesis, block_of: BlockOf) -> tuple[Tip, Placed, list[Subject]]:
    """Record 0 and every subject that it creates."""
    record = Record(0, genesis.at, 0, 1, NO_PREVIOUS, genesis.data)
    head = record_hash(record.encode())
    subjects = [
        Subject(number, kind, subject_id, 1, head)
        for number, (kind, subject_id) in enumerate(genesis_subjects(genesis))
    ]
    tip = Tip(0, genesis.at, len(subjects), [], tree_of([]))
    for subject in subjects:
        _set_head(tip, subject, block_of)
    return tip, _append(tip, record, subjects[0]), subjects


def _set_head(tip: Tip, subject: Subject, block_of: BlockOf) -> None:
    number, place_in_block = divmod(subject.number, BLOCK)
    block = block_of(number)
    block.put(place_in_block, subject.leaf())
    tip.tree = with_block(tip.tree, number, block.root)


def _append(tip: Tip, record: Record, subject: Subject) -> Placed:
    """The log's next leaf; the record is the head of its subject."""
    heads = tip.heads_root
    nodes = append_leaf(tip.size, tip.peaks, log_leaf_of(heads, subject.head))
    tip.size, tip.time = tip.size + 1, record.time
    return Placed(record, heads, subject, nodes)
