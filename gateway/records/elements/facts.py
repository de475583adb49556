"""What the store knows of a resource without reading it again: kind, codes, dates, and values to search by.

The rows of the index come from here; they are what the store's SQL holds against a scope. FHIR R4; the
resource is as json_text.parse gives it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from unicodedata import combining, normalize

from gateway.records.definitions.parameters import OF_ALL, Parameter, Paths
from gateway.records.definitions.resource_types import TYPES, ResourceType
from gateway.records.elements.dates import Range, value_range
from gateway.records.elements.quantities import Quantity, quantity_of
from gateway.records.labelling.labels import LABEL_SYSTEMS

Token = tuple[str, str, str]  # parameter, system ("" for none), code

_MAX_TOKEN = 255
MAX_TARGET = 130
_IMAGING_CATEGORIES = frozenset({"imaging", "RAD", "RUS", "CT", "NMR", "NMS", "XRC", "CUS", "VUS",
                                 "LP29684-5"})  # fmt: skip
_LABORATORY_CATEGORIES = frozenset(
    {"laboratory", "LAB", "CH", "HM", "MB", "IMM", "SR", "TX", "URN", "VR", "BLB", "CG", "CP", "GE", "ICU",
     "MCB", "MYC", "PAT", "SP", "CTH", "LP7839-6"}
)  # fmt: skip
_KIND_OF_TYPE = {
    "ImagingStudy": "imaging",
    "MedicationRequest": "medication",
    "AllergyIntolerance": "allergy",
    "Condition": "condition",
    "Immunization": "immunization",
    "Procedure": "procedure",
    "DocumentReference": "document",
    "Encounter": "encounter",
    "ServiceRequest": "order",
    "NutritionOrder": "order",
    "MedicationStatement": "medication",
    "MedicationAdministration": "medication",
    "MedicationDispense": "medication",
    "Specimen": "laboratory",
    "Composition": "document",
    "ClinicalImpression": "document",
    "Media": "document",
}
# Columns of the record itself, or told from its labels.
_NOT_INDEXED = frozenset({"_id", "_lastUpdated", "_security"})


class Indexed(NamedTuple):
    """What can be searched of one resource; each value stands behind the name of its parameter."""

    kind: str
    time: Range
    tokens: frozenset[Token]
    dates: frozenset[tuple[str, Range]]
    references: frozenset[tuple[str, str]]
    quantities: frozenset[tuple[str, Quantity]]
    strings: frozenset[tuple[str, str]]


def index(resource: dict[str, Any], type_: ResourceType | None = None) -> Indexed:
    """All that is searched of a resource; `type_` is given for one that is shown without being stored."""
    type_ = type_ or TYPES[resource["resourceType"]]
    tokens: set[Token] = set(_security(resource))
    found: dict[str, set[Any]] = {"date": set(), "reference": set(), "quantity": set(), "string": set()}
    for parameter in (*_OF_ALL, *type_.parameters):
        if parameter.type in ("token", "uri"):
            tokens.update((parameter.name, *each) for each in _tokens_at(resource, parameter))
        elif parameter.type == "date":
            found["date"].update((parameter.name, each) for each in _first(resource, parameter.paths))
        else:
            read = _READERS[parameter.type]
            found[parameter.type].update(
                (parameter.name, each)
                for path in parameter.paths
                for value in values_at(resource, path)
                if (each := read(value)) is not None
            )
    if type_.name in _CARRIES_DRUG:
        tokens.update(("code", *each) for each in _contained_medication(resource))
    time = next(_first(resource, type_.clinical), (None, None))
    return Indexed(kind_of(resource), time, frozenset(tokens), *map(frozenset, found.values()))


def kind_of(resource: dict[str, Any]) -> str:
    """The one kind (consent.vocabulary.KINDS) that a patient would call this record."""
    type_ = resource["resourceType"]
    if type_ in _KIND_OF_TYPE:
        return _KIND_OF_TYPE[type_]
    categories = {code for value in values_at(resource, "category") for _, code in _tokens(value)}
    if type_ == "Observation":
        if "vital-signs" in categories:
            return "vital-signs"
        return _by_category(categories) or "other"
    if type_ == "DiagnosticReport":
        if resource.get("imagingStudy"):
            return "imaging"
        by_results = "laboratory" if resource.get("result") and not categories else "document"
        return _by_category(categories) or by_results
    return "other"


def _by_category(categories: set[str]) -> str | None:
    if categories & _IMAGING_CATEGORIES:
        return "imaging"
    return "laboratory" if categories & _LABORATORY_CATEGORIES else None


def values_at(resource: dict[str, Any], path: str) -> list[Any]:
    """Every value that stands at a dotted path, lists opened."""
    if "." not in path:  # most of them, for every record that is imported
        value = resource.get(path, ())
        return list(value) if isinstance(value, (list, tuple)) else [value]
    nodes: list[Any] = [resource]
    for name in path.split("."):
        found = [node[name] for node in nodes if isinstance(node, dict) and name in node]
        nodes = [each for value in found for each in (value if isinstance(value, list) else [value])]
    return nodes


def _tokens_at(resource: dict[str, Any], parameter: Parameter) -> Iterator[tuple[str, str]]:
    for path in parameter.paths:
        for value in values_at(resource, path):
            yield from _tokens(value)


def _security(resource: dict[str, Any]) -> Iterator[Token]:
    """Labels of systems that no decision looks at; those that one does are told from the record's labels."""
    for value in values_at(resource, "meta.security"):
        for system, code in _tokens(value):
            if system not in LABEL_SYSTEMS:
                yield "_security", system, code


def _tokens(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict) and isinstance(value.get("coding"), list):
        return [token for coding in value["coding"] for token in _tokens(coding)]
    system, code = "", value
    if isinstance(value, dict):
        system = value.get("system", "")
        code = value.get("code", value.get("value"))  # a Coding, or an Identifier
    if type(system) is not str or type(code) is not str or not code:
        return []
    return [(system, code)] if len(system) <= _MAX_TOKEN and len(code) <= _MAX_TOKEN else []


def _contained_medication(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in values_at(resource, "contained"):
        if isinstance(each, dict) and each.get("resourceType") == "Medication":
            yield from _tokens(each.get("code"))


def _first(resource: dict[str, Any], paths: Paths) -> Iterator[Range]:
    """The time at the first path that has one; none, when none has."""
    for path in paths:
        for value in values_at(resource, path):
            if found := value_range(value):
                yield found
                return


def _target(value: Any) -> str | None:
    """What a Reference names, as it stands; what is contained in the resource itself is nobody else's."""
    text = value.get("reference") if isinstance(value, dict) else None
    fits = type(text) is str and 0 < len(text) <= MAX_TARGET and not text.startswith("#")
    return text if fits else None


def _string(value: Any) -> str | None:
    return value if type(value) is str and 0 < len(value) <= _MAX_TOKEN else None


def folded(text: str) -> str:
    """A text as string searches compare it: without case, accents and surplus blanks."""
    plain = (char for char in normalize("NFKD", text.casefold()) if not combining(char))
    return " ".join("".join(plain).split())


# A drug may be named in a Medication that the resource carries inside.
_CARRIES_DRUG = frozenset(
    name
    for name, type_ in TYPES.items()
    if any("medicationCodeableConcept" in each.paths for each in type_.parameters)
)
_READERS = {"reference": _target, "quantity": quantity_of, "string": _string}
_OF_ALL = tuple(each for each in OF_ALL if each.name not in _NOT_INDEXED)
