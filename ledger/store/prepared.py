"""A statement compiled once and handed to the driver itself, for questions that come with every entry.

SQLAlchemy's execute costs some 15 µs a statement, SQLite's own work 2 µs. The statement is still written in
SQLAlchemy's words, so that tables and columns are named in one place, and once for SQLite and PostgreSQL.
Not here: types that need converting (a prepared statement carries whole numbers, texts and bytes as they are)
and transactions (the connection's).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

Values = Mapping[str, Any]


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """INSERT with ON CONFLICT, in the words of this connection's database."""
    return _insert_of(connection.dialect)(table)


class Prepared:
    """One statement; its bind parameters are given by name. Its errors are those of SQLAlchemy.

    A statement with ON CONFLICT is given as a function of the database's own `insert`.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

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

    def run_many(self, connection: sa.Connection, rows: Iterable[Values]) -> None:
        """The statement once for each row."""
        form, driver = self._form(connection), driver_of(connection)
        try:
            driver.cursor().executemany(form.text, map(form.values, rows))
        except connection.dialect.loaded_dbapi.Error as error:
            raise as_sqlalchemy(connection, form.text, error) from error

    def _execute(self, connection: sa.Connection, values: Values) -> list[tuple[Any, ...]]:
        form, driver = self._form(connection), driver_of(connection)
        rows: list[tuple[Any, ...]]
        try:
            cursor = driver.execute(form.text, form.values({**form.fixed, **values}))
            rows = cursor.fetchall() if cursor.description else []
        except connection.dialect.loaded_dbapi.Error as error:
            raise as_sqlalchemy(connection, form.text, error) from error
        return rows

    def _form(self, connection: sa.Connection) -> _Form:
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form(self._statement, dialect)
        return form


def put(table: sa.Table, key: str, *columns: str) -> Prepared:
    """A row, or these columns of it where the key is there."""

    def statement(insert: Any) -> Any:
        row = insert(table)
        changed = {name: row.excluded[name] for name in columns}
        return row.on_conflict_do_update(index_elements=[key], set_=changed)

    return Prepared(statement)


def as_sqlalchemy(connection: sa.Connection, text: str, error: Any) -> BaseException:
    """The driver's error as SQLAlchemy would raise it; a connection that broke is given up."""
    dialect = connection.dialect
    if dialect.is_disconnect(error, connection.connection.driver_connection, None):
        connection.invalidate(error)
    # Without the values: they may say whose record it is.
    found: BaseException = exc.DBAPIError.instance(
        text, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
    return found


class _Form:
    """The statement as one kind of database reads it: its text, and how it takes the parameters."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        if callable(statement):
            statement = statement(_insert_of(dialect))
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self.values: Callable[[Values], Any] = (
            dict if compiled.positiontup is None else _in_order(tuple(compiled.positiontup))
        )


def _in_order(names: tuple[str, ...]) -> Callable[[Values], Any]:
    if len(names) > 1:
        return itemgetter(*names)
    # itemgetter of one name gives the value itself, not a row of one
    return lambda row: [row[name] for name in names]


def _insert_of(dialect: sa.Dialect) -> Any:
    # Imported when asked for: PostgreSQL's words are a tenth of a second that SQLite does not need.
    return import_module(f"sqlalchemy.dialects.{dialect.name}").insert


def driver_of(connection: sa.Connection) -> Any:
    """The driver's own connection, inside a transaction of this connection."""
    # The driver knows nothing of SQLAlchemy's transactions: without this it would read outside of one.
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.driver_connection
