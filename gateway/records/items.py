"""Turns a stored resource into what a person sees of it: one item, with its numbers exactly as written.

Used by the wallet, the console and peers alike. A flag is the laboratory's own interpretation; where it gave
none, the value against its own reference range; critical (HH, LL) only when the laboratory says so. Texts
are shown as they came, never translated or interpreted. Broken elements are left out, never guessed.
"""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.facts import kind_of, values_at
from gateway.records.elements.json_text import Number, parse
from gateway.records.labelling.labels import stated_labels

Json = dict[str, Any]

_FLAGS = {"H": "H", "HU": "H", "L": "L", "LU": "L", "HH": "HH", "H>": "HH", "LL": "LL", "L<": "LL", "A": "A",
          "AA": "A", "POS": "A", "DET": "A"}  # fmt: skip
_NO_FLAG = frozenset({"N", "NEG", "ND", "S"})
_WEIGHT = ("HH", "LL", "H", "L", "A")
_INTERPRETATION = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
        "http://terminology.hl7.org/CodeSystem/v2-0078",
        "http://hl7.org/fhir/v2/0078",
        "",
    }
)
_PARTS_OF_A_TIME = ("", ".start", ".end", ".event")


# What further types are called, where they have no code.
_TITLES = {
    "CarePlan": ("title", "description", "category.text", "activity.detail.description"),
    "CareTeam": ("name",),
    "Device": ("deviceName.name", "type.text"),
    "DeviceUseStatement": ("device.display",),
    "FamilyMemberHistory": ("relationship.text", "relationship.coding.display"),
    "Media": ("content.title",),
}


def item_of(resource: Json) -> Json:
    """The item of one resource.

    Numbers are json_text.Number, Decimal or int; a float would have lost its digits already.
    """
    type_ = resource["resourceType"]
    value, reference_range = _value(resource), _range(resource)
    return {
        "ref": f"{type_}/{resource.get('id', '')}",
        "type": type_,
        "kind": kind_of(resource),
        "date": _date(resource),
        "code": _code(resource),
        "value": value,
        "range": reference_range,
        "flag": _flag(resource, value, reference_range),
        "status": _status(resource),
        "method": _concept_text(resource.get("method")),
        "specimen": _display(resource.get("specimen")),
        "labels": sorted(stated_labels(resource)),
        "title": _title(resource),
        "text": _text(resource),
        "results": _results(resource),
    }


def item_of_text(json_text: str) -> Json:
    """The item of one resource as stored or released."""
    return item_of(parse(json_text))


def _texts(resource: Json, *paths: str) -> list[str]:
    return [each for path in paths for each in values_at(resource, path) if type(each) is str and each]


def _date(resource: Json) -> str | None:
    """The record's own time as written; of a period its beginning, else its end."""
    known = TYPES.get(resource["resourceType"])
    first, *rest = known.clinical if known is not None and known.clinical else ("",)
    # R4 lets the time of an immunization be told in words; when it was recorded is another time.
    paths = [first, *(["occurrenceString"] if first == "occurrenceDateTime" else []), *rest]
    parts = [path + part for path in paths for part in _PARTS_OF_A_TIME]
    return next(iter(_texts(resource, *parts)), None)


def _about(resource: Json) -> list[Any]:
    """The elements that say what the record is about: those that a scope's codes are compared with."""
    known = TYPES.get(resource["resourceType"])
    parameter = None if known is None else known.by_name.get(known.code)
    paths = ("code",) if parameter is None else parameter.paths
    return [each for path in paths for each in values_at(resource, path)]


def _number(value: object) -> str | None:
    """A JSON number as written; None for anything else (a text is no number)."""
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, (Decimal, float)) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return None


def _concept(value: object) -> Json | None:
    """A CodeableConcept as {system, code, text, display}: the first coding, and the sender's own text."""
    if not isinstance(value, dict):
        return None
    codings = [each for each in values_at(value, "coding") if isinstance(each, dict)]
    first = next((each for each in codings if type(each.get("code")) is str), codings[0] if codings else {})
    shown = {name: first.get(name) if type(first.get(name)) is str else None for name in ("system", "code")}
    display = next(iter(_texts({"coding": codings}, "coding.display")), None)
    text = value.get("text")
    return {**shown, "text": text if type(text) is str else display, "display": display}


def _concept_text(value: object) -> str | None:
    concept = _concept(value)
    return None if concept is None else concept["text"] or concept["code"]


def _display(value: object) -> str | None:
    return next(iter(_texts({"of": value}, "of.display")), None)


def _code(resource: Json) -> Json | None:
    concepts = _about(resource)
    if not concepts:
        drugs = [each for each in values_at(resource, "contained") if isinstance(each, dict)]
        concepts = [each.get("code") for each in drugs if each.get("resourceType") == "Medication"]
    return next((found for each in concepts if (found := _concept(each)) is not None), None)


def _status(resource: Json) -> str | None:
    clinical = values_at(resource, "clinicalStatus.coding.code")
    return next(iter(_texts(resource, "status")), None) or next((x for x in clinical if type(x) is str), None)


def _value(resource: Json) -> Json | None:
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict):
        return _quantity(quantity)
    number = _number(resource.get("valueInteger"))
    if number is not None:
        return {"number": number, "unit": None, "code": None, "comparator": None}
    text = next(iter(_texts(resource, "valueString", "valueDateTime", "valueTime")), None)
    text = text or _concept_text(resource.get("valueCodeableConcept"))
    if text is None and isinstance(resource.get("component"), list):
        text = "; ".join(_components(resource["component"])) or None
    if text is None:
        text = _concept_text(resource.get("dataAbsentReason"))
    return None if text is None else {"text": text}


def _quantity(quantity: Json) -> Json | None:
    number = _number(quantity.get("value"))
    if number is None:
        return None
    named = {name: quantity.get(name) for name in ("unit", "code", "comparator")}
    shown = {name: value if type(value) is str else None for name, value in named.items()}
    return {"number": number, **shown, "unit": shown["unit"] or shown["code"]}


def _components(components: list[Any]) -> Iterable[str]:
    for each in components:
        value = _value({**each, "component": None}) if isinstance(each, dict) else None
        if value is not None:
            shown = value.get("text") or " ".join(
                part for part in (value["comparator"], value["number"], value["unit"]) if part
            )
            yield f"{_concept_text(each.get('code')) or '?'} {shown}"


def _range(resource: Json) -> Json | None:
    """The reference range that holds for everybody: one of special groups is not this patient's."""
    ranges = [each for each in values_at(resource, "referenceRange") if isinstance(each, dict)]
    normal = [each for each in ranges if "appliesTo" not in each and "age" not in each]
    chosen = [each for each in normal if "normal" in (values_at(each, "type.coding.code") or ["normal"])]
    if len(chosen) != 1:
        return None
    low, high = (_number(_inside(chosen[0], name)) for name in ("low", "high"))
    text = chosen[0].get("text")
    shown = {"low": low, "high": high, "text": text if type(text) is str else None}
    return shown if any(shown.values()) else None


def _inside(value: Json, name: str) -> object:
    quantity = value.get(name)
    return quantity.get("value") if isinstance(quantity, dict) else None


def _flag(resource: Json, value: Json | None, reference_range: Json | None) -> str | None:
    codings = [each for each in values_at(resource, "interpretation.coding") if isinstance(each, dict)]
    known = [each.get("code") for each in codings if each.get("system", "") in _INTERPRETATION]
    codes = [code for code in known if type(code) is str]
    flags = {_FLAGS[code] for code in codes if code in _FLAGS}
    if flags:
        return min(flags, key=_WEIGHT.index)
    if any(code in _NO_FLAG for code in codes) or value is None or reference_range is None:
        return None
    return _compared(resource, value, reference_range)


def _compared(resource: Json, value: Json, reference_range: Json) -> str | None:
    number = _decimal(value.get("number"))
    if number is None or not _same_unit(resource):
        return None
    low, high = _decimal(reference_range["low"]), _decimal(reference_range["high"])
    comparator = value.get("comparator")
    may_be_less, may_be_more = comparator in ("<", "<="), comparator in (">", ">=")
    if high is not None and not may_be_less and (number > high or (comparator == ">" and number == high)):
        return "H"
    if low is not None and not may_be_more and (number < low or (comparator == "<" and number == low)):
        return "L"
    return None


def _decimal(text: object) -> Decimal | None:
    try:
        value = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _same_unit(resource: Json) -> bool:
    """Whether value and range are in one unit; a range without a unit is in the value's."""
    units = {
        found for path in ("valueQuantity", "referenceRange.low", "referenceRange.high")
        for each in values_at(resource, path)
        if isinstance(each, dict) and type(found := each.get("code") or each.get("unit")) is str
    }  # fmt: skip
    return len(units) <= 1


def _title(resource: Json) -> str | None:
    if resource["resourceType"] == "DocumentReference":
        titles = _texts(resource, "description", "content.attachment.title")
    elif resource["resourceType"] in ("DiagnosticReport", "Encounter", "ImagingStudy"):
        titles = [_concept_text(next(iter(_about(resource)), None)) or "", *_texts(resource, "description")]
    else:
        titles = _texts(resource, *_TITLES.get(resource["resourceType"], ("title",)))
    return next((each for each in titles if each), None)


def _text(resource: Json) -> str | None:
    """The words of a record: conclusion, dosage, reaction, notes."""
    parts = _texts(resource, "conclusion", "dosageInstruction.text", "note.text")
    if not _texts(resource, "dosageInstruction.text"):
        parts += _texts(resource, "dosageInstruction.patientInstruction")
    parts += [each for each in map(_concept_text, values_at(resource, "reaction.manifestation")) if each]
    parts += _texts(resource, "reaction.description")
    return "\n".join(parts) or None


def _results(resource: Json) -> list[str] | None:
    if resource["resourceType"] != "DiagnosticReport":
        return None
    return _texts(resource, "result.reference") or None
