"""`flask ledger`: check a ledger offline, take it away, see where it stands, go on after a loss.

What `verify` and `compare` check stands in `gateway.cli.ledger_verify`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from gateway.cli.ledger_verify import compare, verify
from gateway.cli.opening import command_settings, ledger_view, now_ms, read_genesis
from gateway.operation.doctor.findings import FLASK
from gateway.operation.watermark import MarkUnreadableError, accept, is_behind, read_mark, write_mark
from gateway.settings import Settings
from ledger.audit import export_log
from ledger.engine.light_source import LightSource
from ledger.engine.rpc import Node
from ledger.errors import Unavailable
from ledger.store.database import Store

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
command.add_command(verify)
command.add_command(compare)


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the whole ledger to FILE, which must not exist yet. Safe while the node runs."""
    settings = command_settings()
    certificate = _certificate(settings)
    with ledger_view(settings) as view:
        try:
            with file.open("xb") as target:
                export_log(view, target, certificate=certificate)
        except FileExistsError:
            raise click.ClickException(f"{file} exists already and was left alone; name another") from None
        except OSError as error:
            raise click.ClickException(f"{file} could not be written: {error.strerror}") from None
        click.echo(f"{view.size} records written to {file}")


def _certificate(settings: Settings) -> dict[str, Any] | None:
    """What the validators signed last, where several hospitals keep the ledger."""
    if not read_genesis(settings).validators:
        return None
    store = Store(settings.ledger_place, write=False)
    source = LightSource(Node(settings.consensus), store)
    try:
        found = source.block(None)
    except Unavailable:
        found = None
    finally:
        source.close()
        store.close()
    if found is None or found["size"] is None:
        click.echo("The signatures of the other hospitals could not be had; the file holds none.", err=True)
        return None
    return found


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
