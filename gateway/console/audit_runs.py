"""Runs checks of the ledger one at a time in the background, and keeps the newest results for the page.

The claims are ledger.audit's: unaltered (chains and roots), signed (every signature valid, every rule obeyed,
by replay), checkpoint (the end is what the operator signed); among hospitals certificate (more than two
thirds of the validators signed it), None when their signatures could not be had.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, BinaryIO

from gateway.composition import Gateway
from gateway.contracts import CONTRACTS
from gateway.ledger_door.signed import signed_block
from gateway.threads import Threads
from ledger.audit import AuditResult, export_log, verify_log
from ledger.errors import Unavailable

Progress = Callable[[int, int], None]
KEPT = 8


@dataclass
class Run:
    """One check; `done` of `total` records."""

    state: str = "running"
    done: int = 0
    total: int = 0
    result: dict[str, Any] | None = None


class NodeEndsError(Exception):
    """The node is being closed: the check goes no further."""


class Runs:
    """The checks of this process, newest last."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._lock = Lock()
        self._runs: dict[str, Run] = {}

    def start(self, work: Callable[[Progress], dict[str, Any]], name: str) -> str | None:
        """Begins `work(progress)` in a thread; None when one is running already."""
        with self._lock:
            if any(run.state == "running" for run in self._runs.values()):
                return None
            while len(self._runs) >= KEPT:
                del self._runs[next(iter(self._runs))]
            run = self._runs[name] = Run()
        self._threads.start("audit", lambda: self._work(run, work))
        return name

    def state(self, name: str) -> dict[str, Any] | None:
        with self._lock:
            run = self._runs.get(name)
            if run is None:
                return None
            return {"state": run.state, "done": run.done, "total": run.total, "result": run.result}

    def _work(self, run: Run, work: Callable[[Progress], dict[str, Any]]) -> None:
        def progress(done: int, total: int) -> None:
            if self._threads.closing.is_set():
                raise NodeEndsError
            with self._lock:
                run.done, run.total = done, total

        result = None
        try:
            result = work(progress)
        except NodeEndsError:
            pass  # nobody is there any more who would ask
        finally:
            # A check that could not be finished is neither good nor bad: result stays None.
            with self._lock:
                run.state, run.result = "done", result


def check_ledger(gw: Gateway, progress: Progress) -> dict[str, Any]:
    """Exports one snapshot and checks it as an outsider would."""
    with tempfile.TemporaryFile(dir=gw.settings.data, prefix="audit-") as file:
        export_ledger(gw, file)
        file.seek(0)
        result = result_of(check_file(file, gw.ledger.id, progress))
    if gw.ledger.genesis.validators:
        result["claims"].setdefault("certificate", None)
    return {**result, "at": gw.clock()}


def export_ledger(gw: Gateway, file: BinaryIO) -> int:
    """Writes one snapshot with what the validators signed of it, if that can be had; how many records."""
    certificate = _certificate(gw)  # before the snapshot, which then holds what it certifies
    with gw.ledger.view() as view:
        export_log(view, file, certificate=certificate)
        return int(view.size)


def _certificate(gw: Gateway) -> dict[str, Any] | None:
    try:
        found = signed_block(gw)
    except Unavailable:
        return None
    return found if found is not None and found["size"] is not None else None


def check_file(file: BinaryIO, expected_id: str | None, progress: Progress) -> AuditResult:
    """Replays an export from record 0 under the rules of this release."""
    return verify_log(file, contracts=CONTRACTS, expected_id=expected_id, progress=progress)


def result_of(checked: AuditResult) -> dict[str, Any]:
    """What the page shows: claims (True, False, None: not reached) and the first thing that differs.

    `certified`: how many records the validators signed, None without their signatures.
    """
    return {
        "ok": checked.ok,
        "size": checked.size,
        "root": checked.root,
        "first_difference": checked.first_difference,
        "index": checked.index,
        "claims": dict(checked.claims),
        "certified": checked.certified.size if checked.certified else None,
    }
