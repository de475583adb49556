"""A statement compiled once and handed to the driver itself, for questions that come with every entry.

SQLAlchemy's execute costs some 15 µs a statement, SQLite's own work 2 µs. The statement is still written in
SQLAlchemy's words, so that tables and columns are named in one place. Not here: types that need converting (a
prepared statement carries whole numbers, texts and bytes as they are) and transactions (the connection's).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect()


class Prepared:
    """One statement; its bind parameters are given by name. Its errors are those of SQLAlchemy."""

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self._text = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        # itemgetter of one name gives the value itself, not a row of one
        self._values: Callable[[Mapping[str, Any]], Any] = (
            itemgetter(*self._names)
            if len(self._names) > 1
            else lambda row: [row[name] for name in self._names]
        )
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def all(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, as plain tuples."""
        return self._execute(connection, values)

    def first(self, connection: sa.Connection, **values: Any) -> tuple[Any, ...] | None:
        """The first row, None when there is none; for a statement that gives one at most."""
        rows = self._execute(connection, values)
        return rows[0] if rows else None

    def run(self, connection: sa.Connection, **values: Any) -> None:
        """For a statement without rows."""
        self._execute(connection, values)

    def run_many(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """The statement once for each row."""
        driver = _driver(connection)
        try:
            driver.executemany(self._text, map(self._values, rows))
        except sqlite3.Error as error:
            raise self._as_sqlalchemy(error) from error

    def _execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        given, driver = {**self._fixed, **values}, _driver(connection)
        rows: list[tuple[Any, ...]]
        try:
            rows = driver.execute(self._text, [given[name] for name in self._names]).fetchall()
        except sqlite3.Error as error:
            raise self._as_sqlalchemy(error) from error
        return rows

    def _as_sqlalchemy(self, error: sqlite3.Error) -> BaseException:
        # Without the values: they may say whose record it is.
        return exc.DBAPIError.instance(self._text, None, error, sqlite3.Error, hide_parameters=True)


def _driver(connection: sa.Connection) -> Any:
    # The driver knows nothing of SQLAlchemy's transactions: without this it would read outside of one.
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.driver_connection
