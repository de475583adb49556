"""Brings gateway.db to this release's tables, and says whether it is there (Alembic).

The migrations lie in gateway/store/migrations. They run at the start of a node, inside one transaction; a
database of a later release than the program is refused instead of being guessed at.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings; the connection, when given, is the one that migrations use."""
    from alembic.config import Config  # half a second that a start without news does not need

    found = Config()
    found.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


def head() -> str | None:
    """The newest migration of this release (files are named NNNN_what.py); None while there is none."""
    names = sorted(path.name for path in (SCRIPTS / "versions").glob("[0-9]*_*.py"))
    return names[-1].split("_")[0] if names else None


class LaterReleaseError(RuntimeError):
    """The database was written by a later release than this program."""


def upgrade(engine: Engine) -> None:
    """Applies what is missing. Raises LaterReleaseError."""
    with engine.begin() as connection:
        if is_current(connection):
            return
        if (version(connection) or "") > (head() or ""):
            raise LaterReleaseError("gateway.db was written by a later release of this program")
        from alembic import command

        command.upgrade(config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the database stands at this release's newest migration."""
    return version(connection) == head()


def version(connection: Connection) -> str | None:
    """The migration at which the database stands; None for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)
