"""Reads the JSON text behind a commitment without JSON's loopholes, and what short texts in it must be.

docs/formats/opening.md. The text is hashed as sent, parsed strictly and never rewritten.
"""

import json
import re
from typing import Any, Never

MAX_DETAILS_BYTES = 65_536
LONGEST_TEXT = 200
_ID = re.compile(r"[0-9a-f]{32}")


def parse_details(text: str) -> object:
    """The JSON value: no name twice, integers only; None for anything else."""
    try:
        if len(text.encode()) > MAX_DETAILS_BYTES:
            return None
        value: object = json.loads(
            text, object_pairs_hook=_unique, parse_float=_no_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError):  # UnicodeEncodeError and JSONDecodeError are ValueErrors
        return None
    return value


def is_text(value: object, longest: int = LONGEST_TEXT, least: int = 1) -> bool:
    """A short text: no control characters or lone surrogates, nothing that a screen hides or turns around."""
    return isinstance(value, str) and least <= len(value) <= longest and (not value or value.isprintable())


def is_id(value: object) -> bool:
    """16 bytes in lower-case hex."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _no_number(_: str) -> Never:
    raise ValueError("only integers")
