"""Reads a searchset Bundle that another institution sent: each resource as the very text that arrived.

FHIR R4 4.0.1 Bundle. What a disclosure's opening names is the hash of a resource's text, so texts are cut out
of the answer and never written anew. Not here: whether the ledger says the same (gateway.peers.verification).
Invariants: a Bundle that is anything else than what was asked for gives nothing at all; of its links only the
cursor is taken, never an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.records.elements.json_text import NotJson, parse

_BLANK = re.compile(r"[ \t\n\r]*")
_LOOSE = json.JSONDecoder(parse_float=str, parse_int=str)  # finds where a value ends; read strictly before
_FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_CURSOR = re.compile(r"[A-Za-z0-9_\-]{1,200}", re.ASCII)


class WrongBundle(ValueError):  # noqa: N818 - a statement about what came, not a failure of ours
    """What came is JSON and not the Bundle that was asked for."""


@dataclass(frozen=True)
class Searchset:
    """``records``: ("Type/id", exact JSON text) in order; ``cursor`` leads to the next page, or is None."""

    records: list[tuple[str, str]]
    cursor: str | None


def read_searchset(text: str, wanted: str, most: int) -> Searchset:
    """The page that a Bundle holds, of resources of the one type wanted.

    Raises NotJson for what is no JSON, WrongBundle for every other page than one that was asked for.
    """
    bundle = parse(text)
    if not isinstance(bundle, dict) or (bundle.get("resourceType"), bundle.get("type")) != (
        "Bundle",
        "searchset",
    ):
        raise WrongBundle("no searchset Bundle")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > most:
        raise WrongBundle("its entries")
    names = [_name(entry, wanted) for entry in entries]
    if len(set(names)) < len(names):
        raise WrongBundle("a resource twice")
    # From here on every entry is an object that holds a resource, once.
    try:
        texts = list(_resource_texts(text)) if entries else []
    except RecursionError:
        raise NotJson("too-deep", "Nested too deeply.") from None
    return Searchset(list(zip(names, texts, strict=True)), _cursor(bundle.get("link", [])))


def _name(entry: Any, wanted: str) -> str:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict) or resource.get("resourceType") != wanted:
        raise WrongBundle("a resource of a type that was not asked for")
    name = resource.get("id")
    if type(name) is not str or not _FHIR_ID.fullmatch(name):
        raise WrongBundle("a resource without an id")
    return f"{wanted}/{name}"


def _cursor(links: Any) -> str | None:
    """The opaque word of the link "next", wherever that link points."""
    if not isinstance(links, list) or not all(isinstance(each, dict) for each in links):
        raise WrongBundle("its links")
    found = [each.get("url") for each in links if each.get("relation") == "next"]
    if not found:
        return None
    if len(found) > 1 or type(found[0]) is not str:
        raise WrongBundle("its next link")
    try:
        words = parse_qs(urlsplit(found[0]).query, max_num_fields=20).get("_cursor", [])
    except ValueError:
        raise WrongBundle("its next link") from None
    if len(words) != 1 or not _CURSOR.fullmatch(words[0]):
        raise WrongBundle("its next link")
    return words[0]


def _resource_texts(text: str) -> Iterator[str]:
    """The text of each entry's resource; of JSON that was read strictly, so no name comes twice."""
    for name, start, _end in _members(text, 0):
        if name != "entry":
            continue
        for first, _last in _items(text, start):
            for part, begin, end in _members(text, first):
                if part == "resource":
                    yield text[begin:end]


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """(name, start, end) of each member of the object at this character."""
    at = _after_blank(text, _after_blank(text, at) + 1)
    while text[at] != "}":
        name, at = _LOOSE.raw_decode(text, at)
        start = _after_blank(text, _after_blank(text, at) + 1)  # past the colon
        _value, end = _LOOSE.raw_decode(text, start)
        yield name, start, end
        at = _after_blank(text, end)
        at = _after_blank(text, at + 1) if text[at] == "," else at


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each item of the list at this character."""
    at = _after_blank(text, _after_blank(text, at) + 1)
    while text[at] != "]":
        _value, end = _LOOSE.raw_decode(text, at)
        yield at, end
        at = _after_blank(text, end)
        at = _after_blank(text, at + 1) if text[at] == "," else at


def _after_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at
