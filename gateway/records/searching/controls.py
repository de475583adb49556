"""Reads the parameters that shape an answer: how many, in what order, which elements, what comes along.

FHIR R4 search, sections on _count, _sort, _total, _summary, _elements, _include and _revinclude. None of them
says which records match. Not here: cutting elements out (subsets) and finding what comes along (inclusion).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.records.definitions.resource_types import ResourceType
from gateway.records.searching.filters import Refusal, invalid
from gateway.records.searching.subsets import Subset

MAX_COUNT = 200
DEFAULT_COUNT = 100
MAX_ELEMENTS = 50
_SORTS = ("_lastUpdated", "_id")
_SUMMARIES = ("true", "text", "data", "count", "false")
_ELEMENT = re.compile(r"[A-Za-z]{1,64}")


class Include(NamedTuple):
    """What comes along: the target of a match's reference, or (`reverse`) a record that refers to a match.

    `type` holds the reference `parameter`; `target`: the only type of target wanted, "" for any.
    """

    type: str
    parameter: str
    target: str = ""
    reverse: bool = False


@dataclass
class Controls:
    """What was read so far, and what holds where nothing was said."""

    count: int = DEFAULT_COUNT
    sort: str = "-date"
    total: bool = True
    summary: str = "false"
    elements: frozenset[str] = frozenset()
    includes: list[Include] = field(default_factory=list)

    @property
    def subset(self) -> Subset | None:
        """The part of each resource that is wanted; None for the whole."""
        if self.elements:
            return Subset("elements", self.elements)
        return Subset(self.summary) if self.summary in ("true", "text", "data") else None

    def settled(self) -> "Controls | Refusal":
        """All that was read, or why it cannot be had together."""
        summarised = self.summary in ("true", "text", "data")
        if summarised and self.elements:
            return Refusal("not-supported", "_elements and _summary are not supported together.")
        if self.summary == "text" and self.includes:  # R4, _summary
            return Refusal("not-supported", "_summary=text and includes are not supported together.")
        return self


def add_control(
    kind: ResourceType, controls: Controls, name: str, modifier: str, value: str, lenient: bool
) -> Refusal | bool:
    """Takes one control in; False when it is left out, as lenient handling allows."""
    if modifier:  # R4 section 3.1.1.4.4: an unsupported modifier is always refused
        return Refusal("not-supported", f"Modifiers of {name} are not supported.")
    fault = CONTROLS[name](kind, controls, value)
    if fault is not None and fault.code == "not-supported" and lenient:
        return False
    return True if fault is None else fault


def _count(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    if not value.isascii() or not value.isdigit():
        return invalid("_count")
    controls.count = min(int(value[:9]), MAX_COUNT)
    return None


def _sort(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    stated = value.split(",")
    # The id always comes last, so it need not be said.
    keys = [key for key in stated if key not in ("_id", "-_id", "")] or stated[:1]
    by = keys[0].removeprefix("-")
    if len(keys) != 1 or by not in (*kind.sorts, *_SORTS):
        return Refusal("not-supported", "This _sort is not supported.")
    mark = "-" if keys[0].startswith("-") else ""
    controls.sort = mark + ("date" if by in kind.sorts else by)
    return None


def _total(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    if value not in ("none", "estimate", "accurate"):
        return invalid("_total")
    controls.total = value != "none"
    return None


def _summary(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    if value not in _SUMMARIES:
        return invalid("_summary")
    controls.summary = value
    if value == "count":
        controls.count = 0
    return None


def _elements(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    names = [each.strip().removesuffix("[x]") for each in value.split(",")]
    if len(names) > MAX_ELEMENTS or not all(_ELEMENT.fullmatch(name) for name in names):
        return invalid("_elements")
    controls.elements |= frozenset(names)
    return None


def _include(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    type_, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    known = kind.by_name.get(parameter) if type_ == kind.name and parameter in kind.includes else None
    if known is None or (target and target not in known.targets):
        return Refusal("not-supported", "This _include is not supported.")
    controls.includes.append(Include(type_, parameter, target))
    return None


def _revinclude(kind: ResourceType, controls: Controls, value: str) -> Refusal | None:
    type_, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    if f"{type_}:{parameter}" not in kind.revincludes or target not in ("", kind.name):
        return Refusal("not-supported", "This _revinclude is not supported.")
    controls.includes.append(Include(type_, parameter, reverse=True))
    return None


CONTROLS: dict[str, Callable[[ResourceType, Controls, str], Refusal | None]] = {
    "_count": _count,
    "_sort": _sort,
    "_total": _total,
    "_summary": _summary,
    "_elements": _elements,
    "_include": _include,
    "_revinclude": _revinclude,
}
