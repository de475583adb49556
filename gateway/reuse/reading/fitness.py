"""Tells whether a laboratory said that a sample was not fit: haemolysed, clotted, too little, contaminated.

Read in the result's notes and text value, in Specimen.status, Specimen.condition (HL7 v2-0493) and in the
interpretation. Words are a last resort and err on the side of not reusing; "no haemolysis" is understood.
"""

from __future__ import annotations

import re
from typing import Any

from gateway.records.elements.facts import values_at

Json = dict[str, Any]

_CONDITIONS = frozenset({"AUT", "CLOT", "CON", "HEM", "SNR"})
_WORDS = re.compile(
    r"h(?:a)?emoly[sz]|溶血|insufficient|quantity not sufficient|\bqns\b"
    r"|标本(?:量)?不足|样本(?:量)?不足|量不足"
    r"|clotted|凝块|标本凝固|lip(?:a)?emic|脂血|contaminat|污染|unsuitable|不合格|mislabel|拒收",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:\bno|\bnot|\bwithout|\bnon|\bnegative for|未见|无|未|没有)[\s-]*$", re.IGNORECASE)
_PLACES = ("note.text", "valueString", "interpretation.text", "dataAbsentReason.text")
_SPECIMEN_PLACES = ("note.text", "condition.text", "condition.coding.display")


def is_unfit(resource: Json, specimen: Json | None) -> bool:
    """Whether the sample was called unfit."""
    if specimen is not None:
        if specimen.get("status") in ("unsatisfactory", "entered-in-error"):
            return True
        if any(
            code in _CONDITIONS for code in values_at(specimen, "condition.coding.code") if type(code) is str
        ):
            return True
        if _any_says_unfit(specimen, _SPECIMEN_PLACES):
            return True
    return _any_says_unfit(resource, _PLACES)


def _any_says_unfit(resource: Json, places: tuple[str, ...]) -> bool:
    there = [path for path in places if path.partition(".")[0] in resource]
    return any(_says_unfit(text) for path in there for text in values_at(resource, path))


def _says_unfit(text: object) -> bool:
    if type(text) is not str:
        return False
    return any(_DENIED.search(text, 0, match.start()) is None for match in _WORDS.finditer(text))
