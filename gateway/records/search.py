"""Answers searches and reads from the store, holding every row against the scope inside the SQL.

FHIR R4 search. A record that the scope does not cover cannot be told from one that does not exist: not in
entries, totals, order or the position of the next page.
1. scope None is the custodian's own use; every disclosure passes a Scope.
2. A page ends at its last sort key and _id, and at the revision of the first page, so pages neither overlap
   nor grow while records arrive.
3. Building and compiling a search costs more than running it, so what differs between patients and pages is
   bound, and the statement of the same search under the same scope is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from consent.scope import Scope
from consent.vocabulary import CONFIDENTIALITY_OPEN
from gateway.records.query import DateFilter, Query, Refusal, TokenFilter, parse_query
from gateway.records.resource_types import CODE_PARAMETERS
from gateway.records.stamps import revision
from gateway.records.tables import record, record_date, record_token
from ledger.store.prepared import Prepared

__all__ = ["Page", "Query", "Refusal", "Stored", "covered", "parse_query", "read", "revision", "search"]

Condition = ColumnElement[bool]
After = tuple[int | str, str]  # last sort key, last id

_FIELDS = (
    record.c.type, record.c.id, record.c.version, record.c.last_updated, record.c.json_text, record.c.kind,
    record.c.json_hash,
)  # fmt: skip


_KEPT_STATEMENTS = 256


class Stored(NamedTuple):
    """One record as it may be released; `last_updated` in ms UTC."""

    type: str
    id: str
    version: int
    last_updated: int
    json_text: str
    kind: str
    json_hash: str


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
    asked = _asked(query, scope)
    bound: dict[str, Any] = {"institution": institution, "patient": patient_id}
    if upper_revision is not None:
        bound["upper_revision"] = upper_revision
    if not query.count:
        return Page([], _count(conn, asked, bound), None)
    place = {} if after is None else {"after_key": after[0], "after_id": after[1]}
    statement = _page_statement(asked, "upper_revision" in bound, after is not None)
    found = statement.all(conn, **bound, **place, most=query.count + 1)
    more = len(found) > query.count
    page = found[: query.count]
    total = None
    if query.total:
        # A first page that holds everything has been counted already.
        total = _count(conn, asked, bound) if more or after is not None else len(page)
    # Behind the record's own columns stands the sort key.
    next_after = (page[-1][-1], page[-1][1]) if more else None
    return Page([Stored._make(row[:-1]) for row in page], total, next_after)


def read(
    conn: Connection, institution: str, patient_id: str, type_: str, id_: str, scope: Scope | None
) -> Stored | None:
    """One record, None when there is none or the scope does not cover it."""
    one = Query(type_, (), ids=(frozenset({id_}),), count=1, total=False)
    found = search(conn, institution, patient_id, one, scope).records
    return found[0] if found else None


class _Asked(NamedTuple):
    """What a statement depends on, besides the patient and the page."""

    type: str
    ids: tuple[frozenset[str], ...]
    tokens: tuple[TokenFilter, ...]
    dates: tuple[DateFilter, ...]
    sort: str
    scope: Scope | None


def _asked(query: Query, scope: Scope | None) -> _Asked:
    # Demographics come with every grant.
    covering = None if query.type == "Patient" else scope
    return _Asked(query.type, query.ids, query.tokens, query.dates, query.sort, covering)


def _count(conn: Connection, asked: _Asked, bound: dict[str, Any]) -> int:
    row = _count_statement(asked, "upper_revision" in bound).all(conn, **bound)[0]
    return int(row[0])


@lru_cache(_KEPT_STATEMENTS)
def _count_statement(asked: _Asked, bounded: bool) -> Prepared:
    return Prepared(select(func.count()).select_from(record).where(*_matching(asked, bounded)))


@lru_cache(_KEPT_STATEMENTS)
def _page_statement(asked: _Asked, bounded: bool, continued: bool) -> Prepared:
    key, descending = _sort_key(asked.sort)
    order = (key.desc(), record.c.id.desc()) if descending else (key, record.c.id)
    wanted: Select[Any] = select(*_FIELDS, key.label("key")).where(*_matching(asked, bounded))
    if continued:
        wanted = wanted.where(_beyond(key, descending))
    return Prepared(wanted.order_by(*order).limit(_given("most", Integer())))


def _given(name: str, type_: Any = None) -> Any:
    """A value that comes with each use of a statement."""
    return bindparam(name, None, type_=type_)


def _matching(asked: _Asked, bounded: bool) -> list[Condition]:
    conditions: list[Condition] = [
        record.c.institution == _given("institution"),
        record.c.patient_id == _given("patient"),
        record.c.type == asked.type,
    ]
    conditions += [record.c.id.in_(sorted(ids)) for ids in asked.ids]
    conditions += [_has_token(each) for each in asked.tokens]
    conditions += [_has_date(each) for each in asked.dates]
    if asked.scope is not None:
        conditions.append(covered(asked.scope))
    if bounded:
        conditions.append(record.c.revision <= _given("upper_revision"))
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


def _beyond(key: Any, descending: bool) -> Condition:
    last = tuple_(_given("after_key", key.type), _given("after_id", record.c.id.type))
    here = tuple_(key, record.c.id)
    return here < last if descending else here > last
