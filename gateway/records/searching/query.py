"""Reads the parameters of a FHIR search on one type, refusing whatever would widen the answer unseen.

FHIR R4 search. A dropped filter widens a disclosure, so an unknown name is refused unless the client asked
for lenient handling; so are the standard's own filters that are not offered here. Other unknown names that
begin with _ change no answer and are left out. Not here: paging cursors, and who may ask.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.records.definitions.parameters import Parameter
from gateway.records.definitions.resource_types import TYPES, ResourceType, belongs_to_patient
from gateway.records.searching.controls import CONTROLS, Controls, Include, add_control
from gateway.records.searching.filters import (
    MAX_VALUES,
    Filter,
    ReferenceFilter,
    Refusal,
    invalid,
    read_filter,
    split_escaped,
)
from gateway.records.searching.subsets import Subset

MAX_PARAMETERS = 20
# Filters of the standard that begin with a mark and are not offered: leaving them out would widen the answer.
_FILTERS_NOT_OFFERED = frozenset({"_content", "_filter", "_has", "_list", "_query", "_source", "_text"})


@dataclass(frozen=True)
class Query:
    """A search of one type. `parameters` are those that count, as written: for the self link and the log.

    `version`: the only version that is wanted; `may_include`: the types that may come along with the matches.
    None means any.
    """

    type: str
    parameters: tuple[tuple[str, str], ...]
    patients: tuple[frozenset[str], ...] = ()  # local ids; every set must hold the patient
    ids: tuple[frozenset[str], ...] = ()
    filters: tuple[Filter, ...] = ()
    count: int = Controls.count
    sort: str = Controls.sort
    total: bool = True
    subset: Subset | None = None
    includes: tuple[Include, ...] = ()
    version: int | None = None
    may_include: frozenset[str] | None = None

    @property
    def text(self) -> str:
        """The search as a relative URL, written anew from what was understood."""
        return self.type + ("?" + urlencode(self.parameters) if self.parameters else "")


def parse_query(
    type_: str,
    args: Iterable[tuple[str, str]],
    handling: str = "strict",
    base: str = "",
    kind: ResourceType | None = None,
) -> Query | Refusal:
    """The search that these parameters state.

    `args` are decoded pairs in order, `handling` is as in Prefer, `base` our own FHIR URL: a reference that
    begins with it is relative to it. `kind` is given for a type that is shown without being stored.
    """
    confined = kind is None and type_ != "Patient"
    kind = kind or (TYPES[type_] if type_ in TYPES and belongs_to_patient(type_) else None)
    if kind is None:
        return Refusal("type-unknown", type_ if type_.isascii() and type_.isalpha() else "")
    parts, given = _Parts(), list(_pairs(args))
    if len(given) > MAX_PARAMETERS:
        return Refusal("not-supported", f"More than {MAX_PARAMETERS} parameters.")
    for name, value in given:
        fault = _add(kind, parts, name, _of_own(base, value), handling == "lenient")
        if fault is not None:
            return fault
    if confined and not parts.confined:
        return Refusal("patient-required", "Name the parameter patient or _id.")
    controls = parts.controls.settled()
    if isinstance(controls, Refusal):
        return controls
    return Query(
        type_, tuple(parts.parameters), tuple(parts.patients), tuple(parts.ids), tuple(parts.filters),
        controls.count, controls.sort, controls.total, controls.subset, tuple(controls.includes),
    )  # fmt: skip


def _pairs(args: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    items = getattr(args, "items", None)
    return items(multi=True) if callable(items) else args  # a werkzeug MultiDict


def _of_own(base: str, value: str) -> str:
    if not base:
        return value
    own = base.rstrip("/") + "/"
    return ",".join(each.removeprefix(own) for each in value.split(","))


class _Parts:
    """What was read so far."""

    def __init__(self) -> None:
        self.parameters: list[tuple[str, str]] = []
        self.patients: list[frozenset[str]] = []
        self.ids: list[frozenset[str]] = []
        self.filters: list[Filter] = []
        self.controls = Controls()

    @property
    def confined(self) -> bool:
        """Whether the search names whose or which records it is about."""
        about = any(isinstance(each, ReferenceFilter) and each.name == "target" for each in self.filters)
        return bool(self.patients or self.ids) or about


def _add(kind: ResourceType, parts: _Parts, name: str, value: str, lenient: bool) -> Refusal | None:
    plain, _, modifier = name.partition(":")
    parameter = kind.by_name.get(plain)
    fault: Refusal | None = None
    if plain in CONTROLS:
        taken = add_control(kind, parts.controls, plain, modifier, value, lenient)
        if taken is False:
            return None
        fault = taken if isinstance(taken, Refusal) else None
    elif plain == "_id" or plain in _patient_names(kind):
        fault = _confine(kind, parts, plain, modifier, value)
    elif parameter is not None and parameter.is_public:
        fault = _filter(parts, parameter, modifier, value)
    elif lenient or (plain.startswith("_") and plain not in _FILTERS_NOT_OFFERED):
        return None  # left out, also of the self link
    else:
        return Refusal("not-supported", f"Parameter {_shown(plain)} is not supported for {kind.name}.")
    if fault is None:
        parts.parameters.append((name, value))
    return fault


def _patient_names(kind: ResourceType) -> tuple[str, ...]:
    if not kind.patient:
        return ()
    return ("patient", "subject") if kind.patient == "subject" else ("patient",)


def _filter(parts: _Parts, parameter: Parameter, modifier: str, value: str) -> Refusal | None:
    found = read_filter(parameter, modifier, value)
    if isinstance(found, Refusal):
        return found
    parts.filters.append(found)
    return None


def _shown(name: str) -> str:
    known_form = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if known_form and len(name) <= 40 else "?"


def _confine(kind: ResourceType, parts: _Parts, name: str, modifier: str, value: str) -> Refusal | None:
    """_id, patient and subject: what the search is confined to."""
    if modifier and (name == "_id" or modifier != "Patient"):
        return Refusal("not-supported", f"This modifier of {name} is not supported.")
    values = split_escaped(value, ",")
    if len(values) > MAX_VALUES or not all(values) or any(len(each) > 256 for each in values):
        return invalid(name)
    if name == "_id":
        parts.ids.append(frozenset(values))
        return None
    # Patient/123 and 123 are equal; anything else stays as it is and matches no local id.
    patients = frozenset(each.removeprefix("Patient/") for each in values)
    if kind.name == "Provenance":  # R4: only a Patient among the targets makes it found by patient
        parts.filters.append(ReferenceFilter("target", tuple(sorted(f"Patient/{one}" for one in patients))))
    parts.patients.append(patients)
    return None
