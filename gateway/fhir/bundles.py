"""Writes the JSON of searchset Bundles around stored resources, byte for byte as they are stored.

FHIR R4 4.0.1 Bundle (bdl-1..bdl-11). Stored texts are joined, never parsed: it is faster, and a decimal
such as 2.00 leaves as it came. Not here: which resources may be in it (gateway.disclosure).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from gateway.records.search import Page, Stored


def searchset(fhir_base: str, page: Page, self_url: str, next_url: str | None) -> str:
    """The Bundle's JSON text; ``total`` counts what the scope covers and is absent when the page has none."""
    head = '{"resourceType":"Bundle","type":"searchset"'
    total = "" if page.total is None else f',"total":{page.total}'
    links = [("self", self_url)] + ([("next", next_url)] if next_url else [])
    link = ",".join(f'{{"relation":"{name}","url":{json.dumps(url)}}}' for name, url in links)
    entries = _entries(fhir_base, page.records) if page.records else ""
    return f'{head}{total},"link":[{link}]{entries}}}'


def etag(record: Stored) -> str:
    """The weak ETag of a stored version."""
    return f'W/"{record.version}"'


def matches(if_none_match: str, record: Stored) -> bool:
    """Whether If-None-Match names the stored version: ``W/"3"``, ``"3"``, bare ``3`` or ``*``."""
    stated = {part.strip().removeprefix("W/").strip('"') for part in if_none_match.split(",")}
    return "*" in stated or str(record.version) in stated


def _entries(fhir_base: str, records: Iterable[Stored]) -> str:
    # Type and id are FHIR ids (letters, digits, dot, hyphen): they need no escaping in JSON.
    joined = ",".join(
        f'{{"fullUrl":"{fhir_base}/{record.type}/{record.id}","resource":{record.json_text},'
        '"search":{"mode":"match"}}'
        for record in records
    )
    return f',"entry":[{joined}]'
