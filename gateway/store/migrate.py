"""Brings gateway.db to this release's tables, and says whether it is there (Alembic).

The migrations lie in gateway/store/migrations. They run at the start of a node, inside one transaction; a
database of a later release than the program is refused by Alembic instead of being guessed at.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings; the connection, when given, is the one that migrations use."""
    found = Config()
    found.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


@cache
def head() -> str | None:
    """The newest migration of this release; None while there is none."""
    return ScriptDirectory.from_config(config()).get_current_head()


def upgrade(engine: Engine) -> None:
    """Applies what is missing."""
    with engine.begin() as connection:
        if not is_current(connection):
            command.upgrade(config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the database stands at this release's newest migration."""
    return MigrationContext.configure(connection).get_current_revision() == head()
