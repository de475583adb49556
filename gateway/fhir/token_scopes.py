"""Reads SMART v2 scopes and narrows them to what a grant can hold.

SMART App Launch 2.2.0 "scopes and launch context". Only ``system/<Type|*>.<r s>``: this door has no writes.
Not here: the patient's scope (consent.scope). Token scopes never widen a grant; they only narrow a token.
A scope with a restriction (``?category=…``), unknown letters or letters out of order is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SCOPE = re.compile(r"system/(\*|[A-Za-z]+)\.([a-z*]+)")
_V2_ORDER = "cruds"
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
_SERVED = "rs"

TYPES_OF_KIND: dict[str, tuple[str, ...]] = {
    "laboratory": ("Observation", "DiagnosticReport"),
    "vital-signs": ("Observation",),
    "imaging": ("Observation", "DiagnosticReport", "ImagingStudy"),
    "medication": ("MedicationRequest",),
    "allergy": ("AllergyIntolerance",),
    "condition": ("Condition",),
    "immunization": ("Immunization",),
    "procedure": ("Procedure",),
    "document": ("DiagnosticReport", "DocumentReference"),
    "encounter": ("Encounter",),
    "order": ("ServiceRequest",),
    "other": ("Observation", "Provenance"),
}


def types_of_scope(kinds: Iterable[str], records: Iterable[str], served: Iterable[str]) -> tuple[str, ...]:
    """Types that a patient's scope can hold, among those served; Patient is always one (demographics)."""
    held = {"Patient"} | {name for kind in kinds for name in TYPES_OF_KIND.get(kind, ())}
    held |= {record.partition("/")[0] for record in records}
    return tuple(sorted(held & set(served)))


def narrow(asked: str, types: Iterable[str]) -> tuple[str, ...]:
    """The scopes granted of those asked, one a type, in v2 form ``system/Observation.rs``; maybe none."""
    verbs: dict[str, set[str]] = {}
    for word in asked.split():
        match = _SCOPE.fullmatch(word)
        letters = _letters(match.group(2)) if match else ""
        for name in types:
            if match and match.group(1) in ("*", name):
                verbs.setdefault(name, set()).update(letters)
    narrowed = [
        (name, "".join(letter for letter in _SERVED if letter in verbs[name])) for name in sorted(verbs)
    ]
    return tuple(f"system/{name}.{letters}" for name, letters in narrowed if letters)


def types_of_token(token_scopes: str) -> tuple[str, ...]:
    """Resource types that a token answer's scope lets one search."""
    found = (_SCOPE.fullmatch(word) for word in token_scopes.split())
    return tuple(match.group(1) for match in found if match and "s" in match.group(2))


def allows(token_scopes: str, resource_type: str, verb: str) -> bool:
    """Whether a token's granted scopes hold ``verb`` ("r" or "s") for the type."""
    found = (_SCOPE.fullmatch(word) for word in token_scopes.split())
    return any(match and match.group(1) == resource_type and verb in match.group(2) for match in found)


def _letters(stated: str) -> str:
    """v1 words become v2 letters; letters out of order or unknown give none."""
    letters = _V1.get(stated, stated)
    positions = [_V2_ORDER.find(letter) for letter in letters]
    return letters if -1 not in positions and positions == sorted(set(positions)) else ""
