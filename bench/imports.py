"""Import of the 75 files of Synthea 2.7 (54,841 resources) on one core, beside the same texts kept unread.

Goal: 2,000 resources a second, with every transaction on disk (synchronous=FULL). The peer unpacks and parses
the same files with Python's own reader and keeps each resource's text in one table: no identity, references,
labels, search values or hashes. Where the time goes, by sampling: storing rows a fifth (SQLite's own work an
eighth), unpacking bzip2 and finding the entries a seventh, writing JSON twice (for the content's hash, and to
be released) a ninth, search values a ninth, strict parsing and judging a tenth each, labels a twentieth. No
one thing bounds it. The same again is faster: it reads, hashes and compares.
"""

from __future__ import annotations

import bz2
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from bench.figures import Figure, above
from gateway.cli.opening import now_ms
from gateway.cli.records import rare_collections
from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.records.reading.files import files_of
from gateway.store.database import open_database

FILES = Path(__file__).resolve().parents[2] / "shared" / "data" / "fhir" / "synthea-v2.7"
HOSPITAL = "b" * 32
GOAL = 2000.0
PEER = "the same texts kept unread"


def measure() -> list[Figure]:
    """Import everything twice, and keep the texts, each on one core."""
    if not FILES.is_dir():
        print(f"bench imports needs {FILES}", file=sys.stderr)
        return []
    with TemporaryDirectory(prefix="yaoshi-bench-") as name, _one_core(), rare_collections():
        kept = _keep(Path(name) / "peer.db")
        store = Path(name) / "gateway.db"
        first, again = _import(store), _import(store)
    return [
        above("import of synthea-v2.7, resources read", first.read_rate, "/s", GOAL, PEER, kept),
        above("import of synthea-v2.7, resources stored", first.stored_rate, "/s", GOAL),
        above("import of synthea-v2.7 for each second of CPU", first.cpu_rate, "/s", GOAL),
        above("the same import again", again.read_rate, "/s", GOAL),
    ]


class _Import:
    """One import with its rates."""

    def __init__(self, report: Report, seconds: float, cpu_seconds: float) -> None:
        self.read_rate = report.read / seconds
        self.stored_rate = report.stored.total() / seconds
        self.cpu_rate = report.read / cpu_seconds


def _import(path: Path) -> _Import:
    db = open_database(path)
    try:
        started, cpu = time.perf_counter(), time.process_time()
        report = import_paths(db, HOSPITAL, [FILES], Report(), clock=now_ms, entropy=os.urandom)
        taken = time.perf_counter() - started, time.process_time() - cpu
    finally:
        db.dispose()
    if {code for _, code in report.refused} != {"unsupported-type"}:
        raise RuntimeError(f"the import refused {dict(report.refused)}")
    return _Import(report, *taken)


def _keep(path: Path) -> float:
    """The peer: resources a second that are unpacked, parsed and written into one table."""
    db = open_database(path)
    count = 0
    try:
        with db.begin() as conn:
            conn.execute(text("CREATE TABLE kept (text TEXT NOT NULL)"))
        started = time.perf_counter()
        for file in files_of([FILES]).files:
            entries = json.loads(bz2.decompress(file.read_bytes()))["entry"]
            rows = [{"text": json.dumps(each["resource"], ensure_ascii=False)} for each in entries]
            with db.begin() as conn:
                conn.execute(text("INSERT INTO kept VALUES (:text)"), rows)
            count += len(rows)
        return count / (time.perf_counter() - started)
    finally:
        db.dispose()


@contextmanager
def _one_core() -> Iterator[None]:
    """Keeps this process on one core, where the system lets it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
