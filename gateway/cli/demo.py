"""`flask demo`: fills an empty store with the synthetic people, and shows how to sign in."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from rich.progress import Progress
from sqlalchemy import select

from gateway.cli.opening import command_settings, read_genesis, without_ledger
from gateway.demo.adoption import adopt_rules
from gateway.demo.seed import seed_institutions
from gateway.records.tables import chart


@click.command("demo")
@with_appcontext
def command() -> None:
    """Fill an empty store with synthetic patients, and print demo.json."""
    settings = command_settings()
    genesis = read_genesis(settings)
    with without_ledger(settings) as gw:
        with gw.db.connect() as conn:
            has_patients = conn.execute(select(chart.c.patient_id).limit(1)).first() is not None
        if not has_patients:
            with Progress(transient=True) as progress:
                seed_institutions(gw, genesis.institutions, progress)
            adopt_rules(gw, genesis.id, genesis.institutions)
    sheet = settings.data / "demo.json"
    if not sheet.exists():
        raise click.ClickException(f"{sheet} does not exist: make run writes it, with accounts.")
    click.echo(sheet.read_text("utf-8"))
