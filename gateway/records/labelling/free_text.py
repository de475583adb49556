"""Tells which records say in words what no code table can judge: they count as sensitive as their encounter.

FHIR R4 security labels. A record whose main concept has a code is judged by that code; one that is words only
(no coding at all, or a note as long as a paragraph) takes the labels of the encounter it belongs to. Reports,
documents and plans do so in any case (resource_types, `cites`). Without an encounter nothing more is known.
"""

from typing import Any

from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.facts import values_at

_PARAGRAPH = 200  # characters
_WORDS = ("valueString", "note.text", "reasonCode.text", "component.valueString", "patientInstruction")
_CONTEXTS = ("encounter", "context")  # R4 calls it context in what was given of a medication


def is_unjudged(resource: dict[str, Any]) -> bool:
    """Whether a record's sensitivity cannot be told from its codes."""
    type_ = TYPES[resource["resourceType"]]
    if type_.name == "Patient" or not type_.patient or type_.cites:
        return False
    main = type_.by_name.get(type_.code)
    codings = [
        coding for path in (main.paths if main else ()) for coding in values_at(resource, f"{path}.coding")
    ]
    codings += values_at(resource, "contained.code.coding")
    if not any(_is_code(each) for each in codings):
        return True
    texts = [each for path in _WORDS for each in values_at(resource, path)]
    return any(type(each) is str and len(each) > _PARAGRAPH for each in texts)


def _is_code(coding: Any) -> bool:
    return isinstance(coding, dict) and all(type(coding.get(name)) is str for name in ("system", "code"))


def encounters_of(resource: dict[str, Any]) -> list[str]:
    """The references to the encounters that a record belongs to."""
    nodes = [node for name in _CONTEXTS for node in values_at(resource, name) if isinstance(node, dict)]
    return [node["reference"] for node in nodes if type(node.get("reference")) is str]
