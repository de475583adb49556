"""Reads patients' histories of tests out of FHIR files or the store, one patient at a time, for a simulation.

A Bundle that holds its patient is read and let go; what comes in pieces (NDJSON) is kept until the end, of
each patient only the types that count. The hospital of a result is that of its encounter. Nothing is stored
and nobody is named: a history has a key, never a name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from consent.reuse.imaging import Study
from consent.reuse.orders import Context
from consent.reuse.results import Result
from gateway.records.elements.facts import values_at
from gateway.records.elements.json_text import NotJson, parse
from gateway.records.reading.batches import Batch, Unreadable
from gateway.records.reading.files import files_of
from gateway.records.reading.sources import read
from gateway.records.tables import record
from gateway.reuse.reading.context import CONTEXT_TYPES, context_of
from gateway.reuse.reading.results import results_of
from gateway.reuse.reading.studies import studies_of

Json = dict[str, Any]
Progress = Callable[[str, int, int], None]  # what is read now, done, in all

_TYPES = frozenset({"Patient", "Observation", "DiagnosticReport", "Specimen", "ImagingStudy", *CONTEXT_TYPES})
NOWHERE = "?"  # the hospital of what names none


@dataclass(frozen=True)
class Stay:
    """Where and how a result came about: the hospital, and the class of the encounter."""

    hospital: str
    kind: str


@dataclass(frozen=True)
class History:
    """One patient. `stays`: of each result by reference. birth_date as written, "" when unknown."""

    key: str
    birth_date: str
    results: tuple[Result, ...]
    studies: tuple[Study, ...]
    context: Context
    stays: dict[str, Stay]


@dataclass
class _Waiting:
    """Resources of patients that come in pieces."""

    of_patient: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    patients: dict[str, Json] = field(default_factory=dict)


def from_files(
    paths: Sequence[Path], on_unreadable: Callable[[Path, Unreadable], None], progress: Progress
) -> Iterator[History]:
    """Every patient of these files and folders."""
    files = files_of(paths).files
    waiting = _Waiting()
    for number, path in enumerate(files):
        progress(path.name, number, len(files))
        for piece in read(path):
            if isinstance(piece, Unreadable):
                on_unreadable(path, piece)
            elif isinstance(piece, Batch):
                yield from _of_batch(piece, waiting)
    progress("", len(files), len(files))
    for key, resources in waiting.of_patient.items():
        yield history_of(key, waiting.patients.get(key), resources)


def from_store(conn: Connection, institution: str, progress: Progress) -> Iterator[History]:
    """Every patient of one institution's store."""
    own = record.c.institution == institution
    patients = list(conn.execute(select(record.c.patient_id).where(own).distinct()).scalars())
    for number, patient in enumerate(patients):
        progress("", number, len(patients))
        query = select(record.c.json_text).where(
            own, record.c.patient_id == patient, record.c.type.in_(sorted(_TYPES))
        )
        resources = [parse(text) for text in conn.execute(query).scalars()]
        person = next((each for each in resources if each["resourceType"] == "Patient"), None)
        if patient is not None:
            yield history_of(patient, person, resources)
    progress("", len(patients), len(patients))


def _of_batch(batch: Batch, waiting: _Waiting) -> Iterator[History]:
    local = {}
    resources = []
    for spot in batch.spots:
        if spot.type not in _TYPES:
            continue
        try:
            resources.append(batch.read(spot).resource)
        except NotJson:
            continue
        local[spot.full_url] = f"{spot.type}/{spot.id}"
    local.pop("", None)
    grouped: dict[str, list[Json]] = defaultdict(list)
    patients = {}
    for each in resources:
        if each["resourceType"] == "Patient":
            patients[f"Patient/{each.get('id', '')}"] = each
            continue
        _relink(each, local)
        subject = next(iter(values_at(each, "subject.reference")), None)
        if type(subject) is str:
            grouped[subject].append(each)
    if grouped and grouped.keys() <= patients.keys():
        for key, some in grouped.items():
            yield history_of(key, patients[key], some)
        return
    waiting.patients.update(patients)
    for key, some in grouped.items():
        waiting.of_patient[key] += some


def _relink(resource: Json, local: dict[str, str]) -> None:
    """Replaces references by fullUrl with Type/id, where a result or event may have one."""
    places = ("subject", "encounter", "context", "specimen", "result", "hasMember", "imagingStudy")
    for name in places:
        for node in values_at(resource, name):
            target = node.get("reference") if isinstance(node, dict) else None
            if isinstance(target, str) and target in local:
                node["reference"] = local[target]


def history_of(key: str, patient: Json | None, resources: Iterable[Json]) -> History:
    """One patient's history out of resources of the types that count."""
    given = list(resources)
    encounters = {
        f"Encounter/{each.get('id', '')}": _stay(each)
        for each in given
        if each["resourceType"] == "Encounter"
    }
    results: list[Result] = []
    studies: list[Study] = []
    stays: dict[str, Stay] = {}
    by_hospital: dict[str, list[Json]] = defaultdict(list)
    for each in given:
        encounter = next(iter(values_at(each, "encounter.reference")), None)
        stay = encounters.get(encounter if type(encounter) is str else "", Stay(NOWHERE, ""))
        by_hospital[stay.hospital].append(each)
        stays[f"{each['resourceType']}/{each.get('id', '')}"] = stay
    for hospital, some in by_hospital.items():
        results += results_of(some, source=hospital, own=False, patient=key, grant="simulated")
        studies += studies_of(some, source=hospital, own=False, patient=key, grant="simulated")
    birth_date = (patient or {}).get("birthDate")
    return History(
        key,
        birth_date if type(birth_date) is str else "",
        tuple(results),
        tuple(studies),
        context_of(given),
        stays,
    )


def _stay(encounter: Json) -> Stay:
    provider = encounter.get("serviceProvider")
    named = provider if isinstance(provider, dict) else {}
    hospital = next(
        (named[name] for name in ("reference", "display") if type(named.get(name)) is str), NOWHERE
    )
    return Stay(
        hospital, next((each for each in values_at(encounter, "class.code") if type(each) is str), "")
    )
