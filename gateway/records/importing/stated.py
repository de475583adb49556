"""Whose records a file holds when the command says it, because the file names no patient that is here.

Some exports (ABDM's bundles) carry no Patient at all: the request for them said who it is. Then a resource
that names nobody, or only by a display, is that patient's; one that refers to a patient who is not here is
not, unless the command says that this reference means them. Displays are never taken for identity, but a
Bundle that shows two different ones is refused, for two people may be in it.
"""

from typing import Any, NamedTuple

from gateway.records.elements.references import Conditional


class Stated(NamedTuple):
    """`patient_id` is the local id, `names` the references by which the files mean them.

    `is_one_person`: somebody made sure that different displays mean one person.
    """

    patient_id: str
    names: frozenset[str] = frozenset()
    is_one_person: bool = False


def display_of(node: Any) -> str | None:
    """The display by which alone a Reference names somebody, "" for nobody; None when it says more."""
    if not isinstance(node, dict) or "reference" in node or "identifier" in node:
        return None
    display = node.get("display")
    return " ".join(display.casefold().split()) if type(display) is str else ""


def named_by_identifier(node: Any) -> Conditional | None:
    """The Patient whom a logical reference names by system and value (FHIR R4 Reference.identifier)."""
    identifier = node.get("identifier") if isinstance(node, dict) and "reference" not in node else None
    if not isinstance(identifier, dict):
        return None
    system, value = identifier.get("system"), identifier.get("value")
    if type(system) is not str or type(value) is not str or not system or not value:
        return None
    return Conditional("Patient", system, value) if node.get("type", "Patient") == "Patient" else None
