"""Puts the drug that a prescription cites into the prescription, so that it can be read and released alone.

FHIR R4 medicationReference of MedicationRequest, -Statement, -Administration and -Dispense. The Medication
stays a resource of its own too; its copy is contained under `#medication`. A later import of the prescription
brings in a drug that came after it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from gateway.records.elements.facts import values_at
from gateway.records.elements.json_text import parse
from gateway.records.elements.references import Pointer, survey
from gateway.records.importing.preparation import Prepared
from gateway.records.tables import record

_AT_ONCE = 500
_CITING = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"}
)


class Drug(NamedTuple):
    """A Medication with local references, and the hash of its source."""

    resource: dict[str, Any]
    source_hash: str


def cited_drug(one: Prepared) -> Pointer | None:
    """The Reference to a drug, None when there is none."""
    node = one.resource.get("medicationReference") if one.type in _CITING else None
    return next((each for each in one.pointers if each.node is node), None)


def drugs_of(conn: Connection, institution: str, ids: Iterable[str]) -> dict[str, Drug]:
    """The stored drugs among these local ids."""
    wanted, found = sorted(ids), dict[str, Drug]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(record.c.id, record.c.json_text, record.c.source_hash).where(
            record.c.institution == institution,
            record.c.type == "Medication",
            record.c.id.in_(wanted[start : start + _AT_ONCE]),
        )
        found.update((row.id, Drug(parse(row.json_text), row.source_hash)) for row in conn.execute(query))
    return found


def carry(one: Prepared, node: dict[str, Any], drug: Drug) -> None:
    """Puts a copy of the drug into the resource; its codes count among the resource's own."""
    inside = [each for each in values_at(one.resource, "contained") if isinstance(each, dict)]
    used, name = {each.get("id") for each in inside if type(each.get("id")) is str}, "medication"
    while name in used:
        name += "-1"
    copy = {**{key: value for key, value in drug.resource.items() if key != "meta"}, "id": name}
    one.resource["contained"] = [*inside, copy]
    one.resource["medicationReference"] = {**node, "reference": f"#{name}"}
    one.found.codings.update(survey(copy).codings)
