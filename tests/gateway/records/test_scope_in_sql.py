"""The SQL that holds records against a scope agrees with consent.scope.covers on any store and scope."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from consent.facts import RecordFacts
from consent.scope import Scope
from consent.vocabulary import ACT_CODE, CONFIDENTIALITY, KINDS
from gateway.fhir.search_types import SERVED, includes_of, revincludes_of
from gateway.records.definitions.resource_types import TYPES as RESOURCE_TYPES
from gateway.records.elements.facts import index
from gateway.records.elements.json_text import parse
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import read, search
from gateway.records.tables import record, record_source
from tests.gateway.records.store import ICD_10, LOINC, WX, Store, open_store, patient

TYPES = tuple(name for name in SERVED if name != "Patient")
CODES = ("4548-4", "75622-1", "44261-6", "777-3")
TIMES = (
    None,
    "2025",
    "2025-03",
    "2025-03-01",
    "2025-03-01T00:00:00Z",
    "2025-03-01T23:59:59+08:00",
    "2025-04-01",
)
DAYS = (None, date(2025, 1, 1), date(2025, 3, 1), date(2025, 3, 2), date(2025, 4, 1), date(2026, 1, 1))
LABELS = ("N", "R", "V", "PSY", "HIV", "NEWCODE")


@st.composite
def resources(draw: st.DrawFn, number: int, types: list[str]) -> dict[str, Any]:
    """One resource with every element that any type is judged by; it refers to two of the others."""
    type_ = types[number]
    time, code = draw(st.sampled_from(TIMES)), draw(st.sampled_from(CODES))
    coded = {"coding": [{"system": draw(st.sampled_from((LOINC, ICD_10, ""))), "code": code}]}
    category = draw(st.sampled_from(("laboratory", "vital-signs", "imaging", "survey", *CODES)))
    labels = draw(st.sets(st.sampled_from(LABELS), max_size=2))
    period = draw(st.sampled_from(({"start": time}, {"end": time}, {"start": time, "end": time})))
    places = draw(st.lists(st.integers(0, len(types) - 1), min_size=2, max_size=2))
    other = [{"reference": f"{types[place]}/r{place}"} for place in places]
    return {
        "resourceType": type_, "id": f"r{number}", "subject": {"reference": "Patient/p1"},
        "patient": {"reference": "Patient/p1"}, "target": [{"reference": "Patient/p1"}, *other],
        "category": [{"coding": [{"system": LOINC, "code": category}]}],
        "code": coded, "medicationCodeableConcept": coded, "vaccineCode": coded, "type": coded,
        "procedureCode": [coded], "effectiveDateTime": time, "authoredOn": time, "onsetDateTime": time,
        "occurrenceDateTime": time, "performedPeriod": period, "recordedDate": time, "recorded": time,
        "started": time, "date": time, "period": period, "result": other, "hasMember": other,
        "encounter": other[0],
        "meta": {"security": [{"system": CONFIDENTIALITY if len(each) == 1 else ACT_CODE, "code": each}
                              for each in sorted(labels)]},
    }  # fmt: skip


STORES = st.lists(st.sampled_from(TYPES), min_size=1, max_size=6).flatmap(
    lambda types: st.tuples(*(resources(number, types) for number in range(len(types))))
)
SCOPE_CODES = [f"{system}|{code}" for system in (LOINC, ICD_10) for code in CODES]
SCOPES = st.builds(
    lambda kinds, start, end, codes, places, sensitive: (kinds, start, end, codes, places, sensitive),
    st.frozensets(st.sampled_from(sorted(KINDS))), st.sampled_from(DAYS), st.sampled_from(DAYS),
    st.frozensets(st.sampled_from(SCOPE_CODES), max_size=2),
    st.frozensets(st.integers(0, 5), max_size=2), st.frozensets(st.sampled_from(("PSY", "HIV", "R"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def db() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store(Path(folder))
        yield engine
        engine.dispose()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=STORES, drawn=st.lists(SCOPES, min_size=1, max_size=4))
def test_sql_finds_exactly_what_the_scope_covers(
    db: Engine, records: tuple[dict[str, Any], ...], drawn: list[Any]
) -> None:
    with db.begin() as conn:
        conn.execute(delete(record))
        conn.execute(delete(record_source))
    store = Store(db)
    store.take(patient(), *records)
    rows = [row for row in store.rows() if row.type != "Patient"]
    assert len(rows) == len(records)
    facts = {f"{row.type}/{row.id}": _facts(row) for row in rows}
    who = store.patient()
    for kinds, start, end, codes, places, sensitive in drawn:
        named = frozenset(name for place, name in enumerate(sorted(facts)) if place in places)
        scope = Scope(kinds, start, end, codes, named, sensitive)
        expected = {name for name, fact in facts.items() if scope.covers(fact)}
        assert _searched(db, who, scope) == expected
        assert _come_along(db, who, scope) <= expected
        with db.connect() as conn:
            seen = {name for name in facts if read(conn, WX, who, *name.split("/"), scope) is not None}
        assert seen == expected


def _facts(row: Any) -> RecordFacts:
    found, about = index(parse(row.json_text)), RESOURCE_TYPES[row.type].code
    codes = frozenset(f"{system}|{code}" for name, system, code in found.tokens if name == about)
    return RecordFacts(row.type, row.id, found.kind, codes, *found.time, frozenset(row.labels.split()))


def _searched(db: Engine, who: str, scope: Scope) -> set[str]:
    found: set[str] = set()
    with db.connect() as conn:
        for type_ in TYPES:
            query = parse_query(type_, [("patient", who)])
            assert isinstance(query, Query)
            page = search(conn, WX, who, query, scope)
            assert page.total == len(page.records)
            found |= {f"{each.type}/{each.id}" for each in page.records}
    return found


def _come_along(db: Engine, who: str, scope: Scope) -> set[str]:
    """All that any include brings, the matches of the whole patient's records being what they are."""
    found: set[str] = set()
    with db.connect() as conn:
        for type_ in TYPES:
            along = [("_include", each) for each in includes_of(type_)]
            along += [("_revinclude", each) for each in revincludes_of(type_)]
            query = parse_query(type_, [("patient", who), *along])
            assert isinstance(query, Query)
            page = search(conn, WX, who, query, scope)
            assert page.total == len([each for each in page.records if each.mode == "match"])
            found |= {f"{each.type}/{each.id}" for each in page.records}
    return found


def test_every_kind_is_drawn_and_every_type() -> None:
    """A property over some of the types would prove nothing of the others."""
    assert {*TYPES, "Patient"} == set(SERVED)
    assert len(SERVED) == 13
