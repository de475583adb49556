"""`flask records`: brings hospital records into an institution's store. Safe while the node runs.

Exit status of an import: 0 all is in the store (or is of a type that is not kept), 3 something else was left
out, 1 nothing was stored or the store took no more, 130 stopped by hand. The same command again goes on.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TextIO

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import DBAPIError

from gateway.cli.import_report import Examples, needs_attention, print_report
from gateway.cli.opening import command_settings, find_institution, without_ledger
from gateway.composition import Gateway
from gateway.records.importing.importer import import_paths
from gateway.records.importing.refusals import REASONS, Refused
from gateway.records.importing.report import Report
from gateway.records.importing.stated import Stated
from gateway.records.labelling.relabelling import relabel
from gateway.records.patients import find_charts
from gateway.records.reindexing import reindex
from gateway.web.disk import disk_state

command = AppGroup("records", help="Records of an institution's patients.")

SOMETHING_LEFT_OUT, STOPPED = 3, 130


class _DiskFull(Exception):  # noqa: N818 - ends the import, as Ctrl-C does
    """There is no room for more records."""


@command.command("import")
@click.option("--institution", required=True, metavar="CODE", help="Whose records they are: code or id.")
@click.option("--patient", metavar="CHART", help="The chart (number or id) for records that name no patient.")
@click.option("--named", multiple=True, metavar="REFERENCE", help="How the files refer to that patient.")
@click.option("--same-person", is_flag=True, help="Different names in one file mean this one patient.")
@click.option("--refused", type=click.File("w", encoding="utf-8"), help="Write all refusals here (NDJSON).")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def import_(
    institution: str,
    patient: str | None,
    named: tuple[str, ...],
    same_person: bool,
    refused: TextIO | None,
    paths: tuple[Path, ...],
) -> None:
    """Import FHIR R4 Bundles and NDJSON (plain, .gz, .bz2), or folders of them.

    The same files again change nothing. What cannot be stored is named, and the import goes on.
    """
    if patient is None and (named or same_person):
        raise click.UsageError("--named and --same-person go with --patient.")
    settings = command_settings()
    one = find_institution(settings, institution)
    console, examples, started = Console(), Examples(), perf_counter()

    def on_refusal(each: Refused) -> None:
        examples.add(each)
        if refused is not None:
            refused.write(json.dumps(_as_json(each), ensure_ascii=False) + "\n")

    report, stopped = Report(on_refusal), ""
    with without_ledger(settings) as gw, rare_collections():
        stated = None if patient is None else _stated(console, gw, one["id"], patient, named, same_person)
        try:
            _import(console, gw, one["id"], paths, report, stated)
        except (KeyboardInterrupt, _DiskFull, DBAPIError) as error:
            stopped = _STOPS.get(type(error), "The store took no more.")
    print_report(console, one["name"]["en"], report, examples, perf_counter() - started)
    _end(report, stopped)


_STOPS = {
    KeyboardInterrupt: "Stopped by hand.",
    _DiskFull: "There is no room left on the disk for more records.",
}


def _end(report: Report, stopped: str) -> None:
    if stopped:
        click.echo(f"{stopped} What is counted above is stored; the same command again goes on.", err=True)
        raise SystemExit(STOPPED if stopped == _STOPS[KeyboardInterrupt] else 1)
    if not report.taken:
        raise click.ClickException("Nothing of this could be stored; the reasons stand above.")
    if needs_attention(report):
        raise SystemExit(SOMETHING_LEFT_OUT)


@contextmanager
def rare_collections() -> Iterator[None]:
    """An import makes many objects and no cycles: the collector of cycles would take a sixth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _import(
    console: Console,
    gw: Gateway,
    institution: str,
    paths: tuple[Path, ...],
    report: Report,
    stated: Stated | None,
) -> None:
    with _progress(console) as progress:
        task = progress.add_task("reading", total=None, read=0)

        def advance(path: Path, done: int, total: int) -> None:
            progress.update(
                task, description=path.name[:40], completed=done, total=total, read=f"{report.read:,}"
            )
            if disk_state(gw.settings) == "disk-full":
                raise _DiskFull

        import_paths(
            gw.db, institution, paths, report, advance, clock=gw.clock, entropy=gw.entropy, stated=stated
        )


def _stated(
    console: Console, gw: Gateway, institution: str, chart: str, named: tuple[str, ...], same_person: bool
) -> Stated:
    """The patient whom the command states; their name is shown, so that a slip of the number is seen."""
    with gw.db.connect() as conn:
        found = find_charts(conn, institution, chart)
    if len(found) != 1:
        raise click.ClickException(
            f"{len(found)} charts have this number; give one that only one chart has."
            if found
            else "No chart has this number here. Import the patient first."
        )
    (row,) = found
    console.print(f"Records that name no patient are taken to be those of {row.name}, born {row.birth_date}.")
    return Stated(row.id, frozenset(named), same_person)


@command.command("index")
def index() -> None:
    """Make the search index and the labels anew, after an upgrade that searches or judges by more."""
    console = Console()
    with without_ledger(command_settings()) as gw, rare_collections(), _progress(console) as progress:
        for_index = progress.add_task("indexing", total=None, read="")
        count = reindex(gw.db, lambda done: progress.update(for_index, completed=done, read=f"{done:,}"))
        for_labels = progress.add_task("labelling", total=None, read="")
        labelled = relabel(
            gw.db, gw.clock, lambda done: progress.update(for_labels, completed=done, read=f"{done:,}")
        )
    if labelled:
        console.print(f"The labels of {labelled} records changed.")
    console.print(f"{count} records are in the index.")


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[read]} records"), TimeElapsedColumn())  # fmt: skip
    return Progress(*columns, console=console, transient=True)


def _as_json(each: Refused) -> dict[str, object]:
    where = {"file": str(each.file), "place": each.place, "type": each.type}
    return {**where, "code": each.code, "detail": each.detail or REASONS[each.code][0]}
