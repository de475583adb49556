"""The command line: `flask --app app …`; each group is one file."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from gateway.cli import (
    backup,
    consortium,
    database,
    demo,
    doctor,
    found,
    govern,
    institution,
    ledger,
    phone,
    records,
    refusals,
    restore,
    reuse,
    serve,
    settings,
    staff,
)
from gateway.composition import Gateway
from gateway.settings import Settings

GROUPS = (
    serve,
    phone,
    staff,
    records,
    reuse,
    ledger,
    institution,
    govern,
    consortium,
    backup,
    restore,
    doctor,
    settings,
    found,
    demo,
    refusals,
    database,
)


def register_commands(app: Flask, compose: Callable[[Settings], Gateway]) -> None:
    """Adds every group to `flask`; `compose` opens a whole node."""
    app.extensions["yaoshi-compose"] = compose
    for group in GROUPS:
        app.cli.add_command(group.command)
