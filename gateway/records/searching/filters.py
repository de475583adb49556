"""Reads the value of one search parameter into a filter: tokens, dates, quantities, references, names.

FHIR R4 search: a comma means "or", a backslash escapes, each type of parameter has its own form and its own
modifiers. A modifier that is not read here is refused, never ignored. Not here: which parameters a type has
(resource_types), and the SQL (conditions).
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from gateway.records.definitions.parameters import Parameter
from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.dates import moment_range
from gateway.records.elements.facts import folded
from gateway.records.elements.quantities import Searched, searched_number

MAX_VALUES = 50  # alternatives of one parameter
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_MAX_TEXT = 256
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")

Token = tuple[str | None, str | None]  # system (None: any, "": none), code (None: any)


@dataclass(frozen=True)
class Refusal:
    """Why a search is not made: not-supported, invalid-value, patient-required or type-unknown.

    `detail` names a parameter, never a value.
    """

    code: str
    detail: str


class TokenFilter(NamedTuple):
    """Any of these tokens, under any of these names of the index; `negated`: none of them."""

    rows: tuple[str, ...]
    values: tuple[Token, ...]
    negated: bool = False


class SecurityFilter(NamedTuple):
    """Any of these security labels; `negated`: none of them."""

    values: tuple[Token, ...]
    negated: bool = False


class DateFilter(NamedTuple):
    """Any of these ranges in ms UTC, each with its prefix."""

    name: str
    values: tuple[tuple[str, int, int], ...]


class Measured(NamedTuple):
    """One searched quantity; `system` and `code` are None where any will do."""

    prefix: str
    number: Searched
    system: str | None
    code: str | None


class QuantityFilter(NamedTuple):
    """Any of these quantities."""

    name: str
    values: tuple[Measured, ...]


class ReferenceFilter(NamedTuple):
    """A reference to any of these targets, as they stand in the index."""

    name: str
    targets: tuple[str, ...]


class StringFilter(NamedTuple):
    """A text that begins with, holds or is any of these; folded, but where it must be exact."""

    name: str
    how: str  # begins | contains | exact
    values: tuple[str, ...]


class MissingFilter(NamedTuple):
    """Records that have no value of a parameter, or that have one."""

    type: str
    rows: tuple[str, ...]
    missing: bool


Filter = (
    TokenFilter
    | SecurityFilter
    | DateFilter
    | QuantityFilter
    | ReferenceFilter
    | StringFilter
    | MissingFilter
)


def read_filter(parameter: Parameter, modifier: str, value: str) -> Filter | Refusal:
    """The filter that a parameter's value states; `modifier` is "" where there is none."""
    if modifier == "missing":
        return _missing(parameter, value)
    given = split_escaped(value, ",")
    if not 0 < len(given) <= MAX_VALUES:
        return invalid(parameter.name)
    match parameter.type:
        case "token" if modifier in ("", "not"):
            return _tokens(parameter, given, modifier == "not")
        case "uri" if not modifier:
            return _uris(parameter, given)
        case "date" if not modifier:
            return _dates(parameter, given)
        case "quantity" if not modifier:
            return _quantities(parameter, given)
        case "string" if modifier in ("", "exact", "contains"):
            return _strings(parameter, given, modifier)
        case "reference" if not modifier or _TYPE.fullmatch(modifier):
            return _references(parameter, given, modifier)
    # R4 section 3.1.1.4.4: a modifier that a server does not support is refused.
    return Refusal("not-supported", f"This modifier of {parameter.name} is not supported.")


def invalid(name: str) -> Refusal:
    """The refusal of a value; the value itself may say whose record it is."""
    return Refusal("invalid-value", f"The value of {name} has the wrong form.")


def split_escaped(text: str, mark: str) -> list[str]:
    """Splits at a mark that no backslash escapes; escapes stay in the parts."""
    parts, start, index = [], 0, 0
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == mark:
            parts.append(text[start:index])
            start = index + 1
        index += 1
    return [*parts, text[start:]]


def plain(text: str) -> str:
    """A part with its escapes undone."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def _missing(parameter: Parameter, value: str) -> Filter | Refusal:
    if value not in ("true", "false"):
        return invalid(parameter.name)
    if parameter.name in ("_id", "_lastUpdated"):  # no record is without
        return Refusal("not-supported", f"This modifier of {parameter.name} is not supported.")
    type_ = "security" if parameter.name == "_security" else parameter.type
    return MissingFilter(type_, parameter.stored_as, value == "true")


def _tokens(parameter: Parameter, given: list[str], negated: bool) -> Filter | Refusal:
    found: list[Token] = []
    for each in given:
        pieces = split_escaped(each, "|")
        if len(pieces) > 2 or not any(pieces):
            return invalid(parameter.name)
        system = plain(pieces[0]) if len(pieces) == 2 else None
        if parameter.system and system == parameter.system:
            system = None  # an element of datatype code has its system by its definition, not in the data
        found.append((system, plain(pieces[-1]) or None))
    if parameter.name == "_security":
        return SecurityFilter(tuple(found), negated)
    return TokenFilter(parameter.stored_as, tuple(found), negated)


def _uris(parameter: Parameter, given: list[str]) -> Filter | Refusal:
    if not all(given):
        return invalid(parameter.name)
    return TokenFilter(parameter.stored_as, tuple(("", plain(each)) for each in given))


def _dates(parameter: Parameter, given: list[str]) -> Filter | Refusal:
    found = []
    for each in given:
        prefix, text = _prefixed(each)
        span = moment_range(text.replace(" ", "+"))  # a + that came undecoded
        if span is None:
            return invalid(parameter.name)
        found.append((prefix, *span))
    return DateFilter(parameter.name, tuple(found))


def _quantities(parameter: Parameter, given: list[str]) -> Filter | Refusal:
    found = []
    for each in given:
        prefix, text = _prefixed(each)
        pieces = split_escaped(text, "|")
        number = searched_number(pieces[0])
        if number is None or len(pieces) not in (1, 3) or len(text) > _MAX_TEXT:
            return invalid(parameter.name)
        system, code = (plain(piece) or None for piece in (*pieces[1:], "", "")[:2])
        found.append(Measured(prefix, number, system, code))
    return QuantityFilter(parameter.name, tuple(found))


def _prefixed(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _strings(parameter: Parameter, given: list[str], modifier: str) -> Filter | Refusal:
    texts = [plain(each) for each in given]
    if modifier != "exact":
        texts = [folded(each) for each in texts]
    if not all(texts) or any(len(each) > _MAX_TEXT for each in texts):
        return invalid(parameter.name)
    return StringFilter(parameter.name, modifier or "begins", tuple(texts))


def _references(parameter: Parameter, given: list[str], type_: str) -> Filter | Refusal:
    found: set[str] = set()
    for each in map(plain, given):
        if not each or len(each) > _MAX_TEXT:
            return invalid(parameter.name)
        if "/" in each or ":" in each:
            found.update([each] if not type_ or each.startswith(f"{type_}/") else [])
        else:
            found.update(f"{target}/{each}" for target in _types(parameter, type_))
    return ReferenceFilter(parameter.name, tuple(sorted(found)))


def _types(parameter: Parameter, named: str) -> tuple[str, ...]:
    """The types that a bare id may be of: the one named, else those to which this parameter leads."""
    return (named,) if named else parameter.targets or tuple(TYPES)
