"""Makes the search index of stored records anew, for a store that was filled by an earlier release.

Safe while the node runs: short transactions, each for some records, and a record is in the index at every
moment. The records themselves, their versions and their labels stay as they are. Running it twice changes
nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from gateway.records.elements.facts import index
from gateway.records.elements.json_text import parse
from gateway.records.elements.references import survey
from gateway.records.side_rows import SIDE_TABLES, add_side_rows, cited_by, no_side_rows
from gateway.records.tables import record

_AT_ONCE = 500


def reindex(db: Engine, progress: Callable[[int], None] | None = None) -> int:
    """Writes every record's side rows anew; gives how many records there were, and tells so as it goes."""
    done, last = 0, 0
    while True:
        with db.begin() as conn:
            wanted = select(record.c.number, record.c.labels, record.c.json_text)
            after = wanted.where(record.c.number > last).order_by(record.c.number).limit(_AT_ONCE)
            rows = conn.execute(after).all()
            if not rows:
                return done
            _rewrite(conn, rows)
        done, last = done + len(rows), rows[-1].number
        if progress is not None:
            progress(done)


def _rewrite(conn: Connection, rows: Sequence[Row[Any]]) -> None:
    side = no_side_rows()
    for row in rows:
        resource = parse(row.json_text)
        cited = cited_by(resource, survey(resource).references)
        add_side_rows(side, row.number, index(resource), row.labels.split(), cited)
    numbers = [row.number for row in rows]
    for table in SIDE_TABLES:
        conn.execute(delete(table).where(table.c.record.in_(numbers)))
        if side[table]:
            conn.execute(insert(table), side[table])
