"""`flask serve`: founds a ledger when there is none, fills the demonstration once, and starts the server.

What runs afterwards is granian (WSGI, one process, 32 threads), which takes this process's place: Ctrl-C and
SIGTERM reach it directly.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys

import click
from flask.cli import with_appcontext

from gateway.cli.demonstration import announce, prepare_demonstration
from gateway.cli.opening import command_settings, node, now_ms
from gateway.identity.founding import FoundingError, found, write_private
from gateway.settings import ROOT, Settings

THREADS = 32  # above the cap of 24 event streams, so that streams never hold all of them


@click.command("serve")
@click.option("--demo/--no-demo", default=True, help="Fill a new node with the synthetic demonstration.")
@with_appcontext
def command(demo: bool) -> None:
    """Start the node; found its ledger first when there is none."""
    os.umask(0o077)
    settings = command_settings()
    require_free_port("127.0.0.1", settings.port)
    if not settings.genesis_path.exists():
        click.echo("Founding a new ledger: fresh keys, genesis, three institutions ...")
        try:
            found(settings, now_ms, os.urandom)
        except FoundingError as error:
            raise click.ClickException(str(error)) from None
    sheet = settings.data / "demo.json"
    if demo and not sheet.exists():
        with node(settings) as gw:
            write_private(sheet, json.dumps(prepare_demonstration(gw), ensure_ascii=False, indent=1).encode())
    if demo:
        write_private(settings.data.parent / "demo.json", sheet.read_bytes())
        announce(json.loads(sheet.read_text("utf-8")), settings)
    start_server(settings)


def require_free_port(host: str, port: int) -> None:
    """A plain message when somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise click.ClickException(
                f"Port {port} on {host} is taken. Stop what listens there, or choose another: "
                f"make run PORT={port + 1 if port < 60_000 else 8081}"
            ) from None


def start_server(settings: Settings) -> None:
    """Replaces this process by the server; does not return."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(
        sys.executable,
        [  # noqa: S606 - our own interpreter, fixed arguments
            sys.executable,
            "-m",
            "granian",
            "app:serving_app",
            "--factory",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(settings.port),
            "--workers",
            "1",
            "--blocking-threads",
            str(THREADS),
            "--runtime-threads",
            "1",
            "--no-ws",
            "--log-level",
            "error",
            "--workers-kill-timeout",
            "5",
        ],
    )
