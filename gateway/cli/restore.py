"""`flask restore`: checks a backup, or data kept aside, and puts it in place; `--check` only checks it."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import click
from flask.cli import with_appcontext

from gateway.cli.opening import command_settings, now_ms
from gateway.cli.progress import shown_progress
from gateway.operation.backup.archive import BackupError, Manifest
from gateway.operation.backup.restoring import Restored, Wishes, check_backup, restore
from gateway.operation.doctor.findings import FLASK, day, quoted
from gateway.operation.watermark import Mark
from gateway.settings import Settings


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Unpack and check everything, and change nothing.")
@click.option("--replace", is_flag=True, help="Keep the present data aside and put the backup in its place.")
@click.option(
    "--keys",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the keys, when the backup has none and none are in place.",
)
@click.option(
    "--expect",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that somebody kept: an older backup is then noticed.",
)
@click.option(
    "--signed-up-to",
    type=click.IntRange(1),
    help="Of a consortium, on a new machine: the height that another member's node shows now.",
)
@with_appcontext
def command(
    file: Path,
    only_check: bool,
    replace: bool,
    keys: Path | None,
    expect: Path | None,
    signed_up_to: int | None,
) -> None:
    """Put the backup FILE in place (`-`: from a program that decrypts). The node must not run.

    FILE may be a folder that an earlier restore kept aside, too. Nothing is deleted: with --replace the
    present data is kept in a folder beside it.
    """
    os.umask(0o077)
    settings = command_settings()
    expected = expect.read_text("utf-8", "replace") if expect is not None else None
    try:
        with _opened(file) as source, shown_progress() as progress:
            if only_check:
                checked = check_backup(settings, source, now_ms, progress)
            else:
                wishes = Wishes(replace=replace, keys=keys, expected=expected, signed_up_to=signed_up_to)
                done = restore(settings, source, wishes, clock=now_ms, entropy=os.urandom, progress=progress)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    if only_check:
        click.echo(f"Everything holds. {_described(checked)}")
    else:
        _tell(settings, file, done)


def _opened(file: Path) -> nullcontext[IO[bytes]] | nullcontext[Path] | IO[bytes]:
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    return nullcontext(file.resolve()) if file.is_dir() else file.open("rb")


def _described(manifest: Manifest) -> str:
    keys = "with keys" if manifest.keys else "without keys"
    return (
        f"{manifest.size} ledger records, made {day(manifest.made_at)} by release {manifest.release}, "
        f"{keys}; ledger {manifest.ledger[:16]}…"
    )


def _tell(settings: Settings, file: Path, done: Restored) -> None:
    if file.is_dir():
        click.echo(f"Restored: {done.manifest.size} ledger records. {file} was copied and is still there.")
    else:
        click.echo(f"Restored: {_described(done.manifest)}")
    if done.aside is not None:
        click.echo(f"What was there before lies in {done.aside}; remove it when you are sure.")
    if done.schemas:
        click.echo(f"In the database it lies in {' and '.join(done.schemas)}; drop these when you are sure.")
    if not any(settings.keys_path.glob("*/*.key")):
        click.echo(f"There are NO KEYS yet: put them into {settings.keys_path} before you start the node.")
    if done.node is not None:
        click.echo(_of_a_member(done))
    elif done.known is not None:
        click.echo(_older(done.manifest, done.known))
        if done.aside is not None:
            click.echo(
                f"  To put back what was there before: {FLASK} restore --replace {quoted(done.aside)}\n"
            )
    click.echo(f"Now: {FLASK} doctor, then start the node.")


def _of_a_member(done: Restored) -> str:
    if not done.node:
        return (
            "There is NO CONSENSUS NODE: it is in a backup --with-keys. Restore that, or --keys FOLDER with "
            "what it holds, before you start."
        )
    return (
        "What this ledger lacks comes from the other members when application and node run; the gateway "
        "records and releases nothing before that. What people did here after the backup has no details here."
    )


def _older(manifest: Manifest, known: Mark) -> str:
    lost = known.size - manifest.size
    what = f"{lost} ledger records are missing" if lost > 0 else "its records are not those that were shown"
    return f"""
  THIS BACKUP IS OLDER than what this ledger has already shown: it has {manifest.size} ledger records, and
  {known.size} are known; {what}. Permissions that patients took back meanwhile are open again in it,
  and the phones that saw the later records will raise their alarm.
  The node starts, but records and releases nothing. If a newer backup or the later data exists, restore that.
  Only if there is none: {FLASK} ledger accept-loss
"""
