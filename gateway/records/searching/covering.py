"""consent.scope.Scope.covers as SQL over the record table; a property test holds the two together.

Every row that may leave passes this condition inside the query that finds it: matches, totals, and what comes
along with them. Not here: the parameters of a search (conditions).
"""

from sqlalchemy import ColumnElement, and_, exists, literal, not_, or_

from consent.scope import Scope
from consent.vocabulary import CONFIDENTIALITY_OPEN
from gateway.records.definitions.resource_types import TYPES
from gateway.records.tables import record, record_token

Condition = ColumnElement[bool]


def covered(scope: Scope, type_: str) -> Condition:
    """Whether a scope opens a row of the record table that is of this type."""
    named: Condition = literal(False)
    ids = sorted(id_ for of, _, id_ in (each.partition("/") for each in scope.records) if of == type_)
    if ids:
        named = record.c.id.in_(ids)
    general: list[Condition] = [record.c.kind.in_(sorted(scope.kinds))]
    if scope.codes:
        general.append(_is_about(TYPES[type_].code, scope.codes))
    if scope.start_ms is not None:
        general.append(and_(record.c.low.is_not(None), record.c.low >= scope.start_ms))
    if scope.end_ms is not None:
        general.append(and_(record.c.high.is_not(None), record.c.high <= scope.end_ms))
    return and_(_labels_open(scope), or_(named, and_(*general)))


def _is_about(parameter: str, codes: frozenset[str]) -> Condition:
    return exists().where(
        record_token.c.record == record.c.number,
        record_token.c.param == parameter,
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
