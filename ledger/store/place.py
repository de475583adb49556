"""Where a database is: SQLite's file, or PostgreSQL's database by libpq's address.

The address holds no password (`ledger.store.postgres.check_conninfo`): libpq takes that from its passfile, or
needs none (peer, certificate).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Postgres:
    """A database of a PostgreSQL server."""

    conninfo: str


Place = Path | Postgres
