"""Imports files of FHIR resources into one institution's store, while the node goes on working.

FHIR R4 Bundle (transaction, batch, collection, document), NDJSON, single resources. Each piece of
RESOURCES_AT_ONCE is one short transaction; a FHIR transaction is one in any case. What cannot be stored is
named and left out, and the import goes on. The same files again change nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import Engine

from gateway.records.identities import Identities
from gateway.records.preparation import Prepared, prepare
from gateway.records.refusals import Refused
from gateway.records.report import Report
from gateway.records.sources import Batch, Unreadable, files_of, read, read_text
from gateway.records.writer import Desk, unmatched, write_resources

Progress = Callable[[Path, int, int], None]  # the file just finished, files finished, files in all

RESOURCES_AT_ONCE = 500
REST = 0.2  # of the time that a transaction took
PLACES_KEPT = 500_000  # how many resources may wait for a patient in a later file

# These may be cured by a later file, so they are tried once more at the end.
_WAITS = frozenset({"no-patient", "reference-unmatched", "transaction-refused"})


def import_paths(
    db: Engine,
    institution: str,
    paths: Sequence[Path],
    report: Report,
    progress: Progress | None = None,
    *,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
) -> Report:
    """Imports files and folders; fills and gives back the report. Raises only what the database raises."""
    run = _Run(db, institution, report, clock, entropy)
    files = files_of(list(paths))
    for number, path in enumerate(files, 1):
        _import_file(run, path)
        if progress is not None:
            progress(path, number, len(files))
    run.last_try = True
    for path, places in run.waiting.items():
        _import_file(run, path, places)
    return report


def import_bundle(
    db: Engine,
    institution: str,
    bundle: str,
    report: Report,
    *,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
) -> Report:
    """Imports one Bundle (or single resource) given as JSON text."""
    run = _Run(db, institution, report, clock, entropy, last_try=True)
    _import_pieces(run, Path("-"), read_text(bundle), None)
    return report


@dataclass
class _Run:
    """One import: what it writes to, and the places that wait for a second try."""

    db: Engine
    institution: str
    report: Report
    clock: Callable[[], int]
    entropy: Callable[[int], bytes]
    last_try: bool = False
    waiting: dict[Path, set[int]] = field(default_factory=lambda: defaultdict(set))
    kept: int = 0


def _import_file(run: _Run, path: Path, only: set[int] | None = None) -> None:
    _import_pieces(run, path, read(path), only)


def _import_pieces(
    run: _Run, path: Path, pieces: Iterable[Batch | Unreadable], only: set[int] | None
) -> None:
    for piece in pieces:
        if isinstance(piece, Unreadable):
            if only is None:
                run.report.refuse(Refused(path, piece.place, "", piece.code, piece.detail))
        elif only is None or not only.isdisjoint(entry.place for entry in piece.entries):
            _import_batch(run, piece, _Listener(run, path, only))


@dataclass(frozen=True)
class _Listener:
    """Hears what became of each resource of one file; on a second try only of those that waited."""

    run: _Run
    path: Path
    only: set[int] | None

    def refuse(self, place: int, type_: str, code: str, detail: str) -> None:
        if self.only is not None and place not in self.only:
            return
        run = self.run
        if code in _WAITS and not run.last_try and run.kept < PLACES_KEPT:
            run.waiting[self.path].add(place)
            run.kept += 1
        else:
            run.report.refuse(Refused(self.path, place, type_, code, detail))

    def outcome(self, one: Prepared, result: str, detail: str) -> None:
        report = self.run.report
        counted = {"stored": report.stored, "changed": report.changed, "unchanged": report.unchanged}
        if result not in counted:
            self.refuse(one.place, one.type, result, detail)
        elif self.only is None or one.place in self.only:
            counted[result][one.type] += 1


def _import_batch(run: _Run, batch: Batch, listener: _Listener) -> None:
    prepared, names = prepare(batch, listener.refuse)
    step = max(len(prepared), 1) if batch.atomic else RESOURCES_AT_ONCE
    for start in range(0, len(prepared), step):
        identities = Identities(run.institution, lambda: run.entropy(16).hex())
        desk = Desk(run.institution, run.clock(), identities, names)
        started = perf_counter()
        with run.db.begin() as conn:
            some = prepared[start : start + step]
            lost = unmatched(conn, desk, some) if batch.atomic else []
            if lost:
                _refuse_all(some, lost, listener)
            else:
                write_resources(conn, desk, some, listener.outcome)
        # SQLite gives waiting writers no queue: without a rest between transactions the node could not write.
        sleep(REST * (perf_counter() - started))


def _refuse_all(prepared: list[Prepared], lost: list[Prepared], listener: _Listener) -> None:
    culprits = {one.place for one in lost}
    for one in prepared:
        listener.outcome(one, "reference-unmatched" if one.place in culprits else "transaction-refused", "")
