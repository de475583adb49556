"""Protocol Buffers as far as ABCI and block headers need them, read strictly and written in the one form.

Standard: the Protocol Buffers encoding (wire types 0, 1, 2, 5; groups are gone). A field that nobody asked
for is skipped, as the standard demands; anything that is not an encoding is `WireFault`. Not here: text,
floats, maps, packed fields; and no schema: `ledger.engine.abci.messages` has the field numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
_2_64 = 1 << 64
Value = int | bytes


class WireFault(Exception):  # noqa: N818
    """The peer's bytes are not the protocol; the connection cannot go on."""


def read_varint(data: bytes | bytearray, at: int, longest: int = _LONGEST_VARINT) -> tuple[int, int] | None:
    """The unsigned varint at `at` and where it ends; None when its end is not there yet."""
    value = 0
    for place in range(longest):
        if at + place >= len(data):
            return None
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if value >= _2_64:
                break
            return value, at + place + 1
    raise WireFault("a varint is too long")


def write_varint(value: int) -> bytes:
    """A whole number as varint; a negative one in two's complement of 64 bits, as int64 has it."""
    value %= _2_64
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Field numbers and values in their order; fixed-width values come as their bytes. Raises WireFault."""
    at = 0
    while at < len(message):
        tag, at = _whole_varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise WireFault("no such field number")
        if wire_type == VARINT:
            value, at = _whole_varint(message, at)
            yield number, value
            continue
        if wire_type == LENGTH:
            size, at = _whole_varint(message, at)
        elif wire_type in _FIXED_SIZES:
            size = _FIXED_SIZES[wire_type]
        else:
            raise WireFault("no such wire type")
        if size > len(message) - at:
            raise WireFault("a field is longer than its message")
        yield number, message[at : at + size]
        at += size


def as_bytes(value: Value) -> bytes:
    """A value that must be length-delimited. Raises WireFault."""
    if not isinstance(value, bytes):
        raise WireFault("bytes were expected")
    return value


def as_int64(value: Value) -> int:
    """A value that must be a varint, read as int64 (or int32). Raises WireFault."""
    if not isinstance(value, int):
        raise WireFault("a varint was expected")
    return value - _2_64 if value >= _2_64 >> 1 else value


def int_field(number: int, value: int) -> bytes:
    """A varint field; nothing for 0, as proto3 has it."""
    return write_varint(number << 3 | VARINT) + write_varint(value) if value else b""


def fixed_field(number: int, value: int) -> bytes:
    """An sfixed64 field; nothing for 0, as proto3 has it."""
    return write_varint(number << 3 | FIXED64) + value.to_bytes(8, "little", signed=True) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """A length-delimited field; nothing when it is empty, as proto3 has it."""
    return message_field(number, value) if value else b""


def message_field(number: int, message: bytes) -> bytes:
    """A nested message, which is there even when it is empty."""
    return write_varint(number << 3 | LENGTH) + write_varint(len(message)) + message


def _whole_varint(message: bytes, at: int) -> tuple[int, int]:
    found = read_varint(message, at)
    if found is None:
        raise WireFault("a message ends within a number")
    return found
