"""Finds what comes along with the matches of a page: what they refer to, and what refers to them.

FHIR R4 search, _include and _revinclude. Each record that comes along passes the same decision as a match,
inside the SQL: same patient, same scope, same revision; what it does not open is left out without a word, so
it cannot be told from what does not exist. Not here: an include of an include (:iterate is refused).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, select

from consent.scope import Scope
from gateway.records.definitions.resource_types import TYPES
from gateway.records.searching.controls import Include
from gateway.records.searching.covering import Condition, covered
from gateway.records.tables import record, record_reference

MAX_INCLUDED = 1000
_AT_ONCE = 500


class Bounds(NamedTuple):
    """What every record of an answer must be within. `upper_revision` None: the newest."""

    institution: str
    patient_id: str
    scope: Scope | None
    upper_revision: int | None


def included(
    conn: Connection,
    bounds: Bounds,
    matches: Sequence[tuple[int, str]],
    includes: Iterable[Include],
    may_include: Collection[str] | None,
    fields: Sequence[Any],
) -> list[Any]:
    """Rows of `fields` that come along, by type and id: at most MAX_INCLUDED, and one to say there are more.

    `matches` are (number, Type/id); they are not among what comes along.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in includes:
        for name in _referring(conn, bounds, matches, each) if each.reverse else _cited(conn, matches, each):
            type_, _, id_ = name.partition("/")
            if type_ in TYPES and (may_include is None or type_ in may_include):
                wanted[type_].add(id_)
    present = {name for _, name in matches}
    found: list[Any] = []
    for type_, ids in sorted(wanted.items()):
        missing = sorted(id_ for id_ in ids if f"{type_}/{id_}" not in present)
        found += _rows(conn, bounds, type_, missing, fields, MAX_INCLUDED + 1 - len(found))
    return found


def _cited(conn: Connection, matches: Sequence[tuple[int, str]], include: Include) -> Iterable[str]:
    """Type/id of what the matches refer to by the include's parameter."""
    for some in _pieces([number for number, _ in matches]):
        query = select(record_reference.c.target).where(
            record_reference.c.record.in_(some), record_reference.c.param == include.parameter
        )
        for target in conn.execute(query).scalars():
            if include.target in ("", target.partition("/")[0]):
                yield target


def _referring(
    conn: Connection, bounds: Bounds, matches: Sequence[tuple[int, str]], include: Include
) -> Iterable[str]:
    """Type/id of the patient's records that refer to a match by the include's parameter."""
    for some in _pieces([name for _, name in matches]):
        refers = exists().where(
            record_reference.c.record == record.c.number,
            record_reference.c.param == include.parameter,
            record_reference.c.target.in_(some),
        )
        query = select(record.c.type, record.c.id).where(*_within(bounds, include.type), refers)
        for type_, id_ in conn.execute(query):
            yield f"{type_}/{id_}"


def _rows(
    conn: Connection, bounds: Bounds, type_: str, ids: Sequence[str], fields: Sequence[Any], most: int
) -> list[Any]:
    found: list[Any] = []
    for some in _pieces(ids):
        query = select(*fields).where(*_within(bounds, type_), record.c.id.in_(some)).order_by(record.c.id)
        found += conn.execute(query.limit(max(0, most - len(found)))).all()
    return found


def _within(bounds: Bounds, type_: str) -> Iterable[Condition]:
    yield record.c.institution == bounds.institution
    yield record.c.patient_id == bounds.patient_id
    yield record.c.type == type_
    if bounds.scope is not None and type_ != "Patient":  # demographics come with every grant
        yield covered(bounds.scope, type_)
    if bounds.upper_revision is not None:
        yield record.c.revision <= bounds.upper_revision


def _pieces(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
