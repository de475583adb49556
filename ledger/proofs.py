"""What a phone gets to check its own link completely: one answer, at one size, about nobody else's link.

docs/formats/wallet-api.md, timeline: checkpoint, consistency with the one the phone kept, the newest leaf
that binds the heads root, the link's head with its inclusion, every record of its chain with inclusion, and
the registry (operators and institutions) whole, so that each signature can be judged as of its index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.encoding import b64u
from ledger.merkle import inclusion_proof
from ledger.record import record_hash

if TYPE_CHECKING:
    from ledger.heads import Subject
    from ledger.view import View


def link_proof(view: View, subject_id: str, kept_size: int | None) -> dict[str, Any] | None:
    """The proof of one subject; `kept_size` is the checkpoint that the phone kept, within 1..size or none."""
    subject = view.subject(subject_id)
    if subject is None:
        return None
    chain = view.chain(subject_id)
    newest = next(view.records(view.size - 1, 1))
    read = view.node_reader([row.index for row in chain] + [newest.index])
    kept = kept_size if kept_size is not None and 1 <= kept_size <= view.size else view.size

    def included(index: int) -> list[str]:
        return [b64u(value) for value in inclusion_proof(index, view.size, read)]

    return {
        "checkpoint": view.checkpoint(),
        "consistency": [b64u(value) for value in view.consistency(kept)],
        "newest": {
            "heads": b64u(newest.heads),
            "record_hash": b64u(record_hash(newest.record_bytes)),
            "inclusion": included(newest.index),
        },
        "head": _head(view, subject),
        "records": [
            {"record": b64u(row.record_bytes), "heads": b64u(row.heads), "inclusion": included(row.index)}
            for row in chain
        ],
        "registry": _registry(view),
    }


def registry_proof(view: View) -> dict[str, Any]:
    """Every record of operators and institutions, and the heads root in which their chains must end."""
    newest = next(view.records(view.size - 1, 1))
    return {"heads": b64u(newest.heads), **_registry(view)}


def _registry(view: View) -> dict[str, Any]:
    subjects = view.registry_subjects()
    records = {row.index: row.record_bytes for subject in subjects for row in view.chain(subject.id)}
    return {
        "subjects": [_head(view, subject) for subject in subjects],
        "records": [b64u(records[index]) for index in sorted(records)],
    }


def _head(view: View, subject: Subject) -> dict[str, Any]:
    return {
        "number": subject.number,
        "type": subject.type,
        "id": subject.id,
        "seq": subject.seq,
        "head": b64u(subject.head),
        "proof": [b64u(value) for value in view.head_proof(subject.number)],
    }
