"""A statement compiled once and handed to the driver itself, for questions that come with every entry.

SQLAlchemy's execute costs some 15 µs a statement, SQLite's own work 2 µs. The statement is still written in
SQLAlchemy's words, so that tables and columns are named in one place. Not here: types that need converting (a
prepared statement carries whole numbers, texts and bytes as they are) and transactions (the connection's).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect()


class Prepared:
    """One statement; its bind parameters are given by name. The driver's own errors come through."""

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self._text = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def all(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, as plain tuples."""
        rows: list[tuple[Any, ...]] = self._execute(connection, values).fetchall()
        return rows

    def first(self, connection: sa.Connection, **values: Any) -> tuple[Any, ...] | None:
        """The first row, None when there is none."""
        row: tuple[Any, ...] | None = self._execute(connection, values).fetchone()
        return row

    def run(self, connection: sa.Connection, **values: Any) -> None:
        """For a statement without rows."""
        self._execute(connection, values)

    def run_many(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """The statement once for each row."""
        names = self._names
        _driver(connection).executemany(self._text, [[row[name] for name in names] for row in rows])

    def _execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> Any:
        given = {**self._fixed, **values}
        return _driver(connection).execute(self._text, [given[name] for name in self._names])


def _driver(connection: sa.Connection) -> Any:
    # The driver knows nothing of SQLAlchemy's transactions: without this it would read outside of one.
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.driver_connection
