"""The command line: `flask --app app …`; each group is one file."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from importlib import import_module
from importlib.util import find_spec

from gateway.composition import Gateway
from gateway.settings import Settings

NAMES = ("serve", "staff", "ledger", "institution", "records", "demo", "refusals", "database")


def register_commands(app: Flask, compose: Callable[[Settings], Gateway]) -> None:
    """Adds every group to `flask`; `compose` opens a whole node for those that need one."""
    app.extensions["yaoshi-compose"] = compose
    for name in NAMES:
        if find_spec(f"gateway.cli.{name}"):
            app.cli.add_command(import_module(f"gateway.cli.{name}").command)
