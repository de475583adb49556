"""Writes what was judged into the store: local ids in, labels on, index rows beside.

Runs inside the writing transaction in which the resources were judged. Not here: what is stored and what is
refused (judging), and the labels that records take from each other (inheritance).
"""

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from gateway.records.former import note_replaced
from gateway.records.inheritance import inherit
from gateway.records.judging import CHANGED, STORED, Desk, Verdict
from gateway.records.rows import Rows, add_rows
from gateway.records.side_rows import SIDE_TABLES
from gateway.records.stamps import next_revision
from gateway.records.tables import chart, record


def write_verdicts(conn: Connection, desk: Desk, verdicts: list[Verdict]) -> None:
    """Stores what is new or changed, and the names that were given."""
    rows = Rows(next_number=_next_number(conn), next_revision=next_revision(conn))
    first_revision = rows.next_revision
    formerly: dict[int, str] = {}
    replaced: list[tuple[str, str]] = []
    for verdict in verdicts:
        if verdict.code not in (STORED, CHANGED) or verdict.local is None:
            continue
        one, row = verdict.one, verdict.row
        add_rows(rows, desk.institution, desk.now, one, verdict.local.id, verdict.patient_id, row)
        if row is not None:
            formerly[row.number] = row.labels
            replaced.append((row.source_hash, one.source_hash))
    desk.identities.save(conn)
    if rows.next_revision == first_revision:
        return
    note_replaced(conn, desk.institution, replaced)
    _execute(conn, rows)
    inherit(conn, desk.institution, desk.now, first_revision, formerly)


def _next_number(conn: Connection) -> int:
    return (conn.execute(select(func.max(record.c.number))).scalar() or 0) + 1


def _execute(conn: Connection, rows: Rows) -> None:
    for table in SIDE_TABLES:
        if rows.replaced:
            conn.execute(delete(table).where(table.c.record == bindparam("number")), rows.replaced)
    if rows.updates:
        changes = {name: bindparam(name) for name in rows.updates[0] if name != "key"}
        conn.execute(update(record).where(record.c.number == bindparam("key")).values(changes), rows.updates)
    if rows.charts:
        here = (chart.c.institution == bindparam("of")) & (chart.c.patient_id == bindparam("whose"))
        keys = [{"of": each["institution"], "whose": each["patient_id"]} for each in rows.charts]
        conn.execute(delete(chart).where(here), keys)
    for table, values in ((record, rows.records), *rows.side.items(), (chart, rows.charts)):
        if values:
            conn.execute(insert(table), values)
