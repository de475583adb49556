"""`flask phone`: the node for a real phone on the same network, over HTTPS by a certificate of our own.

Wallet and institutions are two ports of this machine's address; a third, plain one explains the one trust
step. Another address is another pair of origins, so it gets a ledger and certificates of its own, and says
so. Not for a hospital's service: that has names and certificates of its own (docs/operating.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask.cli import with_appcontext

from gateway.cli.demonstration import announce
from gateway.cli.opening import now_ms
from gateway.cli.serve import (
    begin_anew,
    prepare,
    require_free_ledger,
    require_free_port,
    require_sound,
    start_server,
    warn_of_rollback,
)
from gateway.identity.founding import write_private
from gateway.phone.address import is_here, is_local, lan_address
from gateway.phone.authority import expires, fingerprint, make_certificates
from gateway.phone.guide import Places
from gateway.qr.terminal import qr_lines
from gateway.settings import ROOT, Settings, settings_from_env

RENEW_BEFORE = timedelta(days=7)


@click.command("phone")
@click.option("--address", help="This machine's IPv4 address on the phone's network, if the guess is wrong.")
@with_appcontext
def command(address: str | None) -> None:
    """Start the node for a real phone on the local network (HTTPS; three ports from YAOSHI_PORT on)."""
    os.umask(0o077)
    address = _address(address)
    settings, places = _places(address)
    for port in (settings.port, settings.port + 1, settings.port + 2):
        require_free_port(address, port)
    held = require_free_ledger(settings)
    require_sound(settings)
    certificates = _certificates(settings.data.parent / "phone" / address, address)
    sheet = settings.data / "demo.json"
    if not sheet.exists():
        _say_that_it_is_new(settings, address)
        prepare(settings, sheet)
        begin_anew("phone")
    write_private(settings.data.parent / "demo.json", sheet.read_bytes())
    announce(json.loads(sheet.read_text("utf-8")), settings)
    _explain(places, settings.port, certificates / "authority.pem")
    warn_of_rollback(settings)
    with _beside(places, address, settings.port, certificates / "authority.pem") as beside:
        start_server(settings, address, (certificates / "node.pem", certificates / "node.key"), beside)
        if held is not None:
            held.release()
        if beside.poll() is not None:
            raise click.ClickException(
                f"The process that serves {places.console}/ and {places.guide}/ has ended, so the node was "
                "stopped. Nothing is lost: start it again (make phone)."
            )


def _address(given: str | None) -> str:
    address = given or lan_address()
    if address is None:
        raise click.ClickException(
            "This machine is on no network. Join the phone's Wi-Fi, or name the address: "
            "flask --app app phone --address 192.168.1.5"
        )
    if not is_local(address):
        raise click.ClickException(
            f"{address} is no address of a local network; a trial does not belong outside."
        )
    if not is_here(address):
        raise click.ClickException(f"This machine does not have the address {address}. See: ip -4 address")
    return address


def _places(address: str) -> tuple[Settings, Places]:
    """The settings of a node at this address, read as from the environment, and its three addresses."""
    port = settings_from_env({**os.environ, "YAOSHI_CONSOLE": "", "YAOSHI_WALLET": ""}).port
    places = Places(
        wallet=f"https://{address}:{port}",
        console=f"https://{address}:{port + 1}",
        guide=f"http://{address}:{port + 2}",
    )
    # The worker process reads its settings from the environment as well.
    os.environ.update(YAOSHI_CONSOLE=places.console, YAOSHI_WALLET=places.wallet)
    return settings_from_env(), places


def _certificates(folder: Path, address: str) -> Path:
    """The folder with this address's certificates, made anew when there are none or they end soon."""
    authority = folder / "authority.pem"
    if authority.exists() and expires(authority.read_bytes()) - datetime.now(UTC) > RENEW_BEFORE:
        return folder
    made = make_certificates(address, now_ms())
    write_private(folder / "node.key", made.key)
    write_private(folder / "node.pem", made.node)
    write_private(authority, made.authority)  # last: its presence says that all is there
    return folder


def _say_that_it_is_new(settings: Settings, address: str) -> None:
    click.echo(f"  {address} is a new address: a new ledger begins, and phones start with an empty wallet.")
    others = {folder.name for folder in settings.data.parent.glob(f"*-{settings.port + 1}")}
    others.discard(settings.data.name)
    if others:
        known = ", ".join(sorted(others))
        click.echo(f"  What was linked and granted under {known} stays there and is not shown here.")


def _explain(places: Places, port: int, authority: Path) -> None:
    click.echo("  1  Once for each phone: open this on the phone or here, and follow its steps")
    click.echo(f"     {places.guide}/")
    click.echo(f"     fingerprint (SHA-256) {fingerprint(authority.read_bytes())}")
    click.echo(f"  2  Then scan this with the phone: {places.wallet}/")
    for line in qr_lines(f"{places.wallet}/"):
        click.echo(f"     {line}")
    click.echo("  Put this before a flask command to speak to this node, such as `… flask --app app doctor`:")
    click.echo(f"     YAOSHI_CONSOLE={places.console} YAOSHI_WALLET={places.wallet} YAOSHI_PORT={port}")
    click.echo(nl=True)


@contextmanager
def _beside(places: Places, address: str, port: int, authority: Path) -> Iterator[subprocess.Popen[str]]:
    """The second port and the page, in a process that ends with this one."""
    told = {
        "places": asdict(places),
        "address": address,
        "wallet_port": port,
        "console_port": port + 1,
        "guide_port": port + 2,
        "authority": str(authority),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.phone.beside"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise click.ClickException("The process beside the node has no pipes.")
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "ready\n":
            raise click.ClickException("The second port could not be opened; see the lines above.")
        yield process
    finally:
        process.terminate()
        process.wait(10)
