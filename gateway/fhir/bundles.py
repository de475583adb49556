"""Writes the JSON of searchset Bundles around stored resources, byte for byte as they are stored.

FHIR R4 4.0.1 Bundle (bdl-1..bdl-11). Stored texts are joined, never parsed: it is faster, and a decimal
such as 2.00 leaves as it came. Not here: which resources may be in it (gateway.disclosure).
"""

from __future__ import annotations

import json

from gateway.records.searching.search import Page

# An entry of search mode "outcome": the client may ask for smaller pages. It speaks of what is granted alone.
_CUT_SHORT = json.dumps(
    {
        "resource": {
            "resourceType": "OperationOutcome",
            "issue": [
                {
                    "severity": "warning",
                    "code": "too-costly",
                    "diagnostics": "More comes along with these matches than one page holds. Lower _count.",
                }
            ],
        },
        "search": {"mode": "outcome"},
    }
)


def searchset(fhir_base: str, page: Page, self_url: str, next_url: str | None) -> str:
    """The Bundle's JSON text; ``total`` counts what the scope covers and is absent when the page has none."""
    head = '{"resourceType":"Bundle","type":"searchset"'
    total = "" if page.total is None else f',"total":{page.total}'
    links = [("self", self_url)] + ([("next", next_url)] if next_url else [])
    link = ",".join(f'{{"relation":"{name}","url":{json.dumps(url)}}}' for name, url in links)
    entries = _entries(fhir_base, page) if page.records else ""
    return f'{head}{total},"link":[{link}]{entries}}}'


def _entries(fhir_base: str, page: Page) -> str:
    # Type and id are FHIR ids (letters, digits, dot, hyphen): they need no escaping in JSON.
    entries = [
        f'{{"fullUrl":"{fhir_base}/{record.type}/{record.id}","resource":{record.json_text},'
        f'"search":{{"mode":"{record.mode}"}}}}'
        for record in page.records
    ]
    if page.cut_short:
        entries.append(_CUT_SHORT)
    return f',"entry":[{",".join(entries)}]'
