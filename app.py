"""Puts a node together: settings, clock, entropy, keys, ledger with consent's contract, gateway, HTTP.

The only place that knows all three packages: consent's rules are handed to the ledger's machine here.
`create_app` serves; `commands` carries the command line (`flask --app app …`), which opens a node only when a
command needs one, because a ledger has one writer.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from threading import Thread

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from consent.lifecycle import ConsentContract
from gateway.cli import register_commands
from gateway.composition import Gateway
from gateway.identity.keyring import read_keys
from gateway.identity.sessions import register_sessions
from gateway.settings import Settings, settings_from_env
from gateway.store.database import open_database
from gateway.web.bodies import register_bodies
from gateway.web.disk import register_disk
from gateway.web.events import Bus
from gateway.web.headers import register_headers
from gateway.web.hosts import register_hosts
from gateway.web.logs import make_log, register_logs
from gateway.web.metrics import Metrics
from gateway.web.openapi import make_api
from gateway.web.problems import register_problems
from gateway.web.ratelimit import sweep
from ledger.engine.embedded import EmbeddedEngine
from ledger.genesis import parse_genesis

BLUEPRINTS = (
    "gateway.web.static_files", "gateway.web.health", "gateway.web.docs", "gateway.ledger_door.door",
    "gateway.console.session", "gateway.console.status", "gateway.console.audit", "gateway.console.patients",
    "gateway.console.references", "gateway.console.visits", "gateway.console.accounting",
    "gateway.wallet.references", "gateway.wallet.sessions", "gateway.wallet.changes", "gateway.wallet.timeline",
    "gateway.wallet.records", "gateway.wallet.entries",
    "gateway.fhir.token_door", "gateway.fhir.door", "gateway.fhir.metadata", "gateway.fhir.receipts_door",
)


def now_ms() -> int:
    """The machine's clock, milliseconds UTC."""
    return time.time_ns() // 1_000_000


def compose(settings: Settings, clock: Callable[[], int] = now_ms,
            entropy: Callable[[int], bytes] = os.urandom) -> Gateway:
    """Opens what a founded node is made of; one process at a time (the engine's file lock)."""
    genesis = parse_genesis(settings.genesis_path.read_bytes())
    keys = read_keys(settings.keys_path)
    engine = EmbeddedEngine.open(
        settings.ledger_path, genesis.data, contracts=[ConsentContract()],
        checkpoint_seed=keys.checkpoint_seed(genesis.operators[0]["id"]), clock=clock)
    bus = Bus(clock, settings.sse_cap, settings.sse_seconds)
    engine.subscribe(lambda committed: bus.publish(f"link:{committed.subject}"))
    gw = Gateway(settings=settings, ledger=engine, db=open_database(settings.database_path), clock=clock,
                 entropy=entropy, keys=keys, bus=bus, log=make_log())
    sweep(gw)
    return gw


def create_app(settings: Settings | None = None, gateway: Gateway | None = None) -> Flask:
    """The WSGI application of a founded node; a test hands over its own gateway."""
    gw = gateway or compose(settings or settings_from_env())
    app = Flask("yaoshi", static_folder=None)
    app.extensions["yaoshi"] = gw
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    metrics = Metrics()
    metrics.watch(gw)
    register_logs(app, gw, metrics)
    register_problems(app)
    register_hosts(app, gw.settings)
    register_bodies(app, gw.settings.body_limit)
    register_disk(app, gw)
    register_headers(app, gw)
    register_sessions(app, gw.settings, gw.settings.session_secret_path.read_text("ascii").strip())
    api = make_api(app)
    for name in BLUEPRINTS:
        try:
            blueprint = import_module(name).blueprint
        except (ModuleNotFoundError, ImportError) as error:
            print(f"missing: {name}: {error}", file=sys.stderr)
            continue
        (api if hasattr(blueprint, "arguments") else app).register_blueprint(blueprint)
    if gw.settings.trusted_proxies:
        count = gw.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.extensions["yaoshi-metrics"] = metrics
    return app


def serving_app() -> Flask:
    """What the server loads in its one worker process."""
    # Ctrl-C reaches every process of the terminal; the server's first process passes it on as SIGTERM, and a
    # worker that gets both does not stop.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    app = create_app()
    gw: Gateway = app.extensions["yaoshi"]
    if gw.settings.metrics_port:
        app.extensions["yaoshi-metrics"].serve(gw.settings.metrics_port)
    _end_streams_on_signal(gw)
    # The cyclic collector over everything loaded so far is what makes slow answers slow.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return app


def _end_streams_on_signal(gw: Gateway) -> None:
    # The server waits for open answers, and an event stream is open for up to a minute. Its own signal handlers
    # are set after this, so the byte that every handled signal writes here is what we hear of a stop.
    hears, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)

    def wait() -> None:
        os.read(hears, 1)
        gw.bus.close()

    Thread(target=wait, name="stop", daemon=True).start()


commands = Flask("yaoshi-commands", static_folder=None)
register_commands(commands, compose)
