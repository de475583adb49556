"""Finds what a resource refers to, and under which source id each reference looks for its target.

FHIR R4 section 2.3 (references) and Bundle rules on fullUrl: urn:uuid, Type/id, absolute, conditional
Type?identifier=…; `#x` (contained) is left alone. Source ids are the sending system's; ours replace them.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from gateway.records.json_text import MAX_DEPTH, NotJson
from gateway.records.labels import Coding
from gateway.records.resource_types import TYPES

_RELATIVE = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]{1,63})\?identifier=(.+)", re.DOTALL)
_ABSOLUTE = re.compile(r"(https?://.+/)([A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64})(?:/_history/.+)?")


Names = dict[str, tuple[str, str]]  # fullUrl -> source id, type


@dataclass(frozen=True)
class Conditional:
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
    waiting: list[tuple[Any, int]] = [(resource, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise NotJson("too-deep", f"Nested deeper than {MAX_DEPTH} levels.")
        if isinstance(node, dict):
            if type(node.get("reference")) is str:
                found.references.append(node)
            system, code = node.get("system"), node.get("code")
            if type(system) is str and type(code) is str:
                found.codings.add((system, code))
            inside = list(node.values())
        else:
            inside = node
        waiting.extend((each, depth + 1) for each in inside if isinstance(each, (dict, list)))
    return found


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


def source_id(type_: str, id_: str, full_url: str) -> str:
    """How the sender names a resource, the same in every file; empty when it has no name."""
    absolute = _ABSOLUTE.fullmatch(full_url)
    if absolute is not None:
        return absolute[1] + absolute[2]
    return f"{type_}/{id_}" if id_ else full_url


@dataclass(frozen=True)
class Target:
    """Where a reference may lead: source ids to try in order, and the type when it tells one.

    `expected`: the target is of this sender and may arrive later, so it gets its local id now.
    """

    source_ids: tuple[str, ...]
    type: str = ""
    expected: bool = False


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
