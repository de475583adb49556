"""Finds what a resource refers to, and under which source id each reference looks for its target.

FHIR R4 section 2.3 (references) and Bundle rules on fullUrl: urn:uuid, Type/id, absolute, conditional
Type?identifier=…; `#x` (contained) is left alone. Source ids are the sending system's; ours replace them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import unquote

from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.facts import MAX_TARGET
from gateway.records.elements.json_text import MAX_DEPTH, NotJson
from gateway.records.labelling.labels import Coding

_RELATIVE = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]{1,63})\?identifier=(.+)", re.DOTALL)
_ABSOLUTE = re.compile(r"(https?://.+/)([A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64})(?:/_history/.+)?")


Names = dict[str, tuple[str, str]]  # fullUrl -> source id, type


class Conditional(NamedTuple):
    """ "The one resource of this type that has this identifier"; `system` None means any."""

    type: str
    system: str | None
    value: str


@dataclass(frozen=True)
class Found:
    """One pass over a resource: the objects that hold a `reference`, and every coding."""

    references: list[dict[str, Any]]
    codings: set[Coding]


def survey(resource: dict[str, Any]) -> Found:
    """Every reference and coding in a resource; raises NotJson when it is nested too deeply."""
    found = Found([], set())
    level: list[Any] = [resource]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            if type(node) is dict:
                if "reference" in node and type(node["reference"]) is str:
                    found.references.append(node)
                if "code" in node and type(node["code"]) is str and type(node.get("system")) is str:
                    found.codings.add((node["system"], node["code"]))
                below.extend(each for each in node.values() if type(each) is dict or type(each) is list)
            else:
                below.extend(each for each in node if type(each) is dict or type(each) is list)
        if not below:
            return found
        level = below
    raise NotJson("too-deep", f"Nested deeper than {MAX_DEPTH} levels.")


def conditional(reference: str) -> Conditional | None:
    """The condition that a reference or an ifNoneExist states, None when it is of another form."""
    match = _CONDITIONAL.fullmatch(reference)
    if match is None or "&" in match[2]:
        return None
    return by_identifier(match[1], unquote(match[2]))


def by_identifier(type_: str, text: str) -> Conditional:
    """The condition written as a token: value, system|value or |value."""
    system, bar, value = text.rpartition("|")
    return Conditional(type_, system if bar else None, value)


def type_of(reference: str) -> str:
    """The resource type that a reference states, "" when it states none."""
    relative, absolute = _RELATIVE.fullmatch(reference), _ABSOLUTE.fullmatch(reference)
    if relative is not None:
        return relative[1]
    return "" if absolute is None else absolute[2].partition("/")[0]


def edge_of(reference: str) -> str:
    """A reference as the index of citations keeps it: without a version, hashed when it is too long."""
    absolute = _ABSOLUTE.fullmatch(reference)
    plain = reference if absolute is None else absolute[1] + absolute[2]
    return plain if len(plain) <= MAX_TARGET else f"sha256:{sha256(plain.encode()).hexdigest()}"


def source_id(type_: str, id_: str, full_url: str) -> str:
    """How the sender names a resource, the same in every file; empty when it has no name."""
    absolute = _ABSOLUTE.fullmatch(full_url)
    if absolute is not None:
        return absolute[1] + absolute[2]
    return f"{type_}/{id_}" if id_ else full_url


class Target(NamedTuple):
    """Where a reference may lead: source ids to try in order, and the type when it tells one.

    `expected`: the target is of this sender and may arrive later, so it gets its local id now.
    """

    source_ids: tuple[str, ...]
    type: str = ""
    expected: bool = False


class Pointer(NamedTuple):
    """One Reference of a resource and where it may lead: to what fits a condition, or to what has a name."""

    node: dict[str, Any]
    condition: Conditional | None
    target: Target | None


def pointers_of(references: Iterable[dict[str, Any]], full_url: str, names: Names) -> list[Pointer]:
    """Where each of these References may lead. What a condition says of a type that is not stored stays."""
    found = []
    for node in references:
        reference = node["reference"]
        condition = conditional(reference) if "?" in reference else None
        if condition is not None:
            found.append(Pointer(node, condition if condition.type in TYPES else None, None))
        else:
            found.append(Pointer(node, None, target_of(reference, full_url, names)))
    return found


def target_of(reference: str, full_url: str, names: Names) -> Target | None:
    """What a reference names; None when it leads nowhere in a store.

    `names` are the Bundle's own fullUrls, `full_url` is that of the resource that refers.
    """
    if reference in names:
        source, type_ = names[reference]
        return Target((source,), type_, expected=type_ in TYPES)
    relative = _RELATIVE.fullmatch(reference)
    if relative is not None:
        name = f"{relative[1]}/{relative[2]}"
        home = _ABSOLUTE.fullmatch(full_url)
        sources = (home[1] + name, name) if home is not None else (name,)
        return Target(sources, relative[1], expected=relative[1] in TYPES)
    absolute = _ABSOLUTE.fullmatch(reference)
    if absolute is not None:
        return Target((absolute[1] + absolute[2],), absolute[2].partition("/")[0])
    return Target((reference,)) if reference.startswith("urn:") else None
