"""Reads from a picture's first bytes what it claims to be, before any decoder sees it.

PNG (ISO/IEC 15948, IHDR), JPEG (ITU-T T.81, frame header), WebP (RFC 9649, VP8, VP8L, VP8X). A picture that
would unpack to gigabytes says so here; one that says something else is refused by the decoder later. Not
here: pixels (gateway.qr.decode).
"""

from __future__ import annotations

from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xDA)})


class Head(NamedTuple):
    """`form` as Pillow calls it: JPEG, PNG or WEBP; size in pixels."""

    form: str
    width: int
    height: int


def head_of(data: bytes) -> Head | None:
    """What the picture claims to be; None when it is none of the three."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR":
        return _head("PNG", _big(data, 16, 4), _big(data, 20, 4))
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _head(form: str, width: int, height: int) -> Head | None:
    return Head(form, width, height) if width > 0 and height > 0 else None


def _jpeg(data: bytes) -> Head | None:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return _head("JPEG", _big(data, at + 7, 2), _big(data, at + 5, 2))
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            at += 2 + _big(data, at + 2, 2)
    return None


def _webp(data: bytes) -> Head | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return _head("WEBP", _little(data, 24, 3) + 1, _little(data, 27, 3) + 1)
    if kind == b"VP8L" and data[20:21] == b"\x2f":
        bits = _little(data, 21, 4)
        return _head("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return _head("WEBP", _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF)
    return None


def _big(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size])


def _little(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
