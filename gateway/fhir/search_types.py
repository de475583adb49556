"""Names the resource types that peers may search and read, their parameters, and what may come along.

Generated from the table that drives import and search (gateway.records.definitions.resource_types), so the
CapabilityStatement cannot promise what the search does not know. Not served: types that are nobody's record,
and stored types that the standard's table of this door does not name.
"""

from collections.abc import Iterator

from gateway.records.definitions.parameters import OF_ALL, Parameter
from gateway.records.definitions.resource_types import TYPES, ResourceType
from gateway.records.definitions.summaries import OF_TYPE

SERVED = tuple(sorted(name for name in OF_TYPE if name in TYPES))


def parameters_of(resource_type: str) -> tuple[Parameter, ...]:
    """The public search parameters of a served type, by name."""
    return public_parameters(TYPES[resource_type])


def public_parameters(kind: ResourceType) -> tuple[Parameter, ...]:
    """The same of any type; a chain is understood, and has no SearchParameter of its own."""
    found = [*OF_ALL, *_patient(kind.patient)]
    found += [each for each in kind.parameters if each.is_public and "." not in each.name]
    return tuple(sorted(found, key=lambda each: each.name))


def includes_of(resource_type: str) -> tuple[str, ...]:
    """Values of _include for a served type."""
    return tuple(f"{resource_type}:{name}" for name in TYPES[resource_type].includes)


def revincludes_of(resource_type: str) -> tuple[str, ...]:
    """Values of _revinclude for a served type."""
    return TYPES[resource_type].revincludes


def _patient(element: str) -> Iterator[Parameter]:
    if element:
        yield Parameter("patient", "reference", (element,), targets=("Patient",))
    if element == "subject":
        yield Parameter("subject", "reference", (element,), targets=("Patient",))
