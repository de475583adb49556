"""Shows what a simulation of reuse rules found: a bar while it reads, then two tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Connection

from consent.reuse.rules import Rule
from gateway.records.reading.batches import Unreadable
from gateway.reuse.counting.simulation import Outcome, Tally, simulate
from gateway.reuse.reading.histories import from_files, from_store

_REASONS_SHOWN = 2
_WIDTH = 150  # where no terminal says otherwise
_HOW = (
    "An order is inferred: one group, one moment, one hospital. Every hospital is taken as opened by a "
    "grant, every rule as approved; avoided orders are offered to nobody later. No cards are counted, and no "
    "money."
)


def show_simulation(
    rules: Sequence[Rule],
    as_of: int,
    paths: Sequence[Path],
    conn: Connection | None,
    institution: str | None,
) -> None:
    """Simulates over files, or over one institution's store, and prints both tables."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    unreadable: list[str] = []

    def on_unreadable(path: Path, piece: Unreadable) -> None:
        unreadable.append(f"{path}, {piece.place}: {piece.code} {piece.detail}")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Standard output stays for the tables.
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what[:40] or "patients", completed=done, total=total)

        if conn is not None and institution is not None:
            histories = from_store(conn, institution, progress)
        else:
            histories = from_files(paths, on_unreadable, progress)
        outcome = simulate(histories, rules, as_of)
    for each in unreadable:
        click.echo(f"Not read: {each}", err=True)
    console.print(_pairs(outcome))
    console.print(_avoided(outcome))
    console.print(f"{outcome.patients} patients, {outcome.results} results and reports. {_HOW}")
    if outcome.undated:
        console.print(f"{outcome.undated} results have no moment of collection and were left out.")


def _pairs(outcome: Outcome) -> Table:
    table = Table(title="Repeated within 90 days (consecutive orders of one group)", box=SIMPLE)
    for heading in ("group", "at another hospital", "patients", "at the same", "patients"):
        table.add_column(heading, justify="left" if heading == "group" else "right", no_wrap=True)
    for group, pairs in outcome.pairs.items():
        if pairs.same or pairs.other:
            counts = (pairs.other, len(pairs.patients_other), pairs.same, len(pairs.patients_same))
            table.add_row(group, *map(str, counts))
    return table


def _avoided(outcome: Outcome) -> Table:
    table = Table(title="What each rule would have avoided, were every order for its situation", box=SIMPLE)
    table.add_column("rule", no_wrap=True)
    for heading in ("orders", "avoided", "undone", "net", "analytes", "elsewhere", "here", "patients"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("why mostly not", overflow="fold")
    for tally in outcome.tallies.values():
        if tally.orders and not tally.rule.never:  # a rule that never reuses avoids nothing
            table.add_row(tally.rule.name, *_counts(tally), _why(tally))
    return table


def _counts(tally: Tally) -> list[str]:
    counts = (
        tally.orders,
        tally.avoided,
        tally.undone,
        tally.avoided - tally.undone,
        tally.analytes,
        tally.at_other,
        tally.at_same,
        len(tally.patients),
    )
    return [str(each) for each in counts]


def _why(tally: Tally) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in tally.reasons.most_common(_REASONS_SHOWN))
