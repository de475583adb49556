"""Answers searches and reads from the store, holding every row against the scope inside the SQL.

FHIR R4 search. A record that the scope does not cover cannot be told from one that does not exist: not in
entries, totals, order or the position of the next page.
1. scope None is the custodian's own use; every disclosure passes a Scope.
2. A page ends at its last sort key and _id, and at the revision of the first page, so pages neither overlap
   nor grow while records arrive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, not_, or_, select, tuple_

from consent.scope import Scope
from consent.vocabulary import CONFIDENTIALITY_OPEN
from gateway.records.query import DateFilter, Query, Refusal, TokenFilter, parse_query
from gateway.records.resource_types import CODE_PARAMETERS
from gateway.records.stamps import revision
from gateway.records.tables import record, record_date, record_token

__all__ = ["Page", "Query", "Refusal", "Stored", "covered", "parse_query", "read", "revision", "search"]

Condition = ColumnElement[bool]
After = tuple[int | str, str]  # last sort key, last id

_FIELDS = (
    record.c.type, record.c.id, record.c.version, record.c.last_updated, record.c.json_text, record.c.kind,
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """One record as it may be released; `last_updated` in ms UTC."""

    type: str
    id: str
    version: int
    last_updated: int
    json_text: str
    kind: str


@dataclass(frozen=True)
class Page:
    """Part of an answer. `total` counts all that the scope covers; `next_after` is None on the last page."""

    records: list[Stored]
    total: int | None
    next_after: After | None


def search(
    conn: Connection,
    institution: str,
    patient_id: str,
    query: Query,
    scope: Scope | None,
    after: Sequence[Any] | None = None,
    upper_revision: int | None = None,
) -> Page:
    """One page of a patient's records. `after` is the previous page's `next_after`."""
    if not all(patient_id in allowed for allowed in query.patients):
        return Page([], 0 if query.total else None, None)
    matching = and_(*_matching(institution, patient_id, query, scope))
    if upper_revision is not None:
        matching &= record.c.revision <= upper_revision
    total = None
    if query.total or not query.count:
        total = conn.execute(select(func.count()).select_from(record).where(matching)).scalar_one()
    if not query.count:
        return Page([], total, None)
    key, descending = _sort_key(query.sort)
    wanted = matching if after is None else matching & _beyond(key, descending, after)
    order = (key.desc(), record.c.id.desc()) if descending else (key, record.c.id)
    page_query = select(*_FIELDS, key.label("key")).where(wanted).order_by(*order)
    found = conn.execute(page_query.limit(query.count + 1)).all()
    page = found[: query.count]
    next_after = (page[-1].key, page[-1].id) if len(found) > query.count else None
    return Page([Stored(*row[:-1]) for row in page], total, next_after)


def read(
    conn: Connection, institution: str, patient_id: str, type_: str, id_: str, scope: Scope | None
) -> Stored | None:
    """One record, None when there is none or the scope does not cover it."""
    conditions = [*_of_patient(institution, patient_id, type_), record.c.id == id_]
    if scope is not None and type_ != "Patient":
        conditions.append(covered(scope))
    row = conn.execute(select(*_FIELDS).where(*conditions)).first()
    return None if row is None else Stored(*row)


def _of_patient(institution: str, patient_id: str, type_: str) -> list[Condition]:
    return [
        record.c.institution == institution,
        record.c.patient_id == patient_id,
        record.c.type == type_,
    ]


def _matching(institution: str, patient_id: str, query: Query, scope: Scope | None) -> list[Condition]:
    conditions = _of_patient(institution, patient_id, query.type)
    conditions += [record.c.id.in_(sorted(ids)) for ids in query.ids]
    conditions += [_has_token(each) for each in query.tokens]
    conditions += [_has_date(each) for each in query.dates]
    if scope is not None and query.type != "Patient":  # demographics come with every grant
        conditions.append(covered(scope))
    return conditions


def covered(scope: Scope) -> Condition:
    """consent.scope.Scope.covers as SQL over the record table; a property test holds the two together."""
    named: Condition = literal(False)
    if scope.records:
        named = (record.c.type + "/" + record.c.id).in_(sorted(scope.records))
    general: list[Condition] = [record.c.kind.in_(sorted(scope.kinds))]
    if scope.codes:
        general.append(_is_about(scope.codes))
    if scope.start_ms is not None:
        general.append(and_(record.c.low.is_not(None), record.c.low >= scope.start_ms))
    if scope.end_ms is not None:
        general.append(and_(record.c.high.is_not(None), record.c.high <= scope.end_ms))
    return and_(_labels_open(scope), or_(named, and_(*general)))


def _is_about(codes: frozenset[str]) -> Condition:
    return exists().where(
        record_token.c.record == record.c.number,
        record_token.c.param.in_(CODE_PARAMETERS),
        (record_token.c.system + "|" + record_token.c.code).in_(sorted(codes)),
    )


def _labels_open(scope: Scope) -> Condition:
    opened = sorted(CONFIDENTIALITY_OPEN | scope.sensitive)
    closed = exists().where(
        record_token.c.record == record.c.number,
        record_token.c.param == "_label",
        record_token.c.code.not_in(opened),
    )
    return or_(record.c.labels == "", not_(closed))


def _has_token(wanted: TokenFilter) -> Condition:
    choices = []
    for system, code in wanted.values:
        parts: list[Condition] = []
        if system is not None:
            parts.append(record_token.c.system == system)
        if code is not None:
            parts.append(record_token.c.code == code)
        choices.append(and_(*parts))
    return exists().where(
        record_token.c.record == record.c.number, record_token.c.param == wanted.name, or_(*choices)
    )


def _has_date(wanted: DateFilter) -> Condition:
    if wanted.name == "_lastUpdated":
        low = record.c.last_updated
        return or_(*(_compare(prefix, low, low + 1, *span) for prefix, *span in wanted.values))
    low, high = record_date.c.low, record_date.c.high
    return exists().where(
        record_date.c.record == record.c.number,
        record_date.c.param == wanted.name,
        or_(*(_compare(prefix, low, high, *span) for prefix, *span in wanted.values)),
    )


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


def _sort_key(sort: str) -> tuple[Any, bool]:
    columns = {"date": record.c.sort_date, "_lastUpdated": record.c.last_updated, "_id": record.c.id}
    return columns[sort.lstrip("-")], sort.startswith("-")


def _beyond(key: Any, descending: bool, after: Sequence[Any]) -> Condition:
    last = tuple_(literal(after[0]), literal(after[1]))
    here = tuple_(key, record.c.id)
    return here < last if descending else here > last
