"""A signed note is a short text with the signatures of those who stand behind it, in one line each.

C2SP signed-note v1.0.0: text, blank line, lines "— <name> <base64(key id[4] || signature)>". Types 01
(Ed25519) and 04 (cosignature/v1); a line of an unknown key is passed over, a line of a known key must
verify. What the text says is not here (`ledger.checkpoint`).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.encoding import b64, unb64
from ledger.errors import Malformed
from ledger.signing import sign, verify

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
_TIME = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A named key that notes are checked against; `type` 01 or 04, `key` 32 bytes."""

    name: str
    type: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key on a line (C2SP signed-note, Signatures)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.key).digest()[:4]


@dataclass(frozen=True, slots=True)
class Signed:
    """One verified line; `time` (seconds) only for a cosignature."""

    verifier: Verifier
    time: int | None


def format_vkey(verifier: Verifier) -> str:
    """The verifier key text: name+hex(key id)+base64(type || key)."""
    return f"{verifier.name}+{verifier.key_id.hex()}+{b64(bytes([verifier.type]) + verifier.key)}"


def parse_vkey(text: str) -> Verifier:
    """The verifier of a vkey text. Raises Malformed(note-form)."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unb64(encoded)
    if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE) or not _is_name(name):
        raise Malformed("note-form", "not a verifier key")
    verifier = Verifier(name, data[0], data[1:])
    if verifier.key_id.hex() != key_id:
        raise Malformed("note-form", "the key id is not that of the key")
    return verifier


def signature_line(seed: bytes, verifier: Verifier, text: str, time: int | None = None) -> str:
    """The line that signs `text`; a cosignature carries `time` in seconds."""
    if verifier.type == COSIGNATURE:
        if time is None:
            raise ValueError("a cosignature carries a time")
        blob = _TIME.pack(time) + sign(seed, _cosigned(text, time))
    else:
        blob = sign(seed, text.encode())
    return f"— {verifier.name} {b64(verifier.key_id + blob)}\n"


def format_note(text: str, lines: Sequence[str]) -> str:
    """The whole note of a text that ends in a newline and its signature lines."""
    return text + "\n" + "".join(lines)


def open_note(note: str, verifiers: Sequence[Verifier]) -> tuple[str, list[Signed]]:
    """The text and every known key's verified signature.

    Raises Malformed with note-form, or note-signature when a known key fails or none is there.
    """
    text, lines = _split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    found = []
    for line in lines:
        name, blob = _parse_line(line)
        verifier = known.get((name, blob[:4]))
        if verifier is not None:
            found.append(_check_line(verifier, text, blob[4:]))
    if not found:
        raise Malformed("note-signature", "no known key signed the note")
    return text, found


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > MAX_NOTE_BYTES or not note.endswith("\n"):
        raise Malformed("note-form", "too long, or without a final newline")
    if any(char < " " and char != "\n" for char in note):
        raise Malformed("note-form", "a control character")
    head, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")[:-1]
    if not blank or not lines or len(lines) > MAX_SIGNATURES:
        raise Malformed("note-form", "a text, a blank line and 1 to 100 signature lines are wanted")
    return head + "\n", lines


def _parse_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _is_name(parts[1]):
        raise Malformed("note-form", "not a signature line")
    blob = unb64(parts[2])
    if len(blob) < 5:
        raise Malformed("note-form", "a signature line is too short")
    return parts[1], blob


def _check_line(verifier: Verifier, text: str, blob: bytes) -> Signed:
    if verifier.type == ED25519:
        time, message, signature = None, text.encode(), blob
    else:
        time = _TIME.unpack(blob[:8])[0] if len(blob) == 72 else 0
        message, signature = _cosigned(text, time), blob[8:]
    if not verify(verifier.key, message, signature):
        raise Malformed("note-signature", "a known key's signature does not verify")
    return Signed(verifier, time)


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)
