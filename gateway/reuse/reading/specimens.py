"""Tells what kind of sample a result was taken from, in the few words that rules compare.

HL7 v2-0487 and SNOMED CT codes, and the words that laboratories print. A sample that is not on the list keeps
its own words: two laboratories that write it alike agree, everything else differs. Serum and plasma, venous
and capillary blood are different kinds.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from gateway.records.elements.facts import values_at

_SNOMED = "http://snomed.info/sct"
_V2 = frozenset({"http://terminology.hl7.org/CodeSystem/v2-0487", "http://hl7.org/fhir/v2/0487"})
_BY_SNOMED = MappingProxyType(
    {
        "119364003": "serum",
        "119361006": "plasma",
        "119297000": "blood",
        "258580003": "blood",
        "122555007": "venous-blood",
        "122552005": "arterial-blood",
        "122554006": "capillary-blood",
        "122575003": "urine",
        "119339001": "stool",
        "258450006": "cerebrospinal-fluid",
    }
)
_BY_V2 = MappingProxyType(
    {
        "SER": "serum",
        "PLAS": "plasma",
        "BLD": "blood",
        "BLDV": "venous-blood",
        "BLDA": "arterial-blood",
        "BLDC": "capillary-blood",
        "UR": "urine",
        "STL": "stool",
        "CSF": "cerebrospinal-fluid",
    }
)
_BY_WORDS = MappingProxyType(
    {
        "血清": "serum",
        "serum": "serum",
        "血浆": "plasma",
        "plasma": "plasma",
        "枸橼酸抗凝血浆": "citrated-plasma",
        "citrated plasma": "citrated-plasma",
        "全血": "blood",
        "血液": "blood",
        "blood": "blood",
        "whole blood": "blood",
        "静脉血": "venous-blood",
        "venous blood": "venous-blood",
        "动脉血": "arterial-blood",
        "arterial blood": "arterial-blood",
        "末梢血": "capillary-blood",
        "capillary blood": "capillary-blood",
        "尿液": "urine",
        "尿": "urine",
        "urine": "urine",
        "随机尿": "random-urine",
        "24小时尿": "24-hour-urine",
        "粪便": "stool",
        "stool": "stool",
    }
)


def specimen_kind(concept: Any, display: str | None = None) -> str | None:
    """The kind of a Specimen.type; else of what the reference to it says; None: not stated."""
    if concept is None:
        return None if display is None else _by_words([display])
    for coding in values_at({"of": concept}, "of.coding"):
        if not isinstance(coding, dict) or not all(
            isinstance(coding.get(name), str) for name in ("system", "code")
        ):
            continue
        known = _BY_V2 if coding["system"] in _V2 else _BY_SNOMED
        found = known.get(coding["code"])
        if found is not None and (known is _BY_V2 or coding["system"] == _SNOMED):
            return found
    texts = [*values_at({"of": concept}, "of.text"), *values_at({"of": concept}, "of.coding.display")]
    return _by_words([*texts, display])


def _by_words(texts: list[Any]) -> str | None:
    for each in texts:
        if isinstance(each, str) and each.strip():
            plain = " ".join(each.split())
            return _BY_WORDS.get(plain.casefold(), plain)
    return None
