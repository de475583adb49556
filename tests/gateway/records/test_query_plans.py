"""No search reads a whole table: what SQLite says it will do, for each statement that a search sends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from consent.scope import Scope, parse_scope
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import search
from tests.gateway.records.store import WX, Store, encounter, observation, patient, report
from tests.postgres import sqlite_alone

pytestmark = sqlite_alone

SEARCHES = {
    "all of a type": ("Observation", ""),
    "one record": ("Observation", "_id=x"),
    "a page that goes on": ("Observation", "_count=1"),
    "by id": ("Observation", "_sort=_id"),
    "by the time of the last change": ("Observation", "_sort=-_lastUpdated"),
    "a count": ("Observation", "_summary=count"),
    "a code": ("Observation", "code=http://loinc.org|4548-4"),
    "a code of itself or a part": ("Observation", "combo-code=4548-4,x"),
    "a code it has not": ("Observation", "code:not=x"),
    "a time": ("Observation", "date=ge2025&date=lt2026"),
    "the last change": ("Observation", "_lastUpdated=ge2025"),
    "a quantity": ("Observation", "value-quantity=gt5|http://unitsofmeasure.org|%25"),
    "a reference": ("Observation", "encounter=x"),
    "what is missing": ("Observation", "encounter:missing=true&date:missing=false"),
    "a label": ("Observation", "_security=HIV"),
    "a tag and a profile": ("Observation", "_tag=x&_profile=x"),
    "a name": ("Patient", "name=x"),
    "with what it refers to": ("DiagnosticReport", "_include=DiagnosticReport:result"),
    "with what refers to it": ("Observation", "_revinclude=Provenance:target"),
}
SCOPES = {
    "the custodian's own": None,
    "kinds": {"kinds": ["laboratory", "other"]},
    "everything a scope can say": {
        "kinds": ["laboratory", "other"], "from": "2020-01-01", "to": "2030-01-01", "sensitive": ["HIV"],
        "codes": ["http://loinc.org|4548-4"], "records": ["Observation/x", "Provenance/y"]},
}  # fmt: skip
SCAN = re.compile(r"\bSCAN\b(?! (?:CONSTANT|\d+ CONSTANT))")


@contextmanager
def selects(db: Engine) -> Iterator[list[str]]:
    """Each SELECT that the database itself sees, its values written into it."""
    seen: list[str] = []

    def hear(text: str) -> None:
        if text.lstrip().upper().startswith("SELECT"):
            seen.append(text)

    def connect(raw: Any, _record: Any, _proxy: Any) -> None:
        raw.set_trace_callback(hear)

    event.listen(db, "checkout", connect)
    yield seen
    event.remove(db, "checkout", connect)


@pytest.fixture
def chart(store: Store) -> Store:
    store.take(
        patient(), encounter(),
        *(observation(f"o{n}", encounter={"reference": "Encounter/e1"}) for n in range(3)),
        report(result=[{"reference": "Observation/o1"}]),
        {"resourceType": "Provenance", "id": "v", "recorded": "2025-01-01T00:00:00Z",
         "target": [{"reference": "Observation/o1"}]},
    )  # fmt: skip
    return store


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("case", SEARCHES)
def test_a_search_scans_no_table(chart: Store, case: str, scope: str) -> None:
    type_, text = SEARCHES[case]
    who, members = chart.patient(), SCOPES[scope]
    granted = None if members is None else parse_scope(members)
    assert granted is None or isinstance(granted, Scope)
    whose = [] if type_ == "Patient" else [("patient", who)]
    query = parse_query(type_, [*whose, *(pair.split("=", 1) for pair in text.split("&") if pair)])
    assert isinstance(query, Query), query
    with selects(chart.db) as seen, chart.db.connect() as conn:
        page = search(conn, WX, who, query, granted)
        if page.next_after is not None:
            search(conn, WX, who, query, granted, page.next_after, 10)
    assert seen
    for text in seen:
        with chart.db.connect() as conn:
            plan = [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
        assert not any(SCAN.search(step) or "AUTOMATIC" in step for step in plan), (text, plan)


def test_the_check_finds_a_scan(chart: Store) -> None:
    with chart.db.connect() as conn:
        steps = conn.exec_driver_sql("EXPLAIN QUERY PLAN SELECT * FROM record WHERE kind = 'x'").all()
    assert any(SCAN.search(step[-1]) for step in steps)
