"""Reads the parameters of a FHIR search on one type, refusing whatever would widen the answer unseen.

FHIR R4 search. A dropped filter widens a disclosure, so an unknown name is refused unless the client asked
for lenient handling; names that begin with _ and are unknown are left out. Not here: paging cursors,
includes, and who may ask.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.records.dates import moment_range
from gateway.records.resource_types import TYPES, ResourceType

MAX_COUNT = 200
DEFAULT_COUNT = 100
MAX_VALUES = 50  # alternatives of one parameter
MAX_PARAMETERS = 20
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
SORTS = frozenset({"date", "-date", "_lastUpdated", "-_lastUpdated", "_id", "-_id"})


@dataclass(frozen=True)
class Refusal:
    """Why a search is not made: not-supported, invalid-value, patient-required or type-unknown.

    `detail` names a parameter, never a value.
    """

    code: str
    detail: str


@dataclass(frozen=True)
class TokenFilter:
    """Any of these tokens: (system or None for any, code or None for any)."""

    name: str
    values: tuple[tuple[str | None, str | None], ...]


@dataclass(frozen=True)
class DateFilter:
    """Any of these ranges in ms UTC, each with its prefix."""

    name: str
    values: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Query:
    """A search of one type. `parameters` are those that count, as written: for the self link and the log."""

    type: str
    parameters: tuple[tuple[str, str], ...]
    patients: tuple[frozenset[str], ...] = ()  # local ids; every set must hold the patient
    ids: tuple[frozenset[str], ...] = ()
    tokens: tuple[TokenFilter, ...] = ()
    dates: tuple[DateFilter, ...] = ()
    count: int = DEFAULT_COUNT
    sort: str = "-date"
    total: bool = True

    @property
    def text(self) -> str:
        """The search as a relative URL, written anew from what was understood."""
        return self.type + ("?" + urlencode(self.parameters) if self.parameters else "")


def parse_query(
    type_: str, args: Iterable[tuple[str, str]], handling: str = "strict", base: str = ""
) -> Query | Refusal:
    """The search that these parameters state.

    `args` are decoded pairs in order, `handling` is as in Prefer, `base` our own FHIR URL: a reference that
    begins with it is relative to it.
    """
    kind = TYPES.get(type_)
    if kind is None or not (kind.patient or type_ == "Patient"):
        return Refusal("type-unknown", type_ if type_.isascii() and type_.isalpha() else "")
    parts, given = _Parts(), list(_pairs(args))
    if len(given) > MAX_PARAMETERS:
        return Refusal("not-supported", f"More than {MAX_PARAMETERS} parameters.")
    for name, value in given:
        fault = _add(kind, parts, name, _of_own(base, value), handling)
        if fault is not None:
            return fault
    if not parts.patients and not parts.ids:
        return Refusal("patient-required", "Name the parameter patient or _id.")
    return Query(
        type_, tuple(parts.parameters), tuple(parts.patients), tuple(parts.ids), tuple(parts.tokens),
        tuple(parts.dates), parts.count, parts.sort, parts.total,
    )  # fmt: skip


def _pairs(args: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    items = getattr(args, "items", None)
    return items(multi=True) if callable(items) else args  # a werkzeug MultiDict


def _of_own(base: str, value: str) -> str:
    return value.removeprefix(base.rstrip("/") + "/") if base else value


class _Parts:
    """What was read so far."""

    def __init__(self) -> None:
        self.parameters: list[tuple[str, str]] = []
        self.patients: list[frozenset[str]] = []
        self.ids: list[frozenset[str]] = []
        self.tokens: list[TokenFilter] = []
        self.dates: list[DateFilter] = []
        self.count, self.sort, self.total = DEFAULT_COUNT, "-date", True


def _add(kind: ResourceType, parts: _Parts, name: str, value: str, handling: str) -> Refusal | None:
    plain, colon, modifier = name.partition(":")
    known = kind.by_name.get(plain)
    asked = known.type if known is not None and known.is_public else ""
    if plain == "_lastUpdated" or asked == "date":
        fault = _dates(parts, plain, value)
    elif plain == "_id":
        fault = _ids(parts.ids, plain, value)
    elif plain in ("patient", "subject") and kind.patient not in ("", "target"):
        fault = _ids(parts.patients, plain, _of_patient(value))
        colon = "" if modifier == "Patient" else colon
    elif asked == "token" and not plain.startswith("_"):
        fault = _tokens(parts, plain, value)
    elif plain in ("_count", "_sort", "_total", "_summary"):
        fault = _control(parts, plain, value, handling)
    elif plain.startswith("_") or handling == "lenient":
        return None  # left out, also of the self link
    else:
        return Refusal("not-supported", f"Parameter {_shown(plain)} is not supported for {kind.name}.")
    if colon:  # R4 section 3.1.1.4.4: an unsupported modifier is always refused
        return Refusal("not-supported", f"Modifiers of {_shown(plain)} are not supported.")
    if fault is None:
        parts.parameters.append((name, value))
    return fault


def _shown(name: str) -> str:
    known_form = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if known_form and len(name) <= 40 else "?"


def _invalid(name: str) -> Refusal:
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


def _plain(text: str) -> str:
    for mark in (",", "|", "$"):
        text = text.replace("\\" + mark, mark)
    return text.replace("\\\\", "\\")


def _ids(into: list[frozenset[str]], name: str, value: str) -> Refusal | None:
    values = split_escaped(value, ",")
    if len(values) > MAX_VALUES or not all(values) or any(len(each) > 256 for each in values):
        return _invalid(name)
    into.append(frozenset(values))
    return None


def _of_patient(value: str) -> str:
    """Patient/123 and 123 are equal; anything else stays as it is and matches no local id."""
    each = split_escaped(value, ",")
    return ",".join(one.removeprefix("Patient/") for one in each)


def _tokens(parts: _Parts, name: str, value: str) -> Refusal | None:
    values = split_escaped(value, ",")
    found = []
    for each in values:
        pieces = split_escaped(each, "|")
        if len(pieces) > 2 or not any(pieces):
            return _invalid(name)
        system = _plain(pieces[0]) if len(pieces) == 2 else None
        found.append((system, _plain(pieces[-1]) or None))
    if len(values) > MAX_VALUES:
        return _invalid(name)
    parts.tokens.append(TokenFilter(name, tuple(found)))
    return None


def _dates(parts: _Parts, name: str, value: str) -> Refusal | None:
    found = []
    for each in value.split(","):
        prefix, text = (each[:2], each[2:]) if each[:2] in PREFIXES else ("eq", each)
        span = moment_range(text.replace(" ", "+"))  # a + that came undecoded
        if span is None:
            return _invalid(name)
        found.append((prefix, *span))
    if len(found) > MAX_VALUES:
        return _invalid(name)
    parts.dates.append(DateFilter(name, tuple(found)))
    return None


def _control(parts: _Parts, name: str, value: str, handling: str) -> Refusal | None:
    if name == "_count":
        if not value.isascii() or not value.isdigit():
            return _invalid(name)
        parts.count = min(int(value[:9]), MAX_COUNT)
    elif name == "_sort":
        keys = [key for key in value.split(",") if key not in ("_id", "")] or value.split(",")[:1]
        if len(keys) != 1 or keys[0] not in SORTS:
            return None if handling == "lenient" else Refusal("not-supported", "This _sort is not supported.")
        parts.sort = keys[0]
    elif name == "_total" and value == "none":
        parts.total = False
    elif name == "_summary" and value == "count":
        parts.count = 0
    return None
