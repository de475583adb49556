"""`flask ledger`: check a ledger offline, take it away, see where it stands, go on after a loss.

`verify FILE` needs nothing but the file: it replays every record from the genesis, checks every chain, root,
signature and rule, and names the first thing that differs.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.progress import Progress

from consent.lifecycle import ConsentContract
from gateway.cli.opening import command_settings, ledger_view, now_ms
from gateway.operation.doctor.findings import FLASK
from gateway.operation.watermark import MarkUnreadableError, accept, is_behind, read_mark, write_mark
from ledger.audit import export_log, verify_log

LOSS = """
  The ledger here has {size} records; {known} are known to have been shown.
  If you go on without the later ones:
  - every phone that saw them shows an alarm from now on, rightly, and keeps it;
  - what patients took back in them stands open in the ledger again. Therefore no permission from before opens
    anything at this node until the patient gives it again;
  - replacements of lost phones in them are undone: repeat them at the desk, or the lost key stays valid;
  - if the later records turn up afterwards, the two can never be joined.
"""
command = AppGroup("ledger", help="Check, export and describe the ledger.")


@command.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ledger", "expected", help="The ledger id that the file must have (64 hex digits).")
def verify(file: Path, expected: str | None) -> None:
    """Check an exported file offline, entry by entry."""
    with file.open("rb") as source, Progress(transient=True) as progress:
        task = progress.add_task("Checking", total=None)
        result = verify_log(
            source,
            contracts={1: [ConsentContract()]},
            expected_id=expected,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if not result.ok:
        click.echo(f"DIFFERENT: {result.first_difference}. {result.size} records before it hold.")
        sys.exit(1)
    click.echo(f"Everything holds: {result.size} records, root {result.root}")
    if not result.claims["checkpoint"]:
        click.echo("The file has no checkpoint: compare size and root with one that somebody else kept.")


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the whole ledger to FILE, which must not exist yet. Safe while the node runs."""
    with ledger_view(command_settings()) as view:
        try:
            with file.open("xb") as target:
                export_log(view, target)
        except FileExistsError:
            raise click.ClickException(f"{file} exists already and was left alone; name another") from None
        except OSError as error:
            raise click.ClickException(f"{file} could not be written: {error.strerror}") from None
        click.echo(f"{view.size} records written to {file}")


@command.command("accept-loss")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def accept_loss(yes: bool) -> None:
    """Go on with a ledger that lacks records which were already shown. There is no way back."""
    settings = command_settings()
    try:
        mark = read_mark(settings.mark_path)
    except MarkUnreadableError as error:
        raise click.ClickException(str(error)) from None
    with ledger_view(settings) as view:
        if mark is None or not is_behind(view, mark):
            raise click.ClickException(
                "This ledger has all records that are known here: nothing was changed."
            )
        if view.genesis.validators:
            raise click.ClickException(
                "The other members have these records, and this node gets them: nothing was changed. "
                f"See: {FLASK} consortium status"
            )
        click.echo(LOSS.format(size=view.size, known=mark.size))
        if not yes:
            click.confirm("Are the later records lost for good?", abort=True)
        write_mark(settings.mark_path, accept(mark, view, now_ms()))
    click.echo(f"Accepted. A running node goes on after: kill -HUP, or {FLASK} doctor says how.")


def _utc(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@command.command("status")
def status() -> None:
    """Where the ledger stands. Safe while the node runs."""
    settings = command_settings()
    with ledger_view(settings) as view:
        click.echo(f"ledger        {view.genesis.id}")
        click.echo(f"records       {view.size} ledger records")
        click.echo(f"root          {view.root.hex()}")
        click.echo(f"newest        {_utc(view.time)}")
        for one in view.institutions():
            click.echo(f"institution   {one.code} {one.id} {one.name['en']}")
