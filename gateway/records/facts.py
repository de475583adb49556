"""What the store knows of a resource without reading it again: kind, codes, dates, and values to search by.

The rows of the index come from here; they are what the store's SQL holds against a scope. FHIR R4; the
resource is as json_text.parse gives it.
"""

from typing import Any, NamedTuple

from gateway.records.dates import Range, value_range
from gateway.records.resource_types import TYPES, Paths

Token = tuple[str, str, str]  # parameter, system ("" for none), code

_MAX_TOKEN = 255
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


class Indexed(NamedTuple):
    """What can be searched of one resource. `dates` are (parameter, range)."""

    kind: str
    time: Range
    tokens: frozenset[Token]
    dates: frozenset[tuple[str, Range]]


def index(resource: dict[str, Any]) -> Indexed:
    """All that is searched of a resource of a known type."""
    kind_of_resource = TYPES[resource["resourceType"]]
    tokens = {
        (name, system, code)
        for name, paths in kind_of_resource.tokens.items()
        for path in paths
        for value in values_at(resource, path)
        for system, code in _tokens(value)
    }
    if kind_of_resource.name == "MedicationRequest":
        tokens.update(("code", system, code) for system, code in _contained_medication(resource))
    dates = frozenset(
        (name, found) for name, paths in kind_of_resource.dates.items() if (found := _first(resource, paths))
    )
    time = _first(resource, kind_of_resource.clinical) or (None, None)
    return Indexed(kind_of(resource), time, frozenset(tokens), dates)


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
    nodes: list[Any] = [resource]
    for name in path.split("."):
        found = [node[name] for node in nodes if isinstance(node, dict) and name in node]
        nodes = [each for value in found for each in (value if isinstance(value, list) else [value])]
    return nodes


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


def _contained_medication(resource: dict[str, Any]) -> list[tuple[str, str]]:
    medications = [
        each for each in values_at(resource, "contained")
        if isinstance(each, dict) and each.get("resourceType") == "Medication"
    ]  # fmt: skip
    return [token for each in medications for token in _tokens(each.get("code"))]


def _first(resource: dict[str, Any], paths: Paths) -> Range | None:
    for path in paths:
        for value in values_at(resource, path):
            if found := value_range(value):
                return found
    return None
