"""Checks a resource against the published FHIR R4 JSON schema, as far as that schema uses JSON Schema.

Known: $ref, properties, required, additionalProperties, items, const, enum, pattern and type; a resource
inside a resource is judged by its own resourceType. The schema is of 4.0.0: 4.0.1 is added to its versions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "number": (int, float)}


def faults(schema: dict[str, Any], value: dict[str, Any]) -> list[str]:
    """Everything in the resource that the schema does not allow, as "path: what"."""
    return list(
        _faults(schema, {"$ref": f"#/definitions/{value['resourceType']}"}, value, value["resourceType"])
    )


def _faults(schema: dict[str, Any], rule: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    name = rule.get("$ref", "").removeprefix("#/definitions/")
    if name == "ResourceList":
        name = value["resourceType"]
    if name:
        rule = schema["definitions"][name]
    if "type" in rule and not isinstance(value, _TYPES[rule["type"]]):
        yield f"{path}: is no {rule['type']}"
        return
    if "const" in rule and value != rule["const"]:
        yield f"{path}: is not {rule['const']}"
    if "enum" in rule and value not in [*rule["enum"], *(["4.0.1"] if path.endswith(".fhirVersion") else [])]:
        yield f"{path}: is not among the values allowed"
    if "pattern" in rule and not re.search(
        rule["pattern"], value if isinstance(value, str) else json.dumps(value)
    ):
        yield f"{path}: has the wrong form"
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _faults(schema, rule.get("items", {}), each, f"{path}[{number}]")
    if isinstance(value, dict) and "properties" in rule:
        yield from (f"{path}.{missing}: is missing" for missing in set(rule.get("required", ())) - set(value))
        for member, each in value.items():
            if member in rule["properties"]:
                yield from _faults(schema, rule["properties"][member], each, f"{path}.{member}")
            elif rule.get("additionalProperties") is False:
                yield f"{path}.{member}: is not known"
