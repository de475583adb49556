"""`flask settings`: every setting, its present value and its meaning; `--example` writes .env.example."""

from __future__ import annotations

import os

import click
from flask.cli import with_appcontext

from gateway.cli.opening import command_settings
from gateway.settings import SETTINGS, example


@click.command("settings")
@click.option("--example", "as_example", is_flag=True, help="Print .env.example instead.")
@with_appcontext
def command(as_example: bool) -> None:
    """Show the settings of this node."""
    if as_example:
        click.echo(example(), nl=False)
        return
    settings = command_settings()
    # Defaults that follow from other settings.
    in_force = {
        "YAOSHI_CONSOLE": settings.console_origin,
        "YAOSHI_WALLET": settings.wallet_origin,
        "YAOSHI_VAR": str(settings.data.parent),
        "YAOSHI_MARK": str(settings.mark_path),
        "YAOSHI_METRICS_PORT": str(settings.metrics_port or 0),
    }
    for one in SETTINGS:
        given = os.environ.get(one.name, "").strip()
        value = given or in_force.get(one.name, one.default)
        click.echo(f"{one.name}={value}{'' if given else ' (default)'}")
        click.echo(f"    {one.meaning}")
    click.echo(f"Data: {settings.data}")
