"""Notes how far the import of a file of lines came, so that a broken-off one goes on from there.

A mark is written in the transaction that stored the lines before it, and only while none of them waits for a
later file; it is gone when the file is at its end. Lines that were refused before a mark were named by the
import that broke off, and are not named again.
"""

from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from gateway.records.reading.batches import Mark
from gateway.records.tables import import_mark


def find_mark(conn: Connection, institution: str, path: Path) -> Mark | None:
    """How far the file was imported before; whether it is still the same file, its digest says."""
    row = conn.execute(select(import_mark).where(*_here(institution, path))).first()
    return None if row is None else Mark(row.line, row.digest)


def save_mark(conn: Connection, institution: str, path: Path, mark: Mark) -> None:
    """Notes that everything up to this line is in the store or was refused."""
    clear_mark(conn, institution, path)
    conn.execute(
        insert(import_mark).values(
            institution=institution, file=_name(path), line=mark.line, digest=mark.digest
        )
    )


def clear_mark(conn: Connection, institution: str, path: Path) -> None:
    """Forgets the file: its import is at its end."""
    conn.execute(delete(import_mark).where(*_here(institution, path)))


def _here(institution: str, path: Path) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return import_mark.c.institution == institution, import_mark.c.file == _name(path)


def _name(path: Path) -> str:
    return str(path.resolve())
