"""Names the resource types that peers may search and read, and the search parameters of each.

Generated from the table that drives import and search (gateway.records.resource_types), so the
CapabilityStatement cannot promise what the search does not know. Not served: types that are nobody's record,
and Provenance, which says who wrote what rather than what a patient granted.
"""

from gateway.records.resource_types import TYPES, belongs_to_patient

SERVED = tuple(sorted(name for name in TYPES if belongs_to_patient(name) and name != "Provenance"))


def parameters_of(resource_type: str) -> dict[str, str]:
    """Search parameter names of a served type, each with its FHIR type."""
    known = TYPES[resource_type]
    found = {"_id": "token", "_lastUpdated": "date"}
    found |= dict.fromkeys(("patient", "subject") if known.patient else (), "reference")
    return found | {
        each.name: each.type
        for each in known.parameters
        if each.is_public and each.type in ("token", "date") and not each.rows
    }
