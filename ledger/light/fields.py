"""Reads the few kinds of value that a block header is made of, each in its one form.

The JSON is that of CometBFT 0.38's RPC: 64-bit numbers as decimal text, hashes in upper-case hexadecimal,
keys and signatures in base64 with padding, times as RFC 3339 in UTC with up to nine digits of a second. The
bytes under hashes and signatures are Protocol Buffers (proto3: what is zero or empty is left out).
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.encoding import MAX_INTEGER, unb64
from ledger.errors import Malformed
from ledger.protobuf import int_field

HASH_BYTES = 32
ADDRESS_BYTES = 20
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{0,8}[1-9]))?Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A block's time: seconds since 1970 UTC, and nanoseconds within the second."""

    seconds: int
    nanos: int

    @property
    def ms(self) -> int:
        """Milliseconds UTC, rounded down: the time that the ledger's records have."""
        return self.seconds * 1000 + self.nanos // 1_000_000

    def encode(self) -> bytes:
        """google.protobuf.Timestamp."""
        return int_field(1, self.seconds) + int_field(2, self.nanos)


def form(holds: bool, what: str) -> None:
    """Raises Malformed(light-form) unless it holds."""
    if not holds:
        raise Malformed("light-form", what)


def read_object(value: object, wanted: Set[str], extra: Set[str] = frozenset()) -> dict[str, Any]:
    """An object with exactly these members; those of `extra` may be there. Raises Malformed(light-form)."""
    if not isinstance(value, dict) or not wanted <= value.keys() <= wanted | extra:
        raise Malformed("light-form", f"an object with {', '.join(sorted(wanted))}")
    return value


def read_text(value: object, longest: int) -> str:
    """A short text. Raises Malformed(light-form)."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isascii():
        raise Malformed("light-form", "a short text")
    return value


def read_number(value: object) -> int:
    """A whole number from 0 that is written as decimal text. Raises Malformed(light-form)."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or int(value) > MAX_INTEGER:
        raise Malformed("light-form", "a whole number as text")
    return int(value)


def read_small(value: object) -> int:
    """A whole number of 31 bits that is written as a number. Raises Malformed(light-form)."""
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise Malformed("light-form", "a small whole number")
    return value


def read_hex(value: object, length: int, *, empty: bool = False) -> bytes:
    """Bytes in upper-case hexadecimal; with `empty`, none at all is right, too.

    Raises Malformed(light-form).
    """
    if empty and value == "":
        return b""
    if not isinstance(value, str) or len(value) != 2 * length or value.strip("0123456789ABCDEF"):
        raise Malformed("light-form", f"{length} bytes in upper-case hexadecimal")
    return bytes.fromhex(value)


def read_base64(value: object, length: int) -> bytes:
    """Bytes in canonical base64. Raises Malformed(light-form)."""
    try:
        data = unb64(value) if isinstance(value, str) else b""
    except Malformed:
        data = b""
    form(len(data) == length, f"{length} bytes in base64")
    return data


def read_time(value: object) -> Moment:
    """A time without trailing zeros. Raises Malformed(light-form)."""
    found = _TIME.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    if found is None:
        raise Malformed("light-form", "a time in UTC")
    try:
        whole = datetime.fromisoformat(found[1]).replace(tzinfo=UTC) - _EPOCH
    except ValueError:
        raise Malformed("light-form", "a time that does not exist") from None
    return Moment(whole.days * 86_400 + whole.seconds, int((found[2] or "").ljust(9, "0")))
