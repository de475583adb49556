"""What one FHIR search parameter is: its type, the elements where it looks, and its published definition.

FHIR R4 4.0.1 SearchParameter; names, types and paths are those of the published package. Not here: which
resource has which parameter (resource_types), reading elements (facts) and comparing values (conditions).
"""

from dataclasses import dataclass

Paths = tuple[str, ...]  # dotted element paths; the first that has a value counts for dates, all for the rest


@dataclass(frozen=True)
class Parameter:
    """One search parameter of one resource type.

    `type` is FHIR's: token, date, reference, quantity, string or uri. `system` is what the binding of a plain
    code implies; `targets` are the types that a bare id may mean (none: any stored type); `rows` are the
    names under which the index keeps the values, when they are not its own. What is not public is kept for
    the store alone.
    """

    name: str
    type: str
    paths: Paths = ()
    system: str = ""
    targets: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    is_public: bool = True

    @property
    def stored_as(self) -> tuple[str, ...]:
        """The names of its values in the index."""
        return self.rows or (self.name,)


def token(*names: str, **paths: str) -> tuple[Parameter, ...]:
    """Token parameters: by name alone, or name_with_underscores="paths separated by blanks"."""
    return _parameters("token", names, paths)


def date(*names: str, **paths: str) -> tuple[Parameter, ...]:
    """Date parameters, named as tokens are."""
    return _parameters("date", names, paths)


def code(name: str, system: str) -> tuple[Parameter, ...]:
    """A token parameter over an element of datatype code, whose binding implies the system."""
    return (Parameter(name, "token", (_element(name),), system=system),)


def reference(name: str, targets: str, path: str = "") -> tuple[Parameter, ...]:
    """A reference parameter; `targets` are types separated by blanks."""
    return (Parameter(name, "reference", (path or _element(name),), targets=tuple(targets.split())),)


def _parameters(type_: str, names: tuple[str, ...], paths: dict[str, str]) -> tuple[Parameter, ...]:
    plain = [Parameter(name, type_, (_element(name),)) for name in names]
    placed = [Parameter(name.replace("_", "-"), type_, tuple(where.split())) for name, where in paths.items()]
    return (*plain, *placed)


def _element(name: str) -> str:
    """The element that a parameter is usually named after: clinical-status looks at clinicalStatus."""
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


# Parameters of every resource type. _id and _lastUpdated are columns, _security is told from the labels.
OF_ALL = (
    Parameter("_id", "token", ("id",)),
    Parameter("_lastUpdated", "date", ("meta.lastUpdated",)),
    Parameter("_profile", "uri", ("meta.profile",)),
    Parameter("_security", "token", ("meta.security",)),
    Parameter("_tag", "token", ("meta.tag",)),
)

_DEFINITIONS = "http://hl7.org/fhir/SearchParameter/"
_CLINICAL = frozenset({"patient", "code", "date", "encounter", "identifier", "type"})
# Where a parameter's definition is its resource type's own, or shared under another name than "clinical".
_NAMED = {
    ("Patient", "identifier"): "Patient-identifier",
    ("Provenance", "patient"): "Provenance-patient",
    ("DocumentReference", "date"): "DocumentReference-date",
    ("ImagingStudy", "encounter"): "ImagingStudy-encounter",
    ("Condition", "encounter"): "Condition-encounter",
    ("MedicationRequest", "encounter"): "medications-encounter",
    ("MedicationRequest", "status"): "medications-status",
    **{("Patient", name): f"individual-{name}" for name in ("birthdate", "family", "gender", "given")},
}


def definition(resource_type: str, name: str) -> str:
    """The canonical URL of a parameter's published definition."""
    if name.startswith("_"):
        return f"{_DEFINITIONS}Resource-{name[1:]}"
    named = _NAMED.get((resource_type, name))
    shared = f"clinical-{name}" if name in _CLINICAL else f"{resource_type}-{name}"
    return _DEFINITIONS + (named or shared)
