"""A checkpoint is the ledger's signed statement of how long its log is and what it contains, all in one hash.

C2SP tlog-checkpoint v1.0.0 without extension lines: origin, size, base64 root; signed by the operator's
checkpoint key twice: type 01 over the text, and a cosignature (type 04) whose time says when it was
served, for freshness.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.encoding import b64, unb64
from ledger.errors import Malformed
from ledger.note import COSIGNATURE, ED25519, Verifier, format_note, open_note, signature_line
from ledger.signing import public_key

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log; `time` in seconds is when its signer last vouched for it, if it did."""

    origin: str
    size: int
    root: bytes
    time: int | None = None


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The three lines that are signed."""
    return f"{origin}\n{size}\n{b64(root)}\n"


def parse_checkpoint_text(text: str) -> Checkpoint:
    """Origin, size and root of a checkpoint without extension lines. Raises Malformed(checkpoint-form)."""
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or lines[3] or not _SIZE.fullmatch(lines[1]):
        raise Malformed("checkpoint-form", "three lines are wanted: origin, size, root")
    root = unb64(lines[2])
    if len(root) != 32 or int(lines[1]) > MAX_SIZE:
        raise Malformed("checkpoint-form", "size or root out of range")
    return Checkpoint(lines[0], int(lines[1]), root)


def sign_checkpoint(seed: bytes, origin: str, size: int, root: bytes, time: int) -> str:
    """The checkpoint note; `time` in ms UTC is when it is served."""
    text, key = checkpoint_text(origin, size, root), public_key(seed)
    return format_note(
        text,
        [
            signature_line(seed, Verifier(origin, ED25519, key), text),
            signature_line(seed, Verifier(origin, COSIGNATURE, key), text, time // 1000),
        ],
    )


def open_checkpoint(note: str, origin: str, key: bytes) -> Checkpoint:
    """The checkpoint of `origin` signed by `key` in both forms.

    Raises Malformed with note-form, note-signature, checkpoint-form or checkpoint-origin.
    """
    verifiers = [Verifier(origin, ED25519, key), Verifier(origin, COSIGNATURE, key)]
    text, signed = open_note(note, verifiers)
    checkpoint = parse_checkpoint_text(text)
    if checkpoint.origin != origin:
        raise Malformed("checkpoint-origin", "a checkpoint of another log")
    if {line.verifier.type for line in signed} != {ED25519, COSIGNATURE}:
        raise Malformed("note-signature", "signature and cosignature are wanted")
    time = max(line.time for line in signed if line.time is not None)
    return Checkpoint(origin, checkpoint.size, checkpoint.root, time)
