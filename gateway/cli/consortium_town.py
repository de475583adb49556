"""`flask consortium up` and `down`: four synthetic hospitals on this machine, each begun with one command.

`up` founds them once, fills them with synthetic patients, starts twelve processes and waits until all are
ready; again, it starts what does not run. `down` ends exactly those processes; the data stay.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from rich.progress import Progress

from gateway.cli.demonstration import prepare_demonstration
from gateway.cli.opening import command_settings, now_ms, read_genesis, without_ledger
from gateway.cli.serve import require_free_port
from gateway.consortium.demonstration import (
    HIGHEST_PORT,
    Member,
    found_together,
    is_ready,
    log_of,
    members,
    sheet_of,
    start,
)
from gateway.consortium.node import NodeError
from gateway.consortium.processes import Processes
from gateway.identity.founding import FoundingError, write_private
from gateway.qr.terminal import qr_lines

BOOK = "processes.json"
READY_WITHIN_S = 120.0
PARTS = (("application", "consortium", "application"), ("node", "consortium", "node"))
GATEWAY = ("gateway", "serve", "--no-demo")


@click.command("up")
@click.option(
    "--port",
    type=click.IntRange(1024, HIGHEST_PORT),
    default=8180,
    show_default=True,
    help="Port of the first gateway; three follow.",
)
@with_appcontext
def up(port: int) -> None:
    """Begin four synthetic hospitals that keep one ledger, on this machine."""
    os.umask(0o077)
    folder = _folder()
    found, processes = members(folder, port), Processes(folder / BOOK)
    if not processes.running():
        for one in found:
            require_free_port("127.0.0.1", one.settings.port)
    _found(folder, found)
    sheets = [_filled(one) for one in found]
    with Progress(transient=True) as progress:
        task = progress.add_task("Starting twelve processes", total=len(found))
        _start(found, processes, PARTS)
        _wait(found, processes, "application", lambda one: one.settings.application_path.exists())
        _start(found, processes, (GATEWAY,))
        _wait(found, processes, "gateway", is_ready, lambda: progress.advance(task))
    sheet = folder.with_suffix(".json")
    write_private(sheet, json.dumps(sheet_of(found, sheets), ensure_ascii=False, indent=1).encode())
    _announce(found, sheets, sheet)


@click.command("down")
@with_appcontext
def down() -> None:
    """End the four hospitals' processes; their data stay."""
    folder = _folder()
    ended = Processes(folder / BOOK).end()
    click.echo(f"Ended: {', '.join(sorted(ended)) or 'nothing was running'}. The data stay in {folder}.")


def _folder() -> Path:
    return command_settings().data.parent / "consortium"


def _found(folder: Path, found: list[Member]) -> None:
    missing = [one for one in found if not one.settings.genesis_path.exists()]
    if not missing:
        return
    if len(missing) < len(found):
        raise click.ClickException(f"{folder} was founded by half. Nothing of value is in it: rm -r {folder}")
    for one in found:  # keys of an attempt that was cut off have signed nothing
        shutil.rmtree(one.settings.data.parent, ignore_errors=True)
    try:
        found_together(found, now_ms, os.urandom)
    except (FoundingError, NodeError) as error:
        raise click.ClickException(str(error)) from None


def _filled(one: Member) -> dict[str, Any]:
    """The member's accounts and patients, made once; what its sheet says."""
    path = one.settings.data / "demo.json"
    if not path.exists():
        with without_ledger(one.settings) as gw:
            sheet = prepare_demonstration(gw, read_genesis(one.settings))
        write_private(path, json.dumps(sheet, ensure_ascii=False, indent=1).encode())
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _start(found: list[Member], processes: Processes, parts: tuple[tuple[str, ...], ...]) -> None:
    """Start these parts of each member, but for those that run."""
    running = processes.running()
    for one in found:
        for part, *arguments in parts:
            if f"{one.founder.code} {part}" not in running:
                start(processes, one, part, *arguments)


def _wait(
    found: list[Member],
    processes: Processes,
    part: str,
    is_there: Callable[[Member], bool],
    advance: Callable[[], None] = lambda: None,
) -> None:
    """Back when this part of each member is there; a plain message when one ends or takes too long."""
    until = time.monotonic() + READY_WITHIN_S
    for one in found:
        while not is_there(one):
            if time.monotonic() > until or f"{one.founder.code} {part}" not in processes.running():
                raise click.ClickException(
                    f"The {part} of {one.founder.english} is not ready. Its log: {log_of(one, part)}"
                )
            time.sleep(0.1)
        advance()


def _announce(found: list[Member], sheets: list[dict[str, Any]], path: Path) -> None:
    click.echo("")
    for one, sheet in zip(found, sheets, strict=True):
        click.echo(f"  {one.founder.code}  {one.founder.chinese} · {one.founder.english}")
        click.echo(f"      {one.settings.console_origin}/console/")
        for each in sheet["staff"]:
            click.echo(f"      {each['role']:14} {each['user']:9} {each['password']}")
    click.echo(f"\n  Wallet  {found[0].settings.wallet_origin}/\n")
    for line in qr_lines(f"{found[0].settings.wallet_origin}/"):
        click.echo(f"  {line}")
    click.echo(f"\n  The same stands in {path}. All patients are synthetic. To end: make consortium-down")
