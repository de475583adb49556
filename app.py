"""Puts a node together: settings, clock, entropy, keys, ledger with consent's contract, gateway, HTTP.

The only place that knows all three packages: consent's rules are handed to the ledger's machine here.
`create_app` serves; `commands` carries the command line (`flask --app app …`), which opens a node only when a
command needs one, because a ledger has one writer.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from threading import Thread

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway.cli import register_commands
from gateway.cli.opening import now_ms
from gateway.composition import Gateway
from gateway.console import accounting as console_accounting
from gateway.console import audit as console_audit
from gateway.console import emergencies as console_emergencies
from gateway.console import offers as console_offers
from gateway.console import orders as console_orders
from gateway.console import patients as console_patients
from gateway.console import references as console_references
from gateway.console import reuse as console_reuse
from gateway.console import reviews as console_reviews
from gateway.console import scans as console_scans
from gateway.console import session as console_session
from gateway.console import status as console_status
from gateway.console import visits as console_visits
from gateway.contracts import CONTRACTS
from gateway.fhir import consent_door as fhir_consent_door
from gateway.fhir import door as fhir_door
from gateway.fhir import metadata as fhir_metadata
from gateway.fhir import receipts_door as fhir_receipts_door
from gateway.fhir import token_door as fhir_token_door
from gateway.glass import door as glass_door
from gateway.identity.keyring import KeyRing, operator_here, read_keys
from gateway.identity.rotation import settle_waiting
from gateway.identity.sessions import register_sessions
from gateway.ledger_door import door as ledger_door_door
from gateway.ledger_door import light as ledger_door_light
from gateway.offers import door as offers_door
from gateway.operation.watermark import Halted
from gateway.reuse.deciding.recording import settle_all
from gateway.settings import Settings, settings_from_env
from gateway.store.database import open_database
from gateway.wallet import changes as wallet_changes
from gateway.wallet import entries as wallet_entries
from gateway.wallet import objections as wallet_objections
from gateway.wallet import offers as wallet_offers
from gateway.wallet import records as wallet_records
from gateway.wallet import references as wallet_references
from gateway.wallet import scans as wallet_scans
from gateway.wallet import sessions as wallet_sessions
from gateway.wallet import timeline as wallet_timeline
from gateway.web import docs as web_docs
from gateway.web import health as web_health
from gateway.web import static_files as web_static_files
from gateway.web.bodies import register_bodies
from gateway.web.disk import register_disk
from gateway.web.events import Bus
from gateway.web.headers import register_headers
from gateway.web.hosts import register_hosts
from gateway.web.log_file import LogFile
from gateway.web.logs import make_log, register_logs
from gateway.web.metrics import Metrics
from gateway.web.openapi import register_areas
from gateway.web.problems import register_problems
from gateway.web.ratelimit import sweep
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.embedded import EmbeddedEngine
from ledger.engine.protocol import Engine
from ledger.engine.startup import settle_memory
from ledger.genesis import Genesis, parse_genesis

AREAS = (
    web_static_files,
    web_health,
    web_docs,
    ledger_door_door,
    ledger_door_light,
    console_session,
    console_status,
    console_audit,
    console_patients,
    console_references,
    console_offers,
    console_scans,
    console_visits,
    console_accounting,
    console_orders,
    console_reuse,
    console_emergencies,
    console_reviews,
    wallet_references,
    wallet_offers,
    wallet_scans,
    offers_door,
    wallet_sessions,
    wallet_changes,
    wallet_timeline,
    wallet_records,
    wallet_entries,
    wallet_objections,
    glass_door,
    fhir_token_door,
    fhir_door,
    fhir_consent_door,
    fhir_metadata,
    fhir_receipts_door,
)


def compose(
    settings: Settings, clock: Callable[[], int] = now_ms, entropy: Callable[[int], bytes] = os.urandom
) -> Gateway:
    """Opens what a founded node is made of; one process at a time (the engine's file lock)."""
    genesis = parse_genesis(settings.genesis_path.read_bytes())
    keys = read_keys(settings.keys_path)
    engine = open_ledger(settings, genesis, keys, clock)
    with engine.view() as view:
        keys = settle_waiting(settings, view)
    bus = Bus(clock, settings.sse_cap, settings.sse_seconds)
    engine.subscribe(lambda news: bus.publish(*(f"link:{one.subject}" for one in news)))
    gw = Gateway(
        settings=settings,
        ledger=engine,
        db=open_database(settings.database_place),
        clock=clock,
        entropy=entropy,
        keys=keys,
        bus=bus,
        log=make_log(LogFile(settings.log) if settings.log is not None else None),
    )
    sweep(gw)
    if gw.watermark.behind:
        mark = gw.watermark
        return replace(gw, ledger=Halted(engine, lambda: mark.behind))
    settle_all(gw)
    return gw


def open_ledger(settings: Settings, genesis: Genesis, keys: KeyRing, clock: Callable[[], int]) -> Engine:
    """A ledger of one operator is written here; that of a consortium by the application beside us."""
    operator = operator_here(settings, genesis)
    seed = keys.checkpoint_seed(operator)
    if not genesis.validators:
        return EmbeddedEngine.open(
            settings.ledger_place, genesis.data, contracts=CONTRACTS, checkpoint_seed=seed, clock=clock
        )
    return CometBFTEngine.open(
        settings.ledger_place,
        genesis.data,
        contracts=CONTRACTS,
        checkpoint_seed=seed,
        clock=clock,
        rpc=settings.consensus,
        wake_directory=settings.application_path.parent,
        newcomer=operator,
    )


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
    register_areas(app, (area.blueprint for area in AREAS))
    if gw.settings.trusted_proxies:
        count = gw.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.extensions["yaoshi-metrics"] = metrics
    return app


def serving_app() -> Flask:
    """What the server loads in its one worker process."""
    # Ctrl-C and a hang-up reach every process of the terminal; the server's first process passes them on as
    # SIGTERM, and a worker that gets both does not stop.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    app = create_app()
    gw: Gateway = app.extensions["yaoshi"]
    if gw.settings.metrics_port:
        app.extensions["yaoshi-metrics"].serve(gw.settings.metrics_port)
    gw.outbox.delivery.begin()
    gw.watermark.follow(lambda kind: gw.log.error("mark-not-written", kind=kind))
    _end_streams_on_signal(gw)
    settle_memory()
    return app


def _end_streams_on_signal(gw: Gateway) -> None:
    # The server waits for open answers, and an event stream is open for up to a minute. Its own signal
    # handlers are set after this, so the byte that every handled signal writes here tells us of a stop.
    hears, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)

    def wait() -> None:
        os.read(hears, 1)
        gw.bus.close()

    Thread(target=wait, name="stop", daemon=True).start()


commands = Flask("yaoshi-commands", static_folder=None)
register_commands(commands, compose)
