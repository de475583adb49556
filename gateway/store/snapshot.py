"""Copies an SQLite file as it stood at one moment, beside a process that goes on writing it.

SQLite's online backup (sqlite3_backup_init) reads inside a transaction that is begun first: in WAL mode that
fixes one state, writers go on, and the copy is that state however long it takes. Whoever copies two files
pins both before copying either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PAGES = 2_000  # between two calls of `progress`
BUSY_SECONDS = 30


class Pinned:
    """A database at one moment; `copy` writes that moment."""

    def __init__(self, source: sqlite3.Connection) -> None:
        self._source = source

    def copy(self, target: Path, progress: Callable[[int, int], None]) -> None:
        """Write the database to `target`, which must not exist; `progress(pages done, pages in all)`."""
        target.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # a copy that is cut off is thrown away whole
            self._source.backup(
                copy, pages=PAGES, progress=lambda _status, left, total: progress(total - left, total)
            )

    def version(self, table: str) -> str | None:
        """The one value of a table in which Alembic keeps the database's version."""
        row = self._source.execute(f"SELECT version_num FROM {table}").fetchone()  # noqa: S608 - our own names
        return None if row is None else str(row[0])


@contextmanager
def pinned(path: Path) -> Iterator[Pinned]:
    """The database at `path` as it is when this begins. Raises sqlite3.Error when it cannot be read."""
    address = f"{path.resolve().as_uri()}?mode=rw"  # a reader of a WAL file takes part in its locks
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_SECONDS)) as source:
        source.execute("PRAGMA query_only=ON")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield Pinned(source)


def damage_of(path: Path, *, whole: bool) -> str | None:
    """What SQLite finds wrong in the file (its first words), or None; `whole` compares indexes as well."""
    check = "integrity_check(1)" if whole else "quick_check(1)"
    address = f"{path.resolve().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as source:
            source.execute("PRAGMA query_only=ON")
            (answer,) = source.execute(f"PRAGMA {check}").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if answer == "ok" else str(answer)
