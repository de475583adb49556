"""Checks a link's proof as its phone does: newest leaf, heads, each record under one checkpoint."""

from __future__ import annotations

from typing import Any

from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.encoding import unb64u
from ledger.heads import Subject
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.receipt import log_leaf
from ledger.record import decode_record, record_hash
from ledger.signing import public_key
from tests.ledger import world

CHECKPOINT_KEY = public_key(world.CHECKPOINT_SEED)


def check_link_proof(proof: dict[str, Any]) -> Checkpoint:
    """The checkpoint of a link's proof, when everything in it fits together."""
    checkpoint = open_checkpoint(proof["checkpoint"], "localhost:8080/ledger", CHECKPOINT_KEY)
    newest = proof["newest"]
    leaf = _leaf(unb64u(newest["heads"]), unb64u(newest["record_hash"]))
    path = [unb64u(value) for value in newest["inclusion"]]
    assert verify_inclusion(leaf, checkpoint.size - 1, checkpoint.size, path, checkpoint.root)
    for head in (proof["head"], *proof["registry"]["subjects"]):
        _check_head(head, unb64u(newest["heads"]))
    for one in proof["records"]:
        data = unb64u(one["record"])
        path = [unb64u(value) for value in one["inclusion"]]
        index = decode_record(data).index
        leaf = log_leaf(unb64u(one["heads"]), data)
        assert verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
    assert record_hash(unb64u(proof["records"][-1]["record"])) == unb64u(proof["head"]["head"])
    return checkpoint


def _leaf(heads: bytes, record_digest: bytes) -> bytes:
    return leaf_hash(heads + record_digest)


def _check_head(head: dict[str, Any], heads_root: bytes) -> None:
    subject = Subject(head["number"], head["type"], head["id"], head["seq"], unb64u(head["head"]))
    path = [unb64u(value) for value in head["proof"]]
    length = _tree_size(head["number"], len(path), subject.leaf(), path, heads_root)
    assert length, "the head is included in the heads root"


def _tree_size(number: int, hashes: int, leaf: bytes, path: list[bytes], root: bytes) -> int | None:
    """A number of subjects for which the head's proof holds (the phone takes any)."""
    sizes = range(number + 1, max(2 << hashes, number + 2) + 1)
    return next((size for size in sizes if verify_inclusion(leaf, number, size, path, root)), None)
