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
    for one in SETTINGS:
        click.echo(f"{one.name}={os.environ.get(one.name, '').strip() or one.default}")
        click.echo(f"    {one.meaning}")
    click.echo(f"Data: {settings.data}")
