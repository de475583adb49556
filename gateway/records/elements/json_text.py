"""Reads and writes FHIR JSON so that every number keeps the digits it was written with.

RFC 8259, and FHIR R4 section 2.6.2 (decimals keep their precision: 2.0 is not 2.00). A number is a `Number`,
never a float and never a `str`, so a test with `type(x) is str` tells text from number. Refused: duplicate
keys, NaN and Infinity, lone surrogates, control characters, nesting beyond MAX_DEPTH.
"""

import hashlib
import json
import re
from json import encoder
from typing import Any

MAX_DEPTH = 64

_MAY_HOLD_CONTROL = re.compile(r"\\(?:u00[01]|b|f)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Number(str):
    """A JSON number as the characters that were read."""

    __slots__ = ()


class NotJson(ValueError):  # noqa: N818 - a statement about the text, not a failure of ours
    """Text that is no acceptable JSON: a refusal's `code`; `line` and `column` from 1 (0: unknown)."""

    def __init__(self, code: str, detail: str, line: int = 0, column: int = 0) -> None:
        super().__init__(detail)
        self.code, self.detail, self.line, self.column = code, detail, line, column


def parse(text: str) -> Any:
    """The value that JSON text states; raises NotJson."""
    try:
        value = _STRICT.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson("not-json", error.msg, error.lineno, error.colno) from None
    except RecursionError:
        raise NotJson("too-deep", f"Nested deeper than {MAX_DEPTH} levels.") from None
    if _MAY_HOLD_CONTROL.search(text):
        _refuse_control_characters(value)
    return value


def write(value: Any, sort_keys: bool = False) -> str:
    """Compact JSON, numbers as they were read; raises NotJson for text that is not Unicode."""
    encode = _SORTED if sort_keys else _AS_READ
    try:
        text = "".join(encode(value, 0))
        text.encode()
    except RecursionError:
        raise NotJson("too-deep", f"Nested deeper than {MAX_DEPTH} levels.") from None
    except UnicodeEncodeError:
        raise NotJson("text-not-unicode", "A text holds half of a surrogate pair.") from None
    return text


def hash_of(text: str) -> str:
    """Hex SHA-256 of a text's UTF-8 bytes: what a disclosure says of each record that it released."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_constant(name: str) -> Any:
    raise NotJson("not-json", f"{name} is no JSON number.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotJson("duplicate-key", "An object names one member twice.")
    return value


_STRICT = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_object
)


def _refuse_control_characters(value: Any) -> None:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
            waiting.extend(node)
        elif isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, str) and _CONTROL.search(node):
            raise NotJson("control-character", "A text holds a control character (FHIR R4, datatype string).")


def _text(value: str) -> str:
    return _QUOTED(value) if type(value) is str else _AS_IT_STANDS(value)


def _no_other_type(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not a JSON type")


def _encoder(sort_keys: bool) -> Any:
    make = encoder.c_make_encoder
    if make is None:  # another Python than CPython
        raise RuntimeError("This Python has no C encoder for JSON.")
    return make(None, _no_other_type, _text, None, ":", ",", sort_keys, False, False)


# Bound once: this is asked for every string of every record.
_QUOTED, _AS_IT_STANDS = encoder.encode_basestring, str.__str__
_AS_READ = _encoder(sort_keys=False)
_SORTED = _encoder(sort_keys=True)
