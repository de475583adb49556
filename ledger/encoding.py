"""The one way in which bytes and JSON are written and read on the ledger.

RFC 4648 (base64url without padding in entries, base64 with padding in signed notes), RFC 8259 (JSON), the
subset of RFC 8785 without floats. One meaning has one base64 form: encode(decode(x)) must equal x. JSON is
never re-encoded under a hash; `canonical_json` is only for documents that we write ourselves.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NoReturn

from ledger.errors import Malformed

MAX_ENTRY_BYTES = 32 * 1024
MAX_DEPTH = 8
MAX_INTEGER = 2**53 - 1
_MAX_INTEGER_DIGITS = 17
_HOLDERS = (dict, list, tuple)


def b64u(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str, length: int | None = None) -> bytes:
    """Bytes of canonical base64url without padding; `length` in bytes when it is fixed.

    Raises Malformed(encoding-not-canonical, length-wrong).
    """
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (AttributeError, UnicodeEncodeError, binascii.Error, ValueError):
        raise Malformed("encoding-not-canonical", "not base64url") from None
    if b64u(data) != text:
        raise Malformed("encoding-not-canonical", "not the canonical base64url form")
    if length is not None and len(data) != length:
        raise Malformed("length-wrong", f"{length} bytes wanted, {len(data)} found")
    return data


def b64(data: bytes) -> str:
    """Base64 with padding, as signed notes and tlog proofs use it."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str) -> bytes:
    """Bytes of canonical base64 with padding. Raises Malformed(encoding-not-canonical)."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Malformed("encoding-not-canonical", "not base64") from None
    if b64(data) != text:
        raise Malformed("encoding-not-canonical", "not the canonical base64 form")
    return data


def is_hex(value: object, length: int) -> bool:
    """Whether `value` is exactly `length` lower-case hexadecimal digits."""
    return isinstance(value, str) and len(value) == length and not value.strip("0123456789abcdef")


def canonical_json(value: Any) -> bytes:
    """The bytes that we write for a JSON value: sorted names, no spaces, UTF-8, no floats."""
    _refuse_floats(value)
    return _ENCODER.encode(value).encode("utf-8")


def parse_json(data: bytes, max_bytes: int = MAX_ENTRY_BYTES) -> dict[str, Any]:
    """The one JSON object in `data`: no duplicate names, floats, lone surrogates, or depth beyond 8.

    Raises Malformed with too-long, json-invalid, json-not-object, json-duplicate-key, number-out-of-range,
    number-not-integer, text-not-unicode or too-deep.
    """
    if len(data) > max_bytes:
        raise Malformed("too-long", f"more than {max_bytes} bytes")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except RecursionError:
        raise Malformed("too-deep", f"nested deeper than {MAX_DEPTH}") from None
    except UnicodeDecodeError:
        raise Malformed("text-not-unicode", "not UTF-8") from None
    except json.JSONDecodeError:
        raise Malformed("json-invalid", "not JSON") from None
    if not isinstance(value, dict):
        raise Malformed("json-not-object", "not a JSON object")
    # Only an escape can be a lone surrogate, and what opens so seldom lies no deeper.
    if b"\\u" in data or data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        _check_value(value, 1)
    return value


def _check_value(value: Any, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        if depth > MAX_DEPTH:
            raise Malformed("too-deep", f"nested deeper than {MAX_DEPTH}")
        for name, member in value.items():
            _check_text(name)
            _check_value(member, depth + 1)
    elif isinstance(value, list):
        if depth > MAX_DEPTH:
            raise Malformed("too-deep", f"nested deeper than {MAX_DEPTH}")
        for member in value:
            _check_value(member, depth + 1)


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("text-not-unicode", "a lone surrogate") from None


def _refuse_floats(value: Any) -> None:
    waiting: list[Any] = [(value,)]
    while waiting:
        node = waiting.pop()
        for member in node.values() if isinstance(node, dict) else node:
            kind = type(member)
            if kind is str:  # nearly all of them, and a disclosure's details have hundreds
                continue
            if issubclass(kind, float):
                raise TypeError("floats never stand under a hash")
            if kind is list or issubclass(kind, _HOLDERS):
                waiting.append(member)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise Malformed("json-duplicate-key", "a name stands twice in one object")
    return names


def _bounded_integer(digits: str) -> int:
    if len(digits) > _MAX_INTEGER_DIGITS or not -MAX_INTEGER <= int(digits) <= MAX_INTEGER:
        raise Malformed("number-out-of-range", "an integer beyond 2^53-1")
    return int(digits)


def _no_float(_digits: str) -> NoReturn:
    raise Malformed("number-not-integer", "only integers are allowed")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_names,
    parse_int=_bounded_integer,
    parse_float=_no_float,
    parse_constant=_no_float,
)
