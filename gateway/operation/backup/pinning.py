"""Pins both databases of a node, wherever they are, in the order in which nothing is lost.

The ledger first: an opening is durable before its entry is submitted (docs/decisions/0003), so every entry of
the pinned ledger has its opening in what is pinned after it. The other order would lose openings for ever.
What the second database has in addition are openings that no entry of this ledger names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.settings import Settings
from gateway.store.schema import Kind, gateway_kind, ledger_kind, pinned_schema
from gateway.store.snapshot import pinned

DATABASES = ("ledger.db", "gateway.db")  # their names in a backup, in the order in which they are pinned


class Pinned(Protocol):
    """A database at one moment, and the migration at which it stands."""

    def copy(self, target: Path, progress: Callable[[int, int], None]) -> None:
        """Write that moment to an SQLite file, which must not exist."""

    def version(self, table: str) -> str | None:
        """The one value of a table in which Alembic keeps it."""


@dataclass(frozen=True)
class Schemas:
    """Where in PostgreSQL the two are: in use, or as an earlier restore kept them aside."""

    ledger: str = "ledger"
    gateway: str = "gateway"


IN_USE = Schemas()


@contextmanager
def pinned_databases(
    settings: Settings, schemas: Schemas, progress: Callable[[str, int, int], None]
) -> Iterator[tuple[Pinned, Pinned]]:
    """Ledger and gateway database, each at one moment, the ledger at the earlier one."""
    with _pinned(settings, settings.ledger_path, ledger_kind, schemas.ledger) as ledger:
        progress("pinned ledger.db", 1, 1)
        with _pinned(settings, settings.database_path, gateway_kind, schemas.gateway) as database:
            progress("pinned gateway.db", 1, 1)
            yield ledger, database


def sizes(settings: Settings) -> list[int]:
    """How many bytes the two are, roughly."""
    if settings.postgres is None:
        return [path.stat().st_size for path in (settings.ledger_path, settings.database_path)]
    from ledger.store.postgres import schema_bytes

    return [schema_bytes(settings.postgres, name) for name in (IN_USE.ledger, IN_USE.gateway)]


def _pinned(
    settings: Settings, path: Path, kind: Callable[[], Kind], schema: str
) -> AbstractContextManager[Pinned]:
    if settings.postgres is None:
        return pinned(path)
    return pinned_schema(settings.postgres, kind(), schema)
