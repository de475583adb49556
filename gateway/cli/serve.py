"""`flask serve`: founds a ledger when there is none, fills the demonstration once, and starts the server.

The server is granian, which enters here: WSGI, one worker (a ledger has one writer), 32 threads. Ctrl-C and
SIGTERM stop it cleanly; SIGHUP stops it and starts it again in the same process, with keys and files read
anew (from a terminal it only stops: that is what a closed window means). A node whose keys or records others
could open does not start.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
from pathlib import Path
from subprocess import Popen
from threading import Thread
from typing import NoReturn

import click
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from gateway.cli.demonstration import announce, prepare_demonstration
from gateway.cli.opening import command_settings, node, now_ms, read_genesis
from gateway.identity.founding import FoundingError, found, write_private
from gateway.operation.doctor.examination import examine_for_start
from gateway.operation.doctor.findings import FLASK, TYPE, Scene, language, printed
from gateway.operation.doctor.records import examine_length
from gateway.settings import ROOT, Settings
from ledger.errors import Unavailable
from ledger.store.sqlite import Lock

THREADS = 32  # above the cap of 24 event streams, so that streams never hold all of them


@click.command("serve")
@click.option("--demo/--no-demo", default=True, help="Fill a new node with the synthetic demonstration.")
@with_appcontext
def command(demo: bool) -> None:
    """Start the node; found its ledger first when there is none."""
    os.umask(0o077)
    settings = command_settings()
    require_free_port(settings.listen, settings.port)
    held = require_free_ledger(settings)
    require_sound(settings)
    sheet = settings.data / "demo.json"
    if not settings.genesis_path.exists() or (demo and settings.unfinished_path.exists()):
        prepare(settings, sheet if demo else None)
        begin_anew("serve")
    if demo and sheet.exists():
        write_private(settings.data.parent / "demo.json", sheet.read_bytes())
        announce(json.loads(sheet.read_text("utf-8")), settings)
    else:
        click.echo(f"Console {settings.console_origin}/console/, wallet {settings.wallet_origin}/")
        click.echo(f"Listening on {settings.listen}, port {settings.port}. Ctrl-C stops the node.")
    warn_of_rollback(settings)
    again = start_server(settings)
    if held is not None:
        held.release()
    if again:
        begin_anew("serve")


def prepare(settings: Settings, sheet: Path | None) -> None:
    """Founds the ledger when there is none; with a sheet, fills the demonstration and writes sign-ins."""
    if not settings.genesis_path.exists():
        click.echo("Founding a new ledger: fresh keys, genesis, three institutions ...")
        try:
            found(settings, now_ms, os.urandom, unfinished=sheet is not None)
        except FoundingError as error:
            raise click.ClickException(str(error)) from None
    if sheet is not None:
        with node(settings) as gw:
            text = json.dumps(prepare_demonstration(gw, gw.ledger.genesis), ensure_ascii=False, indent=1)
            write_private(sheet, text.encode())
        settings.unfinished_path.unlink(missing_ok=True)


def begin_anew(name: str) -> NoReturn:
    """Begins this command again in a process that never had threads of the preparation: the server forks."""
    os.execv(  # noqa: S606 - our own interpreter and program
        sys.executable, [sys.executable, "-m", "flask", "--app", "app", *sys.argv[sys.argv.index(name) :]]
    )


def require_free_port(host: str, port: int) -> None:
    """A plain message when somebody else listens there."""
    if not is_free_port(host, port):
        raise click.ClickException(
            f"Port {port} on {host} is taken. Stop what listens there, or choose another: "
            f"make run PORT={port + 1 if port < 60_000 else 8081}"
        )


def is_free_port(host: str, port: int) -> bool:
    """Whether nobody listens there, and we may."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            return False
    return True


def require_free_ledger(settings: Settings) -> Lock | None:
    """A plain message when another node runs on these data.

    A ledger file of one operator is locked by whoever writes it. A consortium's is written by the application
    beside us, and one in PostgreSQL is locked there, where it cannot be told by which process: then the name
    of the gateway's own database is locked here, as long as what is given back lives.
    """
    alone = not (settings.genesis_path.exists() and read_genesis(settings).validators)
    if not alone and not settings.application_path.exists():
        raise click.ClickException(
            "The ledger's application is not running. Start it first: flask consortium application"
        )
    by_file = alone and settings.postgres is None
    path = settings.ledger_path if by_file else settings.database_path
    if alone and not (path if by_file else settings.genesis_path).exists():
        return None
    try:
        lock = Lock(path)
    except Unavailable:
        raise click.ClickException(
            f"Another node is running on {settings.data}. Stop it first, "
            "or give this one a folder of its own with YAOSHI_VAR."
        ) from None
    if not by_file:
        return lock
    lock.release()
    return None


def require_sound(settings: Settings) -> None:
    """Ends with what is wrong and what to type when keys, files or ledger are not fit for a start."""
    scene = Scene(settings, os.environ, now_ms(), os.geteuid())
    wrong = [one for one in examine_for_start(scene) if one.level == "wrong"]
    if wrong:
        raise click.ClickException("The node does not start.\n\n" + printed(wrong, language(os.environ)))


def warn_of_rollback(settings: Settings) -> None:
    """Says below the banner that the node will start without working, and why: its ledger is an older one."""
    scene = Scene(settings, os.environ, now_ms(), os.geteuid())
    found = [one for one in examine_length(scene) if one.level == "wrong"]
    if found:
        chosen = language(os.environ)
        click.echo(f"{printed(found, chosen)}\n    {TYPE[chosen]} {FLASK} doctor\n", err=True)


def start_server(
    settings: Settings,
    address: str | None = None,
    certificate: tuple[Path, Path] | None = None,
    beside: Popen[str] | None = None,
) -> bool:
    """Serves until SIGTERM or Ctrl-C; True when a SIGHUP asks for a new beginning.

    The worker is forked from here, so nothing is imported twice. With a certificate (PEM, and its key) over
    TLS; without one a proxy in front has it. Ends, too, when the process `beside` ends, if there is one.
    """
    os.chdir(ROOT)
    again, stopped, before = False, False, signal.getsignal(signal.SIGHUP)
    server = Granian(
        "app:serving_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=address or settings.listen,
        port=settings.port,
        ssl_cert=certificate[0] if certificate else None,
        ssl_key=certificate[1] if certificate else None,
        workers=1,
        blocking_threads=THREADS,
        runtime_threads=1,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    )

    def hang_up(*_signal: object) -> None:
        nonlocal again
        again = not sys.stdin.isatty()

    def stop(*_signal: object) -> None:
        nonlocal stopped
        stopped = True

    hears, tells = os.pipe()
    os.set_blocking(tells, False)

    def tell() -> None:
        # The kernel may hand a signal to any thread, and then the first one sleeps on; and its handler must
        # not take the lock of the event on which it waits. The byte that every signal writes is read here.
        while True:
            for number in os.read(hears, 64):
                if number != signal.SIGCHLD or (beside is not None and beside.poll() is not None):
                    server.signal_handler_interrupt()

    def handle_signals() -> None:
        signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
        Thread(target=tell, name="signals", daemon=True).start()
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        # granian would start a second worker beside the first, which cannot have the ledger.
        signal.signal(signal.SIGHUP, before if before is signal.SIG_IGN else hang_up)
        if beside is not None:
            signal.signal(signal.SIGCHLD, lambda *_signal: None)
            signal.raise_signal(signal.SIGCHLD)  # it may have ended before this

    server.on_startup(handle_signals)
    server.serve()
    # All is closed: a stop that comes now ends the process at once, and none is forgotten.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return again and not stopped
