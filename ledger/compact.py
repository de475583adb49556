"""The envelope of everything that is signed: three base64url parts with dots between them.

RFC 7515 (JWS Compact Serialization), RFC 9864 (`Ed25519`), under the narrow rules of this ledger: the header
has exactly `alg`, `kid` and `typ`, so that `crit`, `b64`, `jwk` and the like are refused by being there, and
the algorithm is never chosen from the header. An entry's third part is a signature, or its place in a signed
batch (`ledger.signed_batch`). No signature is checked here (see `ledger.signing`).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple

from ledger.encoding import MAX_ENTRY_BYTES, b64u, parse_json, unb64u
from ledger.errors import Malformed
from ledger.signed_batch import open_part

ALGORITHM = "Ed25519"
HEADER_MEMBERS = {"alg", "kid", "typ"}
ENTRY_TYP = "yaoshi-entry"
_SIGNATURE_BYTES = 64
_MAX_KID = 64
_USUAL_HEADER = 160


class Compact(NamedTuple):
    """A well-formed envelope whose signature nobody has checked yet; `message` is what it is over."""

    kid: str
    typ: str
    payload: dict[str, Any]
    signing_input: bytes
    message: bytes
    signature: bytes

    @property
    def id(self) -> str:
        """Hex SHA-256 of `header.payload`; the signature is outside, for some browsers randomise it."""
        return hashlib.sha256(self.signing_input).hexdigest()


class Parts(NamedTuple):
    """An envelope taken apart: the header as it stands in the text, payload and third part decoded."""

    text: str
    signing_input: bytes
    header: str
    payload: bytes
    third: bytes


def split_compact(text: str) -> Parts:
    """Take an envelope of at most 32 KiB apart.

    Raises Malformed(too-long, compact-form, encoding-not-canonical).
    """
    if len(text) > MAX_ENTRY_BYTES:
        raise Malformed("too-long", f"more than {MAX_ENTRY_BYTES} bytes")
    parts = text.split(".")
    if len(parts) != 3:
        raise Malformed("compact-form", "three parts with dots between them are wanted")
    payload, third = unb64u(parts[1]), unb64u(parts[2])
    try:
        signing_input = text[: len(parts[0]) + 1 + len(parts[1])].encode("ascii")
    except UnicodeEncodeError:
        raise Malformed("encoding-not-canonical", "not base64url") from None
    return Parts(text, signing_input, parts[0], payload, third)


def join_compact(header: bytes, payload: bytes, third: bytes) -> Parts:
    """The envelope of these decoded parts; whoever reads it checks them."""
    head = _remembered_text(header) if len(header) <= _USUAL_HEADER else b64u(header)
    signing_input = f"{head}.{b64u(payload)}"
    return Parts(f"{signing_input}.{b64u(third)}", signing_input.encode("ascii"), head, payload, third)


def read_compact(parts: Parts, typ: str | None = None, message: bytes | None = None) -> Compact:
    """Check what stands in the parts of an envelope; see `parse_compact`."""
    text, signing_input, header, payload, third = parts
    if len(text) > MAX_ENTRY_BYTES:
        raise Malformed("too-long", f"more than {MAX_ENTRY_BYTES} bytes")
    kid, found = _remembered_header(header) if len(header) <= _USUAL_HEADER else _header(header)
    if typ is not None and found != typ:
        raise Malformed("typ-wrong", f"typ is not {typ}")
    said = parse_json(payload)
    if len(third) == _SIGNATURE_BYTES:
        return Compact(kid, found, said, signing_input, signing_input, third)
    if found != ENTRY_TYP:
        raise Malformed("signature-length", "a signature has 64 bytes")
    if message is not None:
        return Compact(kid, found, said, signing_input, message, third[-_SIGNATURE_BYTES:])
    message, signature = open_part(third, signing_input)
    return Compact(kid, found, said, signing_input, message, signature)


def parse_compact(text: str, typ: str | None = None) -> Compact:
    """Split and check an envelope of at most 32 KiB; `typ` None accepts every type.

    Raises Malformed with too-long, compact-form, encoding-not-canonical, header-wrong, alg-wrong, typ-wrong,
    signature-length, batch-form, or a code of `parse_json`.
    """
    return read_compact(split_compact(text), typ)


def _header(text: str) -> tuple[str, str]:
    """kid and typ."""
    header = parse_json(unb64u(text))
    if header.keys() != HEADER_MEMBERS:
        raise Malformed("header-wrong", "the header has exactly alg, kid and typ")
    if header["alg"] != ALGORITHM:
        raise Malformed("alg-wrong", f"alg is {ALGORITHM}")
    kid, found = header["kid"], header["typ"]
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID or not isinstance(found, str):
        raise Malformed("header-wrong", "kid and typ are short texts")
    return kid, found


# A key signs many entries under one header; the same text always has the same two words in it.
_remembered_header = lru_cache(maxsize=4096)(_header)
_remembered_text = lru_cache(maxsize=4096)(b64u)
