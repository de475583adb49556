"""State documents: JSON text in the store, and in memory values of which each reader gets a copy of its own.

The rules may change what they read, so nobody is ever given what the memory holds. What it holds is always
what JSON makes of a document: a node that read it from its store and one that never stopped see the same.
"""

from __future__ import annotations

import json
from typing import Any

from ledger.registry import Document

# Without the checks of json.loads and json.dumps, which are made for texts from elsewhere.
_scan = json.JSONDecoder().raw_decode
_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_PLAIN = frozenset({str, int, bool, type(None)})


def load_document(text: str) -> Document:
    """A stored state document, a fresh copy for its reader."""
    document: Document = _scan(text)[0]
    return document


def dump_document(document: Document) -> str:
    """A state document as stored: JSON text that no hash covers."""
    return _dump(document)


def kept(document: Document) -> Document:
    """A document as a memory may hold it, apart from the one that was given."""
    if all(type(name) is str and type(value) in _PLAIN for name, value in document.items()):
        return document.copy()
    return load_document(dump_document(document))


def copy_of(document: Document) -> Document:
    """A copy of a document that a memory holds; twice to ten times as fast as reading its text."""
    found = document.copy()
    for name, value in document.items():
        if type(value) is dict or type(value) is list:
            found[name] = _copied(value)
    return found


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return copy_of(value)
    return [_copied(one) for one in value] if type(value) is list else value
