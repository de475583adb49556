"""Reads out of FHIR resources what may have changed a patient between a collection and an order.

FHIR R4 Condition, Procedure, MedicationRequest, MedicationAdministration and Encounter. A time that is only
known to the day may lie after anything of that day. A drug is new when no earlier order for it is in sight.
What has no time at all leaves its type unseen, as nobody can say that it was before. Not here: which of this
matters to which rule (consent.reuse).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from consent.reuse.orders import Context, Event, EventKind
from consent.reuse.rule_values import ATC
from gateway.records.elements.dates import Range, value_range
from gateway.records.elements.facts import values_at
from gateway.reuse.reading.context_codes import ATC_CLASSES, ICD_10, PREGNANT, SNOMED, WITHOUT_EFFECT, WORDS

Json = dict[str, Any]
Coding = tuple[str, str]  # system, code

_SNOMED = "http://snomed.info/sct"
_ATC = frozenset({ATC, "urn:oid:2.16.840.1.113883.6.73"})
_VOID = frozenset({"not-done", "entered-in-error", "cancelled", "draft", "preparation", "planned", "refuted"})
_LONG_AGO = -(2**62)
PREGNANCY_MS = 300 * 86_400_000  # one that nobody closed is over by then


def context_of(resources: Iterable[Json], *, unseen: frozenset[str] = frozenset()) -> Context:
    """The events that these resources tell of. `unseen`: types that could not be looked at."""
    events: set[Event] = set()
    drugs: dict[str, Event] = {}
    undated: set[str] = set()
    for each in resources:
        type_ = each.get("resourceType")
        read = _READERS.get(type_) if isinstance(type_, str) else None
        if read is None or _is_void(each):
            continue
        event = read(each)
        if event is None:
            continue
        if event.at == _LONG_AGO and event.kind != "pregnancy":
            undated.add(type_)
        elif event.kind != "new-drug":
            events.add(event)
        elif (known := drugs.get(event.code or "")) is None or event.at < known.at:
            drugs[event.code or ""] = event
    found = sorted({*events, *drugs.values()}, key=lambda each: (each.at, each.kind, each.code or ""))
    return Context(tuple(found), unseen | undated)


def _is_void(resource: Json) -> bool:
    states = [resource.get("status"), *values_at(resource, "verificationStatus.coding.code")]
    return any(type(each) is str and each in _VOID for each in states)


def _condition(resource: Json) -> Event | None:
    codings = _codings(resource.get("code"))
    kind = _by_code(codings)
    if kind is None and any(PREGNANT.search(each) for each in _texts(resource.get("code"))):
        kind = "pregnancy"
    if kind is None:
        return None
    begins = _first(resource, "onsetDateTime", "onsetPeriod", "recordedDate")
    ends = _first(resource, "abatementDateTime", "abatementPeriod")
    until = None if ends is None else ends[1]
    if until is None and kind == "pregnancy" and begins is not None and begins[1] is not None:
        until = begins[1] + PREGNANCY_MS
    return _event(kind, begins, until, codings, _texts(resource.get("code")))


def _procedure(resource: Json) -> Event | None:
    codings = _codings(resource.get("code"))
    if any(system == _SNOMED and code in WITHOUT_EFFECT for system, code in codings):
        return None
    when = _first(resource, "performedDateTime", "performedPeriod")
    kind = _by_code(codings) or _by_words(_texts(resource.get("code"))) or "procedure"
    return _event(kind, when, _end(when), codings, _texts(resource.get("code")))


def _encounter(resource: Json) -> Event | None:
    places = [*values_at(resource, "type"), resource.get("serviceType")]
    codings = [coding for each in places for coding in _codings(each)]
    texts = [text for each in places for text in _texts(each)]
    texts += [each for each in values_at(resource, "location.location.display") if type(each) is str]
    kind = _by_code(codings) or _by_words(texts)
    if kind is None:
        return None
    when = _first(resource, "period")
    return _event(kind, when, None if when is None else when[1], codings, texts)


def _medication(resource: Json) -> Event:
    concept = resource.get("medicationCodeableConcept")
    if concept is None:
        inside = [each for each in values_at(resource, "contained") if isinstance(each, dict)]
        drugs = [each.get("code") for each in inside if each.get("resourceType") == "Medication"]
        concept = drugs[0] if drugs else None
    codings = _codings(concept)
    classified = [(ATC, code) for system, code in codings if system in _ATC]
    ingredient = next((_by_prefix(ATC_CLASSES, code) for _, code in classified), None)
    kind: EventKind = ingredient or _by_words(_texts(concept)) or "new-drug"
    when = _first(resource, "authoredOn", "effectiveDateTime", "effectivePeriod")
    name = classified or codings or [("", text) for text in _texts(concept)] or [("", _reference(resource))]
    return _event(kind, when, _end(when), name, _texts(concept))


def _reference(resource: Json) -> str:
    found = next(iter(values_at(resource, "medicationReference.reference")), None)
    return found if type(found) is str else ""


def _event(
    kind: EventKind, when: Range | None, until: int | None, codings: list[Coding], texts: list[str]
) -> Event:
    """An event; one without a time begins before all time."""
    low = _LONG_AGO if when is None or when[0] is None else when[0]
    code = "|".join(codings[0]) if codings else None
    return Event(kind, low, None if when is None else until, code, texts[0] if texts else None)


def _end(when: Range | None) -> int | None:
    """The last moment that what is only dated by its beginning can have begun; a second is a point."""
    if when is None or when[1] is None:
        return None
    low, high = when
    return low if low is not None and high - low <= 1000 else high


def _first(resource: Json, *names: str) -> Range | None:
    found = (value_range(resource[name]) for name in names if name in resource)
    return next((each for each in found if each is not None), None)


def _codings(concept: object) -> list[Coding]:
    return [
        (coding["system"] if type(coding.get("system")) is str else "", coding["code"])
        for coding in values_at({"of": concept}, "of.coding")
        if isinstance(coding, dict) and type(coding.get("code")) is str
    ]


def _texts(concept: object) -> list[str]:
    found = [*values_at({"of": concept}, "of.text"), *values_at({"of": concept}, "of.coding.display")]
    return [each for each in found if type(each) is str]


def _by_code(codings: list[Coding]) -> EventKind | None:
    for system, code in codings:
        if system == _SNOMED and code in SNOMED:
            return SNOMED[code]
        if "icd-10" in system.lower() and (kind := _by_prefix(ICD_10, code.upper())) is not None:
            return kind
    return None


def _by_prefix(table: Mapping[str, EventKind], code: str) -> EventKind | None:
    lengths = range(min(len(code), 5), 0, -1)
    return next((table[code[:length]] for length in lengths if code[:length] in table), None)


def _by_words(texts: list[str]) -> EventKind | None:
    return next((kind for pattern, kind in WORDS if any(pattern.search(each) for each in texts)), None)


_READERS: Mapping[str, Callable[[Json], Event | None]] = MappingProxyType(
    {
        "Condition": _condition,
        "Procedure": _procedure,
        "Encounter": _encounter,
        "MedicationRequest": _medication,
        "MedicationAdministration": _medication,
    }
)
CONTEXT_TYPES = tuple(_READERS)
