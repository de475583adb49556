"""Finds the security labels of a resource, and writes them into it.

FHIR R4 security labels (Resource.meta.security): v3-Confidentiality U<L<M<N<R<V and v3-ActCode sensitivities;
both are read wherever either is written, v3-ActCode is written. A sensitivity that our code table finds is
stated as that code and R. Only reports, documents, encounters and provenances take labels from others
(inheritance).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from consent.vocabulary import ACT_CODE, CONFIDENTIALITY, CONFIDENTIALITY_OPEN, RESTRICTED, SENSITIVITY
from gateway.records.labelling.label_codes import ATC, ICD_10, LOINC, RXNORM, SNOMED

_HEIGHTS = frozenset({RESTRICTED, "V"})
_CONFIDENTIALITY_CODES = CONFIDENTIALITY_OPEN | _HEIGHTS
_LONGEST = 255  # characters of labels in the store
LABEL_SYSTEMS = frozenset(
    {
        CONFIDENTIALITY,
        ACT_CODE,
        "http://hl7.org/fhir/v3/Confidentiality",
        "http://hl7.org/fhir/v3/ActCode",
        "urn:oid:2.16.840.1.113883.5.25",
        "urn:oid:2.16.840.1.113883.5.4",
    }
)
_BY_CODE: Mapping[str, Mapping[str, str]] = {
    "http://snomed.info/sct": SNOMED,
    "http://loinc.org": LOINC,
    "http://www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
}
_ATC_SYSTEMS = frozenset({"http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"})
_ICD_10_OIDS = frozenset({"urn:oid:2.16.840.1.113883.6.3", "urn:oid:2.16.840.1.113883.6.90"})

Coding = tuple[str, str]  # system, code


def own_labels(resource: dict[str, Any], codings: Iterable[Coding]) -> frozenset[str]:
    """The labels that a resource has by its own codes and by what its sender wrote into it."""
    found = {label for coding in codings if (label := label_of(coding))}
    return bounded(_without_own_height(stated_labels(resource) | _stated_of_document(resource) | found))


def judged_anew(resource: dict[str, Any], own: frozenset[str], codings: Iterable[Coding]) -> frozenset[str]:
    """The own labels of a stored record by today's code table.

    What it had stays, for its text no longer tells what was its own and what it took from others; `codings`
    are those outside of meta.
    """
    found = own_labels({name: value for name, value in resource.items() if name != "meta"}, codings)
    return bounded(_without_own_height(own | found))


def bounded(labels: frozenset[str]) -> frozenset[str]:
    """The labels, or V alone when there are more than the store can hold: no sender means so many."""
    return labels if len(joined(labels)) <= _LONGEST else frozenset({"V"})


def label_of(coding: Coding) -> str | None:
    """The sensitivity of one clinical code, None when it has none."""
    system, code = coding
    if system in LABEL_SYSTEMS:  # written elsewhere than in meta.security, as in what is contained
        return code if code in SENSITIVITY or code in _HEIGHTS else None
    table = _BY_CODE.get(system)
    if table is not None:
        return table.get(code)
    if system in _ATC_SYSTEMS:
        return _by_prefix(ATC, code)
    if "icd-10" in system.lower() or system in _ICD_10_OIDS:
        return _by_prefix(ICD_10, code)
    return None


def _by_prefix(table: Mapping[str, str | None], code: str) -> str | None:
    code = code.upper()
    for length in range(min(len(code), 7), 0, -1):
        if code[:length] in table:
            return table[code[:length]]
    return None


def stated_labels(resource: dict[str, Any]) -> frozenset[str]:
    """The labels written in meta.security that a consent decision must look at.

    A code that nobody knows is kept, which closes the record.
    """
    meta = resource.get("meta")
    return _stated(meta.get("security") if isinstance(meta, dict) else None)


def _stated(codings: Any) -> frozenset[str]:
    codes = {
        coding["code"]
        for coding in (codings if isinstance(codings, list) else [])
        if isinstance(coding, dict)
        and coding.get("system") in LABEL_SYSTEMS
        and type(coding.get("code")) is str
    }
    codes = {code if code.isalnum() and len(code) <= 32 else "V" for code in codes}
    return _without_own_height(codes - CONFIDENTIALITY_OPEN)


def _stated_of_document(resource: dict[str, Any]) -> frozenset[str]:
    """What DocumentReference.securityLabel and Composition.confidentiality say, as meta.security would."""
    if resource.get("resourceType") == "Composition":
        return _stated([{"system": CONFIDENTIALITY, "code": resource.get("confidentiality")}])
    if resource.get("resourceType") != "DocumentReference":
        return frozenset()
    written = resource.get("securityLabel")
    concepts = [each for each in written if isinstance(each, dict)] if isinstance(written, list) else []
    codings = [each["coding"] for each in concepts if isinstance(each.get("coding"), list)]
    return _stated([each for some in codings for each in some])


def add_stated(resource: dict[str, Any], meta: Any) -> None:
    """Writes the labels of the Bundle that a resource came in (its `meta`) into the resource too."""
    labels = stated_labels({"meta": meta})
    if labels and isinstance(resource.get("meta", {}), dict):
        with_labels(resource, labels | stated_labels(resource))


def _without_own_height(labels: set[str] | frozenset[str]) -> frozenset[str]:
    # R beside a sensitivity is that sensitivity's height and no further lock; R alone is one.
    return frozenset(labels - {RESTRICTED} if labels - _CONFIDENTIALITY_CODES else labels)


def joined(labels: Iterable[str]) -> str:
    """Labels as the store keeps them."""
    return " ".join(sorted(labels))


def with_labels(resource: dict[str, Any], labels: frozenset[str]) -> None:
    """Writes labels into meta.security: other systems' codings stay, ours are stated anew."""
    meta = resource.setdefault("meta", {})
    written = meta.get("security")
    others = [
        coding for coding in (written if isinstance(written, list) else [])
        if not (isinstance(coding, dict) and coding.get("system") in LABEL_SYSTEMS)
    ]  # fmt: skip
    stated = _codings(labels)
    if others or stated:
        meta["security"] = others + stated
    else:
        meta.pop("security", None)


def _codings(labels: frozenset[str]) -> list[dict[str, str]]:
    heights = labels & _CONFIDENTIALITY_CODES
    sensitivities = labels - _CONFIDENTIALITY_CODES
    height = "V" if "V" in heights else RESTRICTED if labels else None
    return [{"system": CONFIDENTIALITY, "code": height}] * bool(height) + [
        {"system": ACT_CODE, "code": code} for code in sorted(sensitivities)
    ]
