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

from sqlalchemy import Connection, Integer, Select, bindparam, func, select, tuple_

from consent.scope import Scope
from gateway.records.elements.json_text import hash_of
from gateway.records.searching.conditions import matching
from gateway.records.searching.covering import Condition, covered
from gateway.records.searching.filters import Filter, Refusal
from gateway.records.searching.inclusion import MAX_INCLUDED, Bounds, included
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.subsets import Subset, cut
from gateway.records.stamps import revision
from gateway.records.tables import record
from ledger.store.prepared import Prepared

__all__ = ["Page", "Query", "Refusal", "Stored", "parse_query", "read", "revision", "search"]

After = tuple[int | str, str]  # last sort key, last id

_FIELDS = (
    record.c.type, record.c.id, record.c.version, record.c.last_updated, record.c.json_text, record.c.kind,
    record.c.json_hash,
)  # fmt: skip
_KEPT_STATEMENTS = 256


class Stored(NamedTuple):
    """One record as it may be released; `last_updated` in ms UTC, `mode` match or include.

    `json_text` is what leaves (a part, when a part was asked for), and `json_hash` is of just that.
    """

    type: str
    id: str
    version: int
    last_updated: int
    json_text: str
    kind: str
    json_hash: str
    mode: str = "match"


@dataclass(frozen=True)
class Page:
    """Part of an answer: the matches in order, then what comes along with them.

    `total` counts all matches that the scope covers; `next_after` is None on the last page; `cut_short`: more
    comes along with these matches than one page holds.
    """

    records: list[Stored]
    total: int | None
    next_after: After | None
    cut_short: bool = False


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
    if asked.one:
        (bound["one_id"],) = query.ids[0]
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
    # Behind the record's own columns stand its number and the sort key.
    next_after = (page[-1][-1], page[-1][1]) if more else None
    # By the scope itself: what is asked of a Patient is not held against it, what comes along with one is.
    along = _along(conn, Bounds(institution, patient_id, scope, upper_revision), query, page)
    records = [Stored(*row[:-2]) for row in page] + [Stored(*row, mode="include") for row in along]
    wanted = [_part(each, query.subset) for each in records[: len(page) + MAX_INCLUDED]]
    return Page(wanted, total, next_after, len(along) > MAX_INCLUDED)


def read(
    conn: Connection, institution: str, patient_id: str, type_: str, id_: str, scope: Scope | None
) -> Stored | None:
    """One record, None when there is none or the scope does not cover it."""
    one = Query(type_, (), ids=(frozenset({id_}),), count=1, total=False)
    found = search(conn, institution, patient_id, one, scope).records
    return found[0] if found else None


def _along(conn: Connection, bounds: Bounds, query: Query, page: list[tuple[Any, ...]]) -> list[Any]:
    if not query.includes or not page:
        return []
    matches = [(row[-2], f"{row[0]}/{row[1]}") for row in page]
    return included(conn, bounds, matches, query.includes, query.may_include, _FIELDS)


def _part(stored: Stored, subset: Subset | None) -> Stored:
    """The record as it was asked for; _elements speaks of the matches alone."""
    if subset is None or (subset.names and stored.mode != "match"):
        return stored
    text = cut(stored.json_text, subset)
    return stored._replace(json_text=text, json_hash=hash_of(text))


class _Asked(NamedTuple):
    """What a statement depends on, besides the patient and the page. `one`: the id comes with each use."""

    type: str
    one: bool
    ids: tuple[frozenset[str], ...]
    version: int | None
    filters: tuple[Filter, ...]
    sort: str
    scope: Scope | None


def _asked(query: Query, scope: Scope | None) -> _Asked:
    # Demographics come with every grant.
    covering = None if query.type == "Patient" else scope
    one = len(query.ids) == 1 and len(query.ids[0]) == 1
    return _Asked(
        query.type, one, () if one else query.ids, query.version, query.filters, query.sort, covering
    )


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
    wanted: Select[Any] = select(*_FIELDS, record.c.number, key.label("key")).where(
        *_matching(asked, bounded)
    )
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
    if asked.one:
        conditions.append(record.c.id == _given("one_id"))
    conditions += [record.c.id.in_(sorted(ids)) for ids in asked.ids]
    if asked.version is not None:
        conditions.append(record.c.version == asked.version)
    conditions += [matching(each) for each in asked.filters]
    if asked.scope is not None:
        conditions.append(covered(asked.scope, asked.type))
    if bounded:
        conditions.append(record.c.revision <= _given("upper_revision"))
    return conditions


def _sort_key(sort: str) -> tuple[Any, bool]:
    columns = {"date": record.c.sort_date, "_lastUpdated": record.c.last_updated, "_id": record.c.id}
    return columns[sort.lstrip("-")], sort.startswith("-")


def _beyond(key: Any, descending: bool) -> Condition:
    last = tuple_(_given("after_key", key.type), _given("after_id", record.c.id.type))
    here = tuple_(key, record.c.id)
    return here < last if descending else here > last
