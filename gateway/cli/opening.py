"""Opens for a command what it needs, and no more: a running node keeps the ledger to itself.

`node()` opens everything and fails plainly while the node runs; `without_ledger()` opens the database only
and is safe beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import time_ns
from typing import Any

import click
from flask import current_app

from gateway.composition import Gateway
from gateway.identity.keyring import operator_here, read_keys
from gateway.operation.doctor.findings import FLASK, user_name
from gateway.settings import Settings, SettingsError, settings_from_env
from gateway.store.database import open_database
from gateway.web.events import Bus
from gateway.web.logs import make_log
from ledger.engine.embedded import open_view_only
from ledger.errors import LedgerError, Unavailable
from ledger.genesis import Genesis, parse_genesis
from ledger.view import View


def command_settings() -> Settings:
    """The settings, or a plain message; a command is for the user to whom the node's data belongs."""
    try:
        settings = settings_from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    _require_own_data(settings)
    return settings


def _require_own_data(settings: Settings) -> None:
    # What root or a colleague writes there, the node could not open: an hour's search for a night's engineer.
    try:
        owner = settings.data.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError:
        owner = settings.data.parent.stat().st_uid
    if owner != os.geteuid():
        name = user_name(owner)
        raise click.ClickException(
            f"{settings.data} belongs to {name}, and you are {user_name(os.geteuid())}. "
            f"Type this as {name}: sudo -u {name} {FLASK} ..."
        )


def read_genesis(settings: Settings) -> Genesis:
    """The ledger's beginning; a plain message when nothing was founded yet."""
    try:
        return parse_genesis(settings.genesis_path.read_bytes())
    except FileNotFoundError:
        raise click.ClickException(
            f"{settings.data} holds no ledger yet. Begin one: {FLASK} found (alone), "
            f"{FLASK} consortium keys (with other hospitals), make run (a demonstration)"
        ) from None


@contextmanager
def node(settings: Settings | None = None) -> Iterator[Gateway]:
    """A whole node, ledger included; closed at the end."""
    settings = settings or command_settings()
    read_genesis(settings)
    try:
        gw: Gateway = current_app.extensions["yaoshi-compose"](settings)
    except LedgerError as error:
        raise click.ClickException(
            f"The ledger cannot be opened ({error.code}). If the node is running, stop it "
            "first: only one process may write."
        ) from None
    try:
        yield gw
    finally:
        gw.close()


@contextmanager
def ledger_view(settings: Settings) -> Iterator[View]:
    """One snapshot of the ledger, with checkpoints when the key is here; safe while the node runs."""
    genesis, keys = read_genesis(settings), read_keys(settings.keys_path)
    try:
        seed = keys.checkpoint_seed(operator_here(settings, genesis))
        with open_view_only(settings.ledger_place, genesis.data, checkpoint_seed=seed, clock=now_ms) as view:
            yield view
    except LedgerError as error:
        raise click.ClickException(f"The ledger cannot be read: {error}") from None


@contextmanager
def without_ledger(settings: Settings | None = None) -> Iterator[Gateway]:
    """A node whose ledger is absent (None): for accounts and records, safe while the node runs."""
    settings = settings or command_settings()
    read_genesis(settings)
    gw = Gateway(
        settings=settings,
        ledger=None,
        db=open_database(settings.database_place),
        clock=now_ms,
        entropy=os.urandom,
        keys=read_keys(settings.keys_path),
        bus=Bus(now_ms),
        log=make_log(),
    )
    try:
        yield gw
    finally:
        gw.db.dispose()


def _institutions(settings: Settings) -> list[dict[str, Any]]:
    """Those on the ledger, who came later, too; those of the genesis while there is no ledger yet."""
    genesis = read_genesis(settings)
    try:
        with open_view_only(settings.ledger_place, genesis.data) as view:
            return [asdict(one) for one in view.institutions()]
    except Unavailable:
        return genesis.institutions
    except LedgerError as error:
        raise click.ClickException(f"The ledger cannot be read: {error}") from None


def now_ms() -> int:
    """The machine's clock, milliseconds UTC."""
    return time_ns() // 1_000_000


def find_institution(settings: Settings, text: str) -> dict[str, Any]:
    """The institution named by its two-character code or its id."""
    institutions = _institutions(settings)
    for one in institutions:
        if text.upper() == one["code"] or text == one["id"]:
            return one
    known = ", ".join(f"{one['code']} ({one['name']['en']})" for one in institutions)
    raise click.ClickException(f"No institution {text!r}. Known: {known}")
