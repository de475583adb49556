"""Names the resource types that peers may search and read, and the search parameters of each.

Generated from the table that drives import and search (gateway.records.resource_types), so the
CapabilityStatement cannot promise what the search does not know. Not served: types that are nobody's
record, and Provenance, which says who wrote what rather than what a patient granted.
"""

from gateway.records.resource_types import TYPES, belongs_to_patient

SERVED = tuple(sorted(name for name in TYPES if belongs_to_patient(name) and name != "Provenance"))
