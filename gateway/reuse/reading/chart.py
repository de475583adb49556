"""Reads from one chart what a check needs and no more: results of some codes, and what happened since.

Not here: whether the reader may look and that it is written down (gateway.looks), open views of other
institutions' records (sight).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_

from consent.reuse.orders import Context
from consent.reuse.results import Result
from gateway.records.elements.facts import values_at
from gateway.records.elements.json_text import parse
from gateway.records.tables import record, record_token
from gateway.reuse.reading.collection import EARLIEST_ZONE_MS
from gateway.reuse.reading.context import context_of
from gateway.reuse.reading.results import results_of

Json = dict[str, Any]

FOR_EVER_MS = 2**61
OLDER_SHOWN = 20  # of those beyond the reach: enough to say what there was
_VOID_REPORT = ("cancelled", "entered-in-error")
_DRUGS = ("MedicationRequest", "MedicationAdministration")
_VISITS = ("AMB", "VR", "HH")  # v3-ActCode: nobody lies in intensive care in them
_AT_ONCE = 500  # ids in one statement


def read_chart(
    conn: Connection,
    institution: str,
    patient_id: str,
    codes: frozenset[str],
    at: int,
    reach_ms: int = FOR_EVER_MS,
) -> tuple[tuple[Result, ...], Context]:
    """Results with one of these codes ("system|code") and events, of the last `reach_ms` before `at`.

    The greatest horizon of the rules in question is enough: what is older is neither offered nor recent. Of
    results beyond it the newest OLDER_SHOWN come along.
    """
    own = and_(record.c.institution == institution, record.c.patient_id == patient_id)
    observations = _observations(conn, own, codes, at - reach_ms)
    beside = [*_void_reports(conn, own), *_specimens(conn, own, observations)]
    results = results_of([*observations, *beside], source=institution, own=True, patient=patient_id)
    # Also without a result of our own: what happened here counts for one that a view holds.
    return results, _context(conn, own, at - reach_ms)


def _pairs(codes: Iterable[str]) -> list[tuple[str, str]]:
    split = [each.partition("|") for each in codes]
    return [(system, code) for system, _, code in split]


def _observations(
    conn: Connection, own: ColumnElement[bool], codes: frozenset[str], since: int
) -> list[Json]:
    """Observations with one of these codes, newest first."""
    token = record_token.c
    coded = or_(*(and_(token.system == system, token.code == code) for system, code in _pairs(sorted(codes))))
    tagged = (
        select(token.record).where(token.record == record.c.number, token.param == "code", coded).exists()
    )
    query = select(record.c.json_text, record.c.sort_date).where(own, record.c.type == "Observation", tagged)
    found: list[Json] = []
    older = 0
    for row in conn.execute(query.order_by(record.c.sort_date.desc(), record.c.id)):
        # A day may begin hours before it does in UTC: what is only just too old is read.
        older += row.sort_date < since - EARLIEST_ZONE_MS
        if older > OLDER_SHOWN:
            break
        found.append(parse(row.json_text))
    return found


def _void_reports(conn: Connection, own: ColumnElement[bool]) -> list[Json]:
    """Reports that void the results in them."""
    token = record_token.c
    void = select(token.record).where(
        token.record == record.c.number, token.param == "status", token.code.in_(_VOID_REPORT)
    )
    query = select(record.c.json_text).where(own, record.c.type == "DiagnosticReport", void.exists())
    return [parse(text) for text in conn.execute(query).scalars()]


def _specimens(conn: Connection, own: ColumnElement[bool], observations: list[Json]) -> list[Json]:
    named = {
        target.removeprefix("Specimen/")
        for each in observations
        for target in values_at(each, "specimen.reference")
        if type(target) is str and target.startswith("Specimen/")
    }
    ids, found = sorted(named), []
    for start in range(0, len(ids), _AT_ONCE):
        some = record.c.id.in_(ids[start : start + _AT_ONCE])
        query = select(record.c.json_text).where(own, record.c.type == "Specimen", some)
        found += [parse(text) for text in conn.execute(query).scalars()]
    return found


def _context(conn: Connection, own: ColumnElement[bool], since: int) -> Context:
    token = record_token.c
    visit = select(token.record).where(
        token.record == record.c.number, token.param == "class", token.code.in_(_VISITS)
    )
    stay = and_(record.c.type == "Encounter", ~visit.exists())
    lasting = and_(
        or_(record.c.type == "Procedure", stay), or_(record.c.high.is_(None), record.c.high > since)
    )
    recent = and_(record.c.type.in_(_DRUGS), or_(record.c.low.is_(None), record.c.sort_date >= since))
    # A condition begins once and may go on: all of them.
    wanted = or_(record.c.type == "Condition", lasting, recent)
    query = select(record.c.json_text).where(own, wanted)
    found = context_of(parse(text) for text in conn.execute(query).scalars())
    new = {each.code for each in found.events if each.kind == "new-drug" and each.code is not None}
    earlier = _ordered_before(conn, own, new, since)
    events = tuple(each for each in found.events if each.kind != "new-drug" or each.code not in earlier)
    return replace(found, events=events)


def _ordered_before(conn: Connection, own: ColumnElement[bool], codes: set[str], since: int) -> set[str]:
    """Those of the drugs that were ordered before: they are not new."""
    if not codes:
        return set()
    token = record_token.c
    query = (
        select(token.system, token.code)
        .distinct()
        .join(record, record.c.number == token.record)
        .where(own, record.c.type.in_(_DRUGS), record.c.sort_date < since)
        .where(token.param == "code", tuple_(token.system, token.code).in_(_pairs(sorted(codes))))
    )
    return {f"{row.system}|{row.code}" for row in conn.execute(query)}
