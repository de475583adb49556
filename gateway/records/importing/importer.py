"""Imports files of FHIR resources into one institution's store, while the node goes on working.

FHIR R4 Bundle (transaction, batch, collection, document), NDJSON, single resources. What cannot be stored is
named and left out, and the import goes on. What a later file may cure is tried again at the end, as long as
that helps. The same files again change nothing, also after a crash in the middle.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine

from gateway.records.importing.batch_import import BUNDLE_AWAITED, Hall, take_batch
from gateway.records.importing.judging import DRUG_AWAITED, TAKEN, Verdict
from gateway.records.importing.marks import clear_mark, find_mark, save_mark
from gateway.records.importing.refusals import REASONS, Refused
from gateway.records.importing.report import Report
from gateway.records.importing.stated import Stated
from gateway.records.reading.batches import Batch, Unreadable
from gateway.records.reading.files import files_of
from gateway.records.reading.lines import Resumed
from gateway.records.reading.sources import is_lines, read, read_text

Progress = Callable[[Path, int, int], None]  # the file at hand, files finished, files in all

SHOWN_EVERY = 500  # resources
PLACES_KEPT = 500_000  # how many resources may wait for a later file
ROUNDS = 8  # of trying what waits once more, each of which must have stored something

# These may be cured by a later file.
_WAITS = frozenset({"no-patient", "reference-unmatched", DRUG_AWAITED, BUNDLE_AWAITED})


def import_paths(
    db: Engine,
    institution: str,
    paths: Sequence[Path],
    report: Report,
    progress: Progress | None = None,
    *,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
    stated: Stated | None = None,
) -> Report:
    """Imports files and folders; fills and gives back the report. Raises only what the database raises.

    `stated` says whose records they are where a file does not.
    """
    run = _Run(Hall(db, institution, clock, entropy, stated), report, progress)
    found = files_of(paths)
    report.passed_over.extend(found.passed_over)
    run.total = len(found.files)
    for path in found.files:
        run.show(path)
        _import_file(run, path, None)
        run.finished += 1
        run.show(path)
    _try_again(run)
    return report


def import_bundle(
    db: Engine,
    institution: str,
    bundle: str,
    report: Report,
    *,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
    stated: Stated | None = None,
) -> Report:
    """Imports one Bundle (or single resource) given as JSON text."""
    run = _Run(Hall(db, institution, clock, entropy, stated, may_wait=False), report, None)
    _import_pieces(run, Path("-"), read_text(bundle), None)
    return report


@dataclass
class _Run:
    """One import: what it writes to, what it counts, and the places that wait for another try."""

    hall: Hall
    report: Report
    progress: Progress | None
    total: int = 0
    finished: int = 0
    waiting: dict[Path, set[int]] = field(default_factory=dict)
    kept: int = 0
    told: int = 0

    def show(self, path: Path) -> None:
        if self.progress is not None:
            self.progress(path, self.finished, self.total)

    def tell(self, path: Path, place: int, type_: str, code: str, detail: str) -> None:
        """Counts what became of one resource, or keeps its place for another try."""
        if code in TAKEN:
            self.report.count(code, type_)
        elif code in _WAITS and (self.hall.may_wait or code not in REASONS):
            self.waiting.setdefault(path, set()).add(place)
            self.kept += 1
            self.hall.may_wait = self.kept < PLACES_KEPT
        else:
            self.report.refuse(Refused(path, place, type_, code, detail))
        self.told += 1
        if self.told % SHOWN_EVERY == 0:
            self.show(path)


def _try_again(run: _Run) -> None:
    """Tries what waits, as often as that brings something in; then for the last time."""
    rounds = 0
    while run.waiting:
        waiting, run.waiting, run.kept = run.waiting, {}, 0
        rounds += 1
        before = run.report.taken
        for path, places in waiting.items():
            run.show(path)
            _import_file(run, path, places)
        if run.report.taken == before or rounds == ROUNDS:
            run.hall.may_wait = False


def _import_file(run: _Run, path: Path, only: set[int] | None) -> None:
    run.hall.displays.clear()
    if only is not None or not is_lines(path):
        _import_pieces(run, path, read(path, only), only)
        return
    with run.hall.db.connect() as conn:
        mark = find_mark(conn, run.hall.institution, path)
    _import_pieces(run, path, read(path, None, mark), None)
    with run.hall.db.begin() as conn:
        clear_mark(conn, run.hall.institution, path)


def _import_pieces(
    run: _Run, path: Path, pieces: Iterable[Batch | Unreadable | Resumed], only: set[int] | None
) -> None:
    for piece in pieces:
        if isinstance(piece, Resumed):
            run.report.resumed[path] = piece.line
        elif isinstance(piece, Unreadable):
            if only is None:
                run.report.refuse(Refused(path, piece.place, piece.type, piece.code, piece.detail))
        else:
            _import_batch(run, path, piece, only)


def _import_batch(run: _Run, path: Path, batch: Batch, only: set[int] | None) -> None:
    def tell(place: int, type_: str, code: str, detail: str) -> None:
        run.tell(path, place, type_, code, detail)

    def finish(conn: Connection, verdicts: list[Verdict]) -> None:
        waits = path in run.waiting or any(each.code in _WAITS for each in verdicts)
        if batch.mark is not None and only is None and not waits:
            save_mark(conn, run.hall.institution, path, batch.mark)

    take_batch(run.hall, batch, only, tell, finish)
