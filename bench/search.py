"""Searches over a patient with 5,000 records among 20,000 of others, below HTTP, with the decision inside."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from bench.figures import Figure, below, percentile
from consent.scope import Scope, parse_scope
from gateway.records.elements.json_text import write
from gateway.records.importing.importer import import_bundle
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import search
from gateway.store.database import open_database

HOSPITAL = "b" * 32
RECORDS, OTHERS = 5_000, 20
ROUNDS = 200
P50_MS, P99_MS = 15.0, 50.0
SCOPE = {
    "kinds": ["laboratory", "document", "encounter", "other"], "from": "2011-01-01", "to": "2025-01-01",
    "sensitive": ["HIV"],
}  # fmt: skip
SEARCHES = {
    "the newest 100": ("Observation", ""),
    "a count": ("Observation", "_summary=count"),
    "a code in a year": ("Observation", "code=http://loinc.org|1003-1&date=ge2015&date=lt2016"),
    "a quantity": ("Observation", "value-quantity=gt8|http://unitsofmeasure.org|mmol/L"),
    "50 reports with their results": ("DiagnosticReport", "_count=50&_include=DiagnosticReport:result"),
    "100 results with who wrote them": ("Observation", "_revinclude=Provenance:target"),
}
Json = dict[str, Any]


def measure() -> list[Figure]:
    """Fill a store, then ask each search again and again."""
    scope = parse_scope(SCOPE)
    if not isinstance(scope, Scope):
        raise TypeError(f"no scope: {scope.code}")
    figures: list[Figure] = []
    with _store() as db:
        with db.connect() as conn:
            patient = find_patients(conn, HOSPITAL, "chart-0")[0].id
        for name, (type_, text) in SEARCHES.items():
            pairs = [("patient", patient), *(pair.split("=", 1) for pair in text.split("&") if pair)]
            query = parse_query(type_, pairs)
            if not isinstance(query, Query):
                raise TypeError(f"no query: {query.detail}")
            times = _times(db, patient, query, scope)
            for percent, limit in ((50, P50_MS), (99, P99_MS)):
                title = f"search of {RECORDS} results: {name}, p{percent}"
                figures.append(below(title, percentile(times, percent), "ms", limit))
    return figures


def _times(db: Engine, patient: str, query: Query, scope: Scope) -> list[float]:
    """Milliseconds of each search, the first ones left out."""
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with db.connect() as conn:
            search(conn, HOSPITAL, patient, query, scope)
        found.append((time.perf_counter() - started) * 1000)
    return found[ROUNDS // 10 :]


@contextmanager
def _store() -> Iterator[Engine]:
    with TemporaryDirectory(prefix="yaoshi-bench-") as folder:
        db = open_database(Path(folder) / "gateway.db")
        for number in range(OTHERS + 1):
            for piece in _chart(number, RECORDS if number == 0 else RECORDS // 5):
                bundle = {"resourceType": "Bundle", "type": "collection", "entry": piece}
                import_bundle(
                    db, HOSPITAL, write(bundle), Report(), clock=lambda: 1_767_225_600_000, entropy=os.urandom
                )
        yield db
        db.dispose()


def _chart(number: int, results: int) -> Iterator[list[Json]]:
    """One patient's records in pieces: visits, results, reports of ten results, who wrote some of them."""
    whose = {"reference": f"Patient/p{number}"}
    patient = {"resourceType": "Patient", "id": f"p{number}", "identifier": [{"value": f"chart-{number}"}]}
    visits = [
        {"resourceType": "Encounter", "id": f"e{number}-{n}", "status": "finished", "subject": whose,
         "period": {"start": _day(n * 20)}} for n in range(results // 20)
    ]  # fmt: skip
    observations = [
        _result(f"{number}-{n}", n, whose, f"Encounter/e{number}-{n // 20}") for n in range(results)
    ]
    reports = [
        {"resourceType": "DiagnosticReport", "id": f"r{number}-{n}", "status": "final", "subject": whose,
         "category": [{"coding": [{"code": "LAB"}]}], "effectiveDateTime": _day(n * 10),
         "result": [{"reference": f"Observation/o{number}-{n * 10 + k}"} for k in range(10)]}
        for n in range(results // 10)
    ]  # fmt: skip
    written = [
        {"resourceType": "Provenance", "id": f"v{number}-{n}", "recorded": f"{_day(n)}T09:00:00Z",
         "target": [{"reference": f"Observation/o{number}-{n}"}]} for n in range(results // 10)
    ]  # fmt: skip
    for some in ([patient, *visits], observations, reports, written):
        yield [{"resource": each} for each in some]


def _result(id_: str, number: int, whose: Json, visit: str) -> Json:
    """A result of about the size that hospitals' exports have."""
    unit = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    coding = {"system": "http://loinc.org", "code": f"{1000 + number % 60}-1", "display": "Glucose in Blood"}
    return {
        "resourceType": "Observation", "id": f"o{id_}", "status": "final", "subject": whose,
        "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"]},
        "category": [{"coding": [{"code": "laboratory"}]}], "code": {"coding": [coding], "text": "葡萄糖"},
        "encounter": {"reference": visit}, "effectiveDateTime": f"{_day(number)}T08:10:00+08:00",
        "valueQuantity": {"value": 5 + number % 40 // 10, **unit}, "note": [{"text": "x" * 200}],
        "referenceRange": [{"low": {"value": 4, **unit}, "high": {"value": 6, **unit}}],
    }  # fmt: skip


def _day(number: int) -> str:
    return f"{2010 + number // 336 % 15}-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
