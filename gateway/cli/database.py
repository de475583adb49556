"""`flask migration`: writes the Alembic migration for tables that changed (for developers)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from flask.cli import with_appcontext

from gateway.store.database import connect_database
from gateway.store.migrate import SCRIPTS, config, upgrade


@click.command("migration")
@click.argument("message")
@with_appcontext
def command(message: str) -> None:
    """Write the migration that brings gateway.db to the tables of the code."""
    from alembic import command as alembic

    number = f"{len(list((SCRIPTS / 'versions').glob('[0-9]*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        engine = connect_database(Path(folder) / "empty.db")
        upgrade(engine)
        with engine.begin() as connection:
            alembic.revision(config(connection), message, autogenerate=True, rev_id=number)
        engine.dispose()
