"""A receipt is what somebody keeps to prove, offline, that the ledger took their entry.

JSON {"record", "heads", "inclusion": [...], "checkpoint"}: binary in base64url, the checkpoint a signed note.
Log leaf data = heads root after the record (32) || SHA-256(record) (32).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint_text
from ledger.encoding import b64u, unb64u
from ledger.entry import Entry, parse_entry
from ledger.errors import Malformed
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.record import Record, decode_record, record_hash

MAX_PROOF_HASHES = 63
_MEMBERS = {"record", "heads", "inclusion", "checkpoint"}


@dataclass(frozen=True, slots=True)
class Proven:
    """A record that a checkpoint includes, and the entry in it (form checked, signature not)."""

    record: Record
    entry: Entry
    checkpoint: Checkpoint


def log_leaf(heads: bytes, record: bytes) -> bytes:
    """The leaf hash of a record (its bytes) in the log, with the heads root after it."""
    return log_leaf_of(heads, record_hash(record))


def log_leaf_of(heads: bytes, hashed: bytes) -> bytes:
    """As `log_leaf`, of a record whose hash is known."""
    return leaf_hash(heads + hashed)


def format_receipt(
    record: bytes, heads: bytes, inclusion: Sequence[bytes], checkpoint: str
) -> dict[str, Any]:
    """The receipt document."""
    return {
        "record": b64u(record),
        "heads": b64u(heads),
        "inclusion": [b64u(value) for value in inclusion],
        "checkpoint": checkpoint,
    }


def open_receipt(receipt: object, origin: str, key: bytes) -> Proven:
    """Verify a receipt against the checkpoint key of a ledger.

    Raises Malformed with receipt-form, receipt-inclusion, or a code of what stands inside.
    """
    form = _form(receipt)
    return _included(form, open_checkpoint(form["checkpoint"], origin, key))


def read_receipt(receipt: object, origin: str) -> Proven:
    """What a receipt says, without asking who signed its checkpoint: others have to show that size and root.

    Raises Malformed with receipt-form, receipt-inclusion, checkpoint-origin, or a code of what stands inside.
    """
    form = _form(receipt)
    checkpoint = parse_checkpoint_text(form["checkpoint"].partition("\n\n")[0] + "\n")
    if checkpoint.origin != origin:
        raise Malformed("checkpoint-origin", "a checkpoint of another log")
    return _included(form, checkpoint)


def _form(receipt: object) -> dict[str, Any]:
    if not isinstance(receipt, dict) or receipt.keys() != _MEMBERS:
        raise Malformed("receipt-form", "members of a receipt")
    proof, note = receipt["inclusion"], receipt["checkpoint"]
    if not isinstance(proof, list) or len(proof) > MAX_PROOF_HASHES or not isinstance(note, str):
        raise Malformed("receipt-form", "a list of hashes and a note are wanted")
    return receipt


def _included(receipt: dict[str, Any], checkpoint: Checkpoint) -> Proven:
    proof = receipt["inclusion"]
    data, heads = unb64u(receipt["record"]), unb64u(receipt["heads"], 32)
    record = decode_record(data)
    hashes = [unb64u(value, 32) for value in proof]
    if not verify_inclusion(log_leaf(heads, data), record.index, checkpoint.size, hashes, checkpoint.root):
        raise Malformed("receipt-inclusion", "the checkpoint does not include the record")
    try:
        entry = parse_entry(record.entry.decode("ascii"))
    except UnicodeDecodeError:
        raise Malformed("receipt-form", "the record holds no entry") from None
    return Proven(record, entry, checkpoint)
