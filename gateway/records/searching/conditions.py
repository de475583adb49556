"""Turns each filter of a search into SQL over the record table and the index beside it.

FHIR R4 search. Every condition asks for one record at a time (EXISTS by the record's number, which is the
index's first column), so it costs a look for each candidate of one patient and never a scan of all. Not here:
whose records are searched, and what a scope covers (covering).
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, not_, or_, true

from consent.vocabulary import ACT_CODE, CONFIDENTIALITY, CONFIDENTIALITY_OPEN, RESTRICTED
from gateway.records.searching.filters import (
    DateFilter,
    Filter,
    Measured,
    MissingFilter,
    QuantityFilter,
    ReferenceFilter,
    SecurityFilter,
    StringFilter,
    Token,
    TokenFilter,
)
from gateway.records.tables import (
    record,
    record_date,
    record_quantity,
    record_reference,
    record_string,
    record_token,
)

Condition = ColumnElement[bool]

_HEIGHTS = sorted(CONFIDENTIALITY_OPEN | {RESTRICTED, "V"})
_TABLES = {
    "token": record_token,
    "uri": record_token,
    "date": record_date,
    "quantity": record_quantity,
    "string": record_string,
    "reference": record_reference,
}


def matching(wanted: Filter) -> Condition:
    """Whether a row of the record table matches one filter."""
    match wanted:
        case TokenFilter():
            found = _row_of(record_token, wanted.rows, or_(*map(_token, wanted.values)))
            return not_(found) if wanted.negated else found
        case SecurityFilter():
            found = or_(*map(_labelled, wanted.values))
            return not_(found) if wanted.negated else found
        case DateFilter():
            return _dated(wanted)
        case QuantityFilter():
            return _row_of(record_quantity, (wanted.name,), or_(*map(_measured, wanted.values)))
        case ReferenceFilter():
            return _row_of(record_reference, (wanted.name,), record_reference.c.target.in_(wanted.targets))
        case StringFilter():
            return _row_of(record_string, (wanted.name,), or_(*_texts(wanted)))
        case MissingFilter():
            present = _present(wanted)
            return not_(present) if wanted.missing else present


def _row_of(table: Table, rows: Iterable[str], condition: Condition) -> Condition:
    return exists().where(table.c.record == record.c.number, table.c.param.in_(list(rows)), condition)


def _token(value: Token) -> Condition:
    system, code = value
    parts: list[Condition] = []
    if system is not None:
        parts.append(record_token.c.system == system)
    if code is not None:
        parts.append(record_token.c.code == code)
    return and_(*parts)


def _labelled(value: Token) -> Condition:
    """A label as meta.security states it: those of a decision from the record's labels, others as stored."""
    system, code = value
    found = [_row_of(record_token, ("_security",), _token(value))]
    if system in (None, ACT_CODE):
        sensitive = record_token.c.code.not_in(_HEIGHTS)
        named = sensitive if code is None else and_(sensitive, record_token.c.code == code)
        found.append(_row_of(record_token, ("_label",), named))
    if system in (None, CONFIDENTIALITY) and code in (None, RESTRICTED, "V"):
        very = _row_of(record_token, ("_label",), record_token.c.code == "V")
        heights = {None: true(), RESTRICTED: not_(very), "V": very}
        found.append(and_(record.c.labels != "", heights[code]))
    return or_(*found)


def _dated(wanted: DateFilter) -> Condition:
    if wanted.name == "_lastUpdated":
        low = record.c.last_updated
        return or_(*(_compare(prefix, low, low + 1, *span) for prefix, *span in wanted.values))
    low, high = record_date.c.low, record_date.c.high
    spans = (_compare(prefix, low, high, *span) for prefix, *span in wanted.values)
    return _row_of(record_date, (wanted.name,), or_(*spans))


def _compare(prefix: str, low: Any, high: Any, start: int, end: int) -> Condition:
    """The value [low, high) against the searched [start, end): FHIR R4's table of prefixes."""
    inside = and_(low >= start, high <= end)
    match prefix:
        case "ne":
            return not_(inside)
        case "gt":
            return high > end
        case "lt":
            return low < start
        case "ge":
            return or_(inside, high > end)
        case "le":
            return or_(inside, low < start)
        case "sa":
            return low >= end
        case "eb":
            return high <= start
        case "ap":
            return and_(low < end, high > start)
        case _:
            return inside


def _measured(wanted: Measured) -> Condition:
    parts = [_compare_numbers(wanted)]
    if wanted.system is not None:
        parts.append(record_quantity.c.system == wanted.system)
    if wanted.code is not None:
        coded: Condition = record_quantity.c.code == wanted.code
        # Without a system a person's word for the unit will do; with one, the unit is that system's code.
        parts.append(coded if wanted.system else or_(coded, record_quantity.c.unit == wanted.code))
    return and_(*parts)


def _compare_numbers(wanted: Measured) -> Condition:
    """The value [low, high] against a number; behind a prefix that orders, the number is exact."""
    low, high, number = record_quantity.c.low, record_quantity.c.high, wanted.number
    inside = and_(low >= number.low, high < number.high)
    match wanted.prefix:
        case "ne":
            return not_(inside)
        case "gt":
            return high > number.exact
        case "lt":
            return low < number.exact
        case "ge":
            return high >= number.exact
        case "le":
            return low <= number.exact
        case "sa":
            return low > number.exact
        case "eb":
            return high < number.exact
        case "ap":
            return and_(low <= number.nearly[1], high >= number.nearly[0])
        case _:
            return inside


def _texts(wanted: StringFilter) -> Iterable[Condition]:
    value, folded = record_string.c.value, record_string.c.folded
    for text in wanted.values:
        match wanted.how:
            case "exact":
                yield value == text
            case "contains":
                yield folded.contains(text, autoescape=True)
            case _:
                yield folded.startswith(text, autoescape=True)


def _present(wanted: MissingFilter) -> Condition:
    if wanted.type == "security":
        return or_(record.c.labels != "", _row_of(record_token, ("_security",), true()))
    return _row_of(_TABLES[wanted.type], wanted.rows, true())
