"""`flask backup`: one file that brings the node back, made while the node runs, under any load."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from gateway.cli.opening import command_settings, now_ms, read_genesis
from gateway.cli.progress import shown_progress
from gateway.operation.backup.archive import BackupError, Manifest
from gateway.operation.backup.making import make_backup, stream_backup
from gateway.settings import Settings

LOUD = """
  The file holds the keys of this node's institutions and operator.
  Whoever has it can sign in their name. Keep it apart from other backups, on a medium that is locked away.
"""


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--with-keys", is_flag=True, help="The working keys, too: for a medium that is locked away.")
@with_appcontext
def command(file: Path, with_keys: bool) -> None:
    """Write a backup to FILE, which must not exist yet; `-` writes to a program that encrypts.

    Records, accounts and the ledger are in it, readable: protect it as you protect the node. Keys are not,
    unless you ask for them; the offline keys never.
    """
    settings = command_settings()
    read_genesis(settings)
    try:
        with shown_progress() as progress:
            if str(file) == "-":
                _require_pipe()
                made = stream_backup(
                    settings, sys.stdout.buffer, with_keys=with_keys, clock=now_ms, progress=progress
                )
            else:
                made = make_backup(settings, file, with_keys=with_keys, clock=now_ms, progress=progress)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    _tell(settings, file, made)


def _require_pipe() -> None:
    if sys.stdout.isatty():
        raise click.ClickException("a backup is not for the screen: name a file, or type `| age -r … > file`")


def _tell(settings: Settings, file: Path, made: Manifest) -> None:
    place = "the backup" if str(file) == "-" else str(file)
    click.echo(
        f"{place} is whole: {made.size} ledger records, root {made.root[:16]}…, {made.total >> 10} KiB.",
        err=True,
    )
    if made.keys:
        click.echo(LOUD, err=True)
        offline = settings.offline_path
        where = f"they are still in {offline}" if offline.exists() else "they are not on this machine"
        click.echo(f"  The offline keys are not in it ({where}).", err=True)
    else:
        click.echo(
            "The keys are not in it; a backup --with-keys, kept elsewhere, is needed to run it.", err=True
        )
