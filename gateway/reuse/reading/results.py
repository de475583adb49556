"""Reads laboratory results out of FHIR resources, with all that a reuse rule looks at.

FHIR R4 Observation and DiagnosticReport, with the Specimens that stand beside or inside them. What is
replaced, absent, unfit or imprecise is kept and marked, never dropped: the verdict then names it. Numbers are
texts as written. Not here: which result is offered (consent.reuse).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from consent.reuse.results import Mark, Result, Value
from gateway.records.elements.dates import moment_range
from gateway.records.elements.facts import values_at
from gateway.records.elements.json_text import Number
from gateway.reuse.reading.collection import collection_of
from gateway.reuse.reading.fitness import is_unfit
from gateway.reuse.reading.specimens import specimen_kind

Json = dict[str, Any]

MARKS = "https://yaoshi.example/mutual-recognition"
MARK_SCOPE = "https://yaoshi.example/StructureDefinition/mutual-recognition-scope"
_UCUM = "http://unitsofmeasure.org"
_TYPES = frozenset({"Observation", "DiagnosticReport"})
_REPLACES = frozenset(
    {
        "http://hl7.org/fhir/StructureDefinition/observation-replaces",
        "http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces",
    }
)
_CORRECTED = frozenset({"corrected", "amended", "appended"})


class _Beside(NamedTuple):
    """What other resources say: specimens by reference, statuses of the reports that hold a result."""

    specimens: dict[str, Json]
    reports: dict[str, list[str]]


def results_of(
    resources: Iterable[Json], *, source: str, own: bool, patient: str, grant: str | None = None
) -> tuple[Result, ...]:
    """A Result for each Observation and DiagnosticReport; the rest is read for what it says of them.

    `resources` are of one patient at one institution, as json_text.parse gives them.
    """
    given = [each for each in resources if isinstance(each, dict)]
    beside = _beside(given)
    read = [_result(each, beside, source, own, patient, grant) for each in given if _is_result(each)]
    replaced = _replaced(given, read)
    return tuple(
        replace(each, replaced_by=replaced[each.ref]) if each.ref in replaced else each for each in read
    )


def _beside(resources: list[Json]) -> _Beside:
    specimens = {_ref(each): each for each in resources if each.get("resourceType") == "Specimen"}
    reports: dict[str, list[str]] = {}
    for each in resources:
        if each.get("resourceType") == "DiagnosticReport":
            for target in _texts(each, "result.reference"):
                reports.setdefault(target, []).append(_text(each.get("status")) or "unknown")
    return _Beside(specimens, reports)


def _result(
    resource: Json, beside: _Beside, source: str, own: bool, patient: str, grant: str | None
) -> Result:
    ref = _ref(resource)
    specimen, specimen_name = _specimen(resource, beside.specimens)
    when = collection_of(resource, specimen)
    return Result(
        ref=ref,
        source=source,
        own=own,
        patient=patient,
        codes=frozenset(_codes(resource.get("code"))),
        status=_text(resource.get("status")) or "unknown",
        value=_value(resource),
        absent="dataAbsentReason" in resource,
        unfit=is_unfit(resource, specimen),
        collected=when.at,
        precision=when.precision,
        issued_only=when.issued_only,
        specimen=specimen_kind(None if specimen is None else specimen.get("type"), specimen_name),
        method=_concept_text(resource.get("method")),
        marks=tuple(_marks(resource)),
        members=tuple(_members(resource)),
        reports=tuple(beside.reports.get(ref, ())),
        grant=grant,
    )


def _is_result(resource: Json) -> bool:
    return _text(resource.get("resourceType")) in _TYPES


def _ref(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id', '')}"


def _text(value: object) -> str | None:
    return value if type(value) is str and value else None


def _texts(resource: Json, *paths: str) -> list[str]:
    return [each for path in paths for each in values_at(resource, path) if type(each) is str and each]


def _members(resource: Json) -> list[str]:
    names = [name for name in ("result", "hasMember") if name in resource]
    return [each for name in names for each in _texts(resource, f"{name}.reference")]


def _codes(concept: object) -> Iterable[str]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        if isinstance(coding, dict) and _text(coding.get("code")):
            yield f"{_text(coding.get('system')) or ''}|{coding['code']}"


def _concept_text(concept: object) -> str | None:
    if not isinstance(concept, dict):
        return None
    return _text(concept.get("text")) or next(iter(_texts(concept, "coding.display", "coding.code")), None)


def _specimen(resource: Json, known: dict[str, Json]) -> tuple[Json | None, str | None]:
    """The Specimen that a result names, and what the reference calls it."""
    if "specimen" not in resource:
        return None, None
    references = [each for each in values_at(resource, "specimen") if isinstance(each, dict)]
    if len(references) != 1:  # a report of several samples is of no one kind
        return None, None
    target, name = _text(references[0].get("reference")), _text(references[0].get("display"))
    if target is not None and target.startswith("#"):
        inside = [each for each in values_at(resource, "contained") if isinstance(each, dict)]
        return next((each for each in inside if each.get("id") == target[1:]), None), name
    return known.get(target or ""), name


def _value(resource: Json) -> Value | None:
    """The value as issued; None when there is none."""
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict):
        number = _number(quantity.get("value"))
        unit = _text(quantity.get("code")) if quantity.get("system") == _UCUM else None
        return None if number is None else Value(number, unit, _text(quantity.get("comparator")))
    number = _number(resource.get("valueInteger"))
    if number is not None:
        return Value(number)
    text = _concept_text(resource.get("valueCodeableConcept")) or _text(resource.get("valueString"))
    return _other_value(resource) if text is None else Value(text=text)


def _other_value(resource: Json) -> Value | None:
    """Values in words: yes or no, a titre, a span."""
    if isinstance(resource.get("valueBoolean"), bool):
        return Value(text="true" if resource["valueBoolean"] else "false")
    for name, first, second, between in (
        ("valueRatio", "numerator", "denominator", ":"),
        ("valueRange", "low", "high", "–"),
    ):
        ends = [
            _number(each) for end in (first, second) for each in values_at(resource, f"{name}.{end}.value")
        ]
        if len(ends) == 2 and all(ends):
            return Value(text=f"{ends[0]}{between}{ends[1]}")
    return None


def _number(value: object) -> str | None:
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return str(value)
    return None


def _marks(resource: Json) -> Iterable[Mark]:
    """Marks of recognition: of our system, with a scope that display and extension agree on."""
    for tag in values_at(resource, "meta.tag"):
        if not isinstance(tag, dict) or tag.get("system") != MARKS or not _text(tag.get("code")):
            continue
        code = tag["code"]
        stated = [
            each.get("valueString")
            for each in values_at(tag, "extension")
            if isinstance(each, dict) and each.get("url") == MARK_SCOPE
        ]
        shown = _text(tag.get("display"))
        if shown is not None and shown.endswith(code):
            stated.append(shown[: -len(code)])
        scopes = {each for each in stated if _text(each)}
        if len(scopes) == 1:
            yield Mark(code, scopes.pop())


def _replaced(resources: list[Json], read: list[Result]) -> dict[str, str]:
    """Reference -> what replaced it: as stated, by the laboratory's own number, or as a correction shows."""
    found: dict[str, str] = {}
    for each in resources:
        for extension in values_at(each, "extension") if "extension" in each else ():
            if isinstance(extension, dict) and _text(extension.get("url")) in _REPLACES:
                found.update({target: _ref(each) for target in _texts(extension, "valueReference.reference")})
    numbered: dict[tuple[object, ...], list[Result]] = {}
    issued: dict[str, int] = {}
    for resource, result in zip(filter(_is_result, resources), read, strict=True):
        kind = result.ref.partition("/")[0]
        span = moment_range(_text(resource.get("issued")) or "")
        issued[result.ref] = span[0] if span else 0
        keys: set[tuple[object, ...]] = {
            # With the code: an accession's number is that of every test of its panel.
            (kind, _text(each.get("system")), each.get("value"), result.codes)
            for each in (values_at(resource, "identifier") if "identifier" in resource else ())
            if isinstance(each, dict) and _text(each.get("value"))
        }
        if result.precision == "instant":
            keys |= {(kind, code, result.collected, result.specimen) for code in result.codes}
        for key in keys:
            numbered.setdefault(key, []).append(result)
    for same in numbered.values():
        corrected = [each for each in same if each.status in _CORRECTED]
        if corrected:
            newest = max(corrected, key=lambda each: (issued[each.ref], each.ref)).ref
            found.update({each.ref: newest for each in same if each.ref != newest})
    return found
