"""Gives reports, documents, encounters and provenances the labels of what they contain or cite.

FHIR R4 security labels (meta.security). Worked out anew for a patient after every change, from
each record's own labels only, so the order of arrival does not matter and a label never keeps itself alive.
Observations and other records keep their own labels alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.records.json_text import hash_of, parse, write
from gateway.records.labels import joined, with_labels
from gateway.records.resource_types import TYPES
from gateway.records.stamps import instant, next_revision
from gateway.records.tables import record, record_reference, record_token


def inherit(
    conn: Connection, institution: str, patients: Iterable[str], now: int, first_revision: int
) -> None:
    """Brings the labels of these patients' records up to date.

    Rows written at or after `first_revision` are of this transaction and keep their version.
    """
    for patient_id in patients:
        if _has_labels(conn, institution, patient_id):
            _inherit_for(conn, institution, patient_id, now, first_revision)


def _has_labels(conn: Connection, institution: str, patient_id: str) -> bool:
    labelled = select(record.c.number).where(
        record.c.institution == institution,
        record.c.patient_id == patient_id,
        (record.c.own_labels != "") | (record.c.labels != ""),
    )
    return conn.execute(labelled.limit(1)).first() is not None


def _inherit_for(
    conn: Connection, institution: str, patient_id: str, now: int, first_revision: int
) -> None:
    owned = (record.c.institution == institution) & (record.c.patient_id == patient_id)
    columns = (record.c.number, record.c.type, record.c.id, record.c.version, record.c.revision)
    rows = conn.execute(select(*columns, record.c.own_labels, record.c.labels).where(owned)).all()
    edges = conn.execute(
        select(record_reference.c.record, record_reference.c.param, record_reference.c.target)
        .join(record, record.c.number == record_reference.c.record)
        .where(owned)
    ).all()
    labels = _spread(rows, _holders_of(rows, edges))
    for row in rows:
        wanted = joined(labels[row.number])
        if wanted != row.labels:
            _relabel(conn, row, labels[row.number], now, row.revision >= first_revision)


def _holders_of(rows: Iterable[Row[Any]], edges: Iterable[Row[Any]]) -> dict[int, set[int]]:
    """For each record the records that take labels from it."""
    numbers = {f"{row.type}/{row.id}": row.number for row in rows}
    takes = {row.number for row in rows if TYPES[row.type].cites}
    holders: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        target = numbers.get(edge.target)
        if target is None:
            continue
        if edge.param == "encounter":  # the encounter contains the record
            holders[edge.record].add(target)
        if edge.record in takes:
            holders[target].add(edge.record)
    return holders


def _spread(rows: Iterable[Row[Any]], holders: dict[int, set[int]]) -> dict[int, set[str]]:
    labels = {row.number: set(row.own_labels.split()) for row in rows}
    starts: dict[str, list[int]] = defaultdict(list)
    for number, own in labels.items():
        for label in own:
            starts[label].append(number)
    for label, waiting in starts.items():
        while waiting:
            for holder in holders.get(waiting.pop(), ()):
                if label not in labels[holder]:
                    labels[holder].add(label)
                    waiting.append(holder)
    return labels


def _relabel(conn: Connection, row: Row[Any], labels: set[str], now: int, is_new: bool) -> None:
    stored = select(record.c.json_text).where(record.c.number == row.number)
    resource = parse(conn.execute(stored).scalar_one())
    with_labels(resource, frozenset(labels))
    changes: dict[str, object] = {"labels": joined(labels)}
    if not is_new:
        resource["meta"]["versionId"] = str(row.version + 1)
        resource["meta"]["lastUpdated"] = instant(now)
        changes.update(version=row.version + 1, last_updated=now, revision=next_revision(conn))
    text = write(resource)
    changes.update(json_text=text, json_hash=hash_of(text))
    conn.execute(update(record).where(record.c.number == row.number).values(changes))
    mine = (record_token.c.record == row.number) & (record_token.c.param == "_label")
    conn.execute(delete(record_token).where(mine))
    if labels:
        conn.execute(
            insert(record_token),
            [{"record": row.number, "param": "_label", "system": "", "code": label} for label in labels],
        )
