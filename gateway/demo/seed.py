"""Imports the demonstration's synthetic people into the institutions of a node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway.demo.generator import bundles
from gateway.demo.maker import CHINA
from gateway.records.importing.importer import import_bundle
from gateway.records.importing.report import Report

CODES = frozenset({"WX", "WT", "QH"})

if TYPE_CHECKING:
    from rich.progress import Progress

    from gateway.composition import Gateway


def seed_institutions(gw: Gateway, institutions: Any, progress: Progress | None = None) -> Report:
    """Fills those of these ({"id", "code"}) that the demonstration knows; the same again changes nothing."""
    anchor = datetime.fromtimestamp(gw.clock() // 1000, UTC).astimezone(CHINA).date()
    report = Report()
    work = [(one["id"], bundle) for one in institutions if one["code"] in CODES
            for bundle in bundles(one["code"], anchor)]  # fmt: skip
    task = None if progress is None else progress.add_task("Synthetic patients", total=len(work))
    for institution, bundle in work:
        import_bundle(gw.db, institution, bundle, report, clock=gw.clock, entropy=gw.entropy)
        if progress is not None and task is not None:
            progress.advance(task)
    return report
