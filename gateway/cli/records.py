"""`flask records`: brings hospital records into an institution's store. Safe while the node runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from gateway.cli.opening import command_settings, find_institution, without_ledger
from gateway.records.importer import import_paths
from gateway.records.refusals import REASONS, Refused
from gateway.records.reindexing import reindex
from gateway.records.report import Report

command = AppGroup("records", help="Records of an institution's patients.")

_SHOWN_PER_REASON = 20


@command.command("import")
@click.option("--institution", required=True, metavar="CODE", help="Whose records they are: code or id.")
@click.option("--refused", type=click.File("w", encoding="utf-8"), help="Write all refusals here (NDJSON).")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def import_(institution: str, refused: TextIO | None, paths: tuple[Path, ...]) -> None:
    """Import FHIR R4 Bundles and NDJSON (plain, .gz, .bz2), or folders of them.

    The same files again change nothing. What cannot be stored is named, and the import goes on.
    """
    settings = command_settings()
    one = find_institution(settings, institution)
    console = Console()
    listed: dict[tuple[str, str], list[Refused]] = {}

    def on_refusal(each: Refused) -> None:
        shown = listed.setdefault((each.type, each.code), [])
        if len(shown) < _SHOWN_PER_REASON:
            shown.append(each)
        if refused is not None:
            refused.write(json.dumps(_as_json(each), ensure_ascii=False) + "\n")

    report = Report(on_refusal)
    with without_ledger(settings) as gw, _progress(console) as progress:
        task = progress.add_task("reading", total=None)

        def advance(path: Path, done: int, total: int) -> None:
            progress.update(task, description=path.name[:40], completed=done, total=total)

        import_paths(gw.db, one["id"], paths, report, advance, clock=gw.clock, entropy=gw.entropy)
    _print(console, one["name"]["en"], report, listed, everything=refused is not None)
    if not (report.stored or report.changed or report.unchanged):
        raise click.ClickException("Nothing of this could be stored; the reasons stand above.")


@command.command("index")
def index() -> None:
    """Make the search index anew, after an upgrade that searches by more than the release before."""
    console = Console()
    with without_ledger(command_settings()) as gw, _progress(console) as progress:
        task = progress.add_task("indexing", total=None)
        count = reindex(gw.db, lambda done: progress.update(task, completed=done))
    console.print(f"{count} records are in the index.")


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _as_json(each: Refused) -> dict[str, object]:
    where = {"file": str(each.file), "place": each.place, "type": each.type}
    return {**where, "code": each.code, "detail": each.detail or REASONS[each.code][0]}


def _print(
    console: Console,
    name: str,
    report: Report,
    listed: dict[tuple[str, str], list[Refused]],
    everything: bool,
) -> None:
    console.print(_counts(name, report))
    for (type_, code), shown in sorted(listed.items()):
        count = report.refused[type_, code]
        console.print(Text(f"{type_ or 'file or line'}: {code} ({REASONS[code][0]}), {count}", style="bold"))
        for each in shown:
            console.print(Text(f"  {each}"), soft_wrap=True)
        if count > len(shown):
            more = "" if everything else "; --refused FILE writes all"
            console.print(Text(f"  and {count - len(shown)} more{more}"))


def _counts(name: str, report: Report) -> Table:
    table = Table(title=f"Records of {name}")
    for heading in ("type", "stored", "changed", "unchanged", "refused"):
        table.add_column(heading, justify="left" if heading == "type" else "right")
    refused: dict[str, int] = {}
    for (type_, _), count in report.refused.items():
        refused[type_] = refused.get(type_, 0) + count
    counters = (report.stored, report.changed, report.unchanged, refused)
    for type_ in sorted(set().union(*counters)):
        table.add_row(type_ or "(file or line)", *(str(each.get(type_, 0) or "") for each in counters))
    table.add_section()
    table.add_row("all", *(str(sum(each.values())) for each in counters))
    return table
