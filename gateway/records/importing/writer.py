"""Writes what was judged into the store: local ids in, labels on, index rows beside.

Runs inside the writing transaction in which the resources were judged. Not here: what is stored and what is
refused (judging), and the labels that records take from each other (inheritance).
"""

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from gateway.records.importing.former import note_replaced
from gateway.records.importing.judging import CHANGED, STORED, Desk, Verdict
from gateway.records.labelling.inheritance import inherit
from gateway.records.labelling.label_graph import Node
from gateway.records.rows import Rows, add_rows
from gateway.records.side_rows import SIDE_TABLES
from gateway.records.stamps import next_revision
from gateway.records.tables import chart, record
from ledger.store.prepared import Prepared

_INSERTS = {table: Prepared(insert(table)) for table in (record, *SIDE_TABLES, chart)}


def write_verdicts(conn: Connection, desk: Desk, verdicts: list[Verdict]) -> None:
    """Stores what is new or changed, and the names that were given."""
    rows = Rows(next_number=_next_number(conn), next_revision=next_revision(conn))
    changed: list[Node] = []
    formerly: dict[int, str] = {}
    replaced: list[tuple[str, str]] = []
    for verdict in verdicts:
        if verdict.code not in (STORED, CHANGED) or verdict.local is None:
            continue
        one, row, id_, patient_id = verdict.one, verdict.row, verdict.local.id, verdict.patient_id
        add_rows(rows, desk.institution, desk.now, one, id_, patient_id, row)
        values = rows.records[-1] if row is None else rows.updates[-1]
        number, own = values.get("number", values.get("key")), values["own_labels"]
        if patient_id is not None:
            named = (number, one.type, id_, one.source_id, patient_id, values["version"])
            changed.append(Node(*named, own, own))
        if row is not None:
            formerly[number] = row.labels
            replaced.append((row.source_hash, one.source_hash))
    desk.identities.save(conn)
    if rows.records or rows.updates:
        note_replaced(conn, desk.institution, replaced)
        inherit(conn, desk.institution, desk.now, rows, changed, formerly)
        _execute(conn, rows)


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
            _INSERTS[table].run_many(conn, values)
