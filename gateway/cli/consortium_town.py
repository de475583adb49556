"""`flask consortium up` and `down`: four synthetic hospitals on this machine, each begun with one command.

`up` founds them once, fills them with synthetic patients, starts twelve processes and waits until all are
ready; again, it starts what does not run. Where PostgreSQL is installed each has a database of a server that
is begun for them, too. `down` ends exactly those processes; the data stay.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from gateway.cli.demonstration import prepare_demonstration
from gateway.cli.opening import command_settings, now_ms, read_genesis, without_ledger
from gateway.cli.progress import shown_progress
from gateway.cli.serve import is_free_port
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
from gateway.consortium.postgres import NoServerError, Server
from gateway.consortium.processes import Processes
from gateway.identity.founding import FoundingError, write_private
from gateway.operation.doctor.findings import FLASK
from gateway.qr.terminal import qr_lines

BOOK, SERVER, ENVIRONMENT = "processes.json", "postgres", "environment"
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
@click.option("--sqlite", is_flag=True, help="Files, even where PostgreSQL is installed; when they begin.")
@with_appcontext
def up(port: int, sqlite: bool) -> None:
    """Begin four synthetic hospitals that keep one ledger, on this machine."""
    os.umask(0o077)
    try:
        _begin(_folder(), port, sqlite)
    except KeyboardInterrupt:
        raise click.ClickException(
            "Stopped half-way; what was begun goes on. To go on: type the same again. To end it: "
            "make consortium-down"
        ) from None


def _begin(folder: Path, port: int, sqlite: bool) -> None:
    processes = Processes(folder / BOOK)
    processes.tidy()
    server, store = _store(folder, sqlite)
    found = members(folder, port, server)
    _require_place(folder, found, processes.running())
    if server is not None:
        _start_server(server, processes, found)
    _found(folder, found)
    sheets = [_filled(one) for one in found]
    click.echo("Starting an application, a consensus node and a gateway for each ...")
    with shown_progress() as progress:
        _start(found, processes, PARTS)
        _wait(found, processes, PARTS[:1], lambda one: one.settings.application_path.exists())
        _start(found, processes, (GATEWAY,))
        parts = (*PARTS, GATEWAY)
        _wait(found, processes, parts, is_ready, lambda ready: progress("ready", ready, len(found)))
    sheet = folder.with_suffix(".json")
    write_private(sheet, json.dumps(sheet_of(found, sheets), ensure_ascii=False, indent=1).encode())
    for one in found:
        lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in one.environment.items())
        write_private(one.settings.data.parent / ENVIRONMENT, lines.encode())
    _announce(found, sheets, sheet)
    click.echo(f"  Data in {store}")


@click.command("down")
@with_appcontext
def down() -> None:
    """End the four hospitals' processes; their data stay."""
    folder = _folder()
    ended = Processes(folder / BOOK).end()
    click.echo(f"Ended: {', '.join(sorted(ended)) or 'nothing was running'}. The data stay in {folder}.")


def _folder() -> Path:
    return command_settings().data.parent / "consortium"


def _require_place(folder: Path, found: list[Member], running: list[str]) -> None:
    """A plain message where the four were founded on other ports, or somebody else has one of theirs."""
    # Not what a restore kept aside, which has a moment behind its name.
    places = {path.parent.name for path in folder.glob("*/*/genesis.json")}
    ports = {name: int(last) for name in places if (last := name.rpartition("-")[2]).isdecimal()}
    if ports.keys() - {one.settings.data.name for one in found}:
        first = min(ports.values())
        raise click.ClickException(
            f"They were founded on port {first} and stay there: {FLASK} consortium up --port {first}\n"
            f"For four new ones in their place: make consortium-down, then rm -r {folder}"
        )
    wanted = [each for one in found for each in _ports(one)]
    taken = [port for part, port in wanted if part not in running and not is_free_port("127.0.0.1", port)]
    if taken:
        choose = f", or choose others: {FLASK} consortium up --port {found[0].settings.port + 100}"
        raise click.ClickException(
            f"Port {taken[0]} on 127.0.0.1 is taken. Stop what listens there{'' if places else choose}"
        )


def _ports(one: Member) -> list[tuple[str, int]]:
    """[(name of the part, a port on which it listens)]."""
    node, gateway, metrics = (
        f"{one.founder.code} node",
        f"{one.founder.code} gateway",
        one.settings.metrics_port,
    )
    always = [(node, one.rpc), (node, one.meeting), (gateway, one.settings.port)]
    return [*always, (gateway, metrics)] if metrics else always


def _store(folder: Path, sqlite: bool) -> tuple[Server | None, str]:
    """Where the data are, in words; as it was chosen when the four were founded."""
    server, begun = Server(folder.with_name(f"{folder.name}-postgres")), any(folder.glob("*/*/genesis.json"))
    if begun and not server.data.exists():
        return None, "SQLite files, as they began"
    if sqlite and not begun:
        shutil.rmtree(server.folder, ignore_errors=True)
        return None, "SQLite files, as you asked"
    try:
        if not begun and not Processes(folder / BOOK).running():
            server.make()
        return server, f"PostgreSQL, a database each of the server in {server.folder}"
    except NoServerError as error:
        return None, f"SQLite files ({error})"


def _start_server(server: Server, processes: Processes, found: list[Member]) -> None:
    """Back when it takes connections and has a database for each member."""
    log = server.folder.with_name(f"{server.folder.name}.log")
    if SERVER not in processes.running():
        processes.start(SERVER, server.command(), {}, log)
    until = time.monotonic() + READY_WITHIN_S
    while not server.is_ready():
        if time.monotonic() > until or SERVER not in processes.running():
            raise click.ClickException(f"PostgreSQL is not ready. Its log: {log}")
        time.sleep(0.1)
    try:
        for one in found:
            server.see_to_database(one.founder.code.lower())
    except NoServerError as error:
        raise click.ClickException(str(error)) from None


def _found(folder: Path, found: list[Member]) -> None:
    missing = [one for one in found if not one.settings.genesis_path.exists()]
    if not missing:
        return
    if len(missing) < len(found):
        raise click.ClickException(f"{folder} was founded by half. Nothing of value is in it: rm -r {folder}")
    for one in found:  # keys of an attempt that was cut off have signed nothing
        shutil.rmtree(one.settings.data.parent, ignore_errors=True)
    click.echo("Founding four hospitals: fresh keys, one genesis that all sign ...")
    try:
        found_together(found, now_ms, os.urandom)
    except (FoundingError, NodeError) as error:
        raise click.ClickException(str(error)) from None


def _filled(one: Member) -> dict[str, Any]:
    """The member's accounts and patients, made once; what its sheet says."""
    path = one.settings.data / "demo.json"
    if not path.exists():
        click.echo(f"Making synthetic patients for {one.founder.english} ...")
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
    parts: tuple[tuple[str, ...], ...],
    is_there: Callable[[Member], bool],
    told: Callable[[int], None] = lambda ready: None,
) -> None:
    """Back when each member is there; a plain message when a part ends, or the last takes too long."""
    until = time.monotonic() + READY_WITHIN_S
    names = [part for part, *_ in parts]
    for number, one in enumerate(found, 1):
        while not is_there(one):
            running = processes.running()
            ended = [part for part in names if f"{one.founder.code} {part}" not in running]
            if ended or time.monotonic() > until:
                part, what = (ended[0], "has ended") if ended else (names[-1], "is not ready")
                raise click.ClickException(
                    f"The {part} of {one.founder.english} {what}. Its log: {log_of(one, part)}"
                )
            time.sleep(0.1)
        told(number)


def _announce(found: list[Member], sheets: list[dict[str, Any]], path: Path) -> None:
    click.echo("")
    for one, sheet in zip(found, sheets, strict=True):
        click.echo(f"  {one.founder.code}  {one.founder.chinese} · {one.founder.english}")
        click.echo(f"      {one.settings.console_origin}/console/")
        for each in sheet["staff"]:
            click.echo(f"      {each['role']:14} {each['user']:9} {each['password']}")
    wallet = f"{found[0].settings.wallet_origin}/"
    click.echo(f"\n  Wallet  {wallet}   (in a phone-sized window of a browser on this machine)\n")
    for line in qr_lines(wallet):
        click.echo(f"  {line}")
    click.echo(f"\n  The same stands in {path}. All patients are synthetic. To end: make consortium-down")
