"""Gives reports, documents, encounters and the like the labels of what they contain or cite.

FHIR R4 security labels (meta.security), highest label: every sensitivity, and R or V. A record of words that
no code judges counts as its encounter (free_text). Worked out after every change from each record's own
labels, for the records that the change can reach, so the order of arrival does not matter and a label never
keeps itself alive. Other records keep their own labels alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, delete, insert, select, update

from gateway.records.json_text import hash_of, parse, write
from gateway.records.labels import bounded, joined, with_labels
from gateway.records.references import edge_of
from gateway.records.resource_types import TYPES
from gateway.records.side_rows import WORDS
from gateway.records.stamps import instant, next_revision
from gateway.records.tables import record, record_reference, record_token

_AT_ONCE = 500
_COLUMNS = (
    record.c.number, record.c.type, record.c.id, record.c.source_id, record.c.patient_id, record.c.version,
    record.c.revision, record.c.own_labels, record.c.labels,
)  # fmt: skip


def inherit(
    conn: Connection, institution: str, now: int, first_revision: int, formerly: Mapping[int, str]
) -> None:
    """Brings labels up to date after the changes from `first_revision` on.

    Those rows are of this transaction and keep their version. `formerly` are the labels that changed records
    had, by number.
    """
    graph = _Graph(conn, institution)
    changed = graph.add_where(record.c.revision >= first_revision)
    graph.follow(changed)
    reached = {
        number
        for number in changed
        if graph.own(number) or formerly.get(number) or any(map(graph.labels, graph.sources[number]))
    }
    frontier = reached
    while frontier:
        graph.follow(frontier - changed)
        frontier = {holder for number in frontier for holder in graph.holders[number]} - reached
        reached |= frontier
    for number, labels in _settled(graph, reached).items():
        if joined(labels) != graph.rows[number].labels:
            _relabel(conn, graph.rows[number], labels, now, graph.rows[number].revision >= first_revision)


def _settled(graph: "_Graph", reached: Collection[int]) -> dict[int, frozenset[str]]:
    """The labels of the records that were reached; those of all others stand as they are."""
    labels = {number: set(graph.own(number)) for number in reached}
    for number in reached:
        for source in graph.sources[number]:
            if source not in labels:
                labels[number].update(graph.labels(source))
    waiting = list(reached)
    while waiting:
        number = waiting.pop()
        for holder in graph.holders[number]:
            if holder in labels and not labels[number] <= labels[holder]:
                labels[holder] |= labels[number]
                waiting.append(holder)
    return {number: bounded(frozenset(found)) for number, found in labels.items()}


@dataclass
class _Graph:
    """Some of an institution's records and who takes labels from whom, read as far as it is asked for."""

    conn: Connection
    institution: str
    rows: dict[int, Row[Any]] = field(default_factory=dict)
    holders: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    sources: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    _names: dict[str, int] = field(default_factory=dict)

    def own(self, number: int) -> list[str]:
        return self.rows[number].own_labels.split()

    def labels(self, number: int) -> list[str]:
        return self.rows[number].labels.split()

    def add_where(self, condition: Any) -> set[int]:
        """Reads the patients' records that fit; their numbers."""
        query = select(*_COLUMNS).where(
            record.c.institution == self.institution, record.c.patient_id.is_not(None), condition
        )
        found = self.conn.execute(query).all()
        for row in found:
            self.rows[row.number] = row
            self._names.update((name, row.number) for name in _names_of(row))
        return {row.number for row in found}

    def follow(self, numbers: Collection[int]) -> None:
        """Finds everything that these records refer to, and everything that refers to them."""
        out = self._edges(record_reference.c.record, numbers)
        targets = {row.target for row in out} - self._names.keys()
        by_type: dict[str, list[str]] = defaultdict(list)
        for target in targets:
            type_, _, id_ = target.partition("/")
            if type_ in TYPES and TYPES[type_].patient:
                by_type[type_].append(id_)
        for type_, ids in by_type.items():
            for some in _pieces(ids):
                self.add_where((record.c.type == type_) & record.c.id.in_(some))
        names = {name for each in numbers for name in _names_of(self.rows[each])}
        into = self._edges(record_reference.c.target, names)
        for some in _pieces({row.record for row in into} - self.rows.keys()):
            self.add_where(record.c.number.in_(some))
        for row in (*out, *into):
            self._join(row)

    def _edges(self, column: Column[Any], values: Iterable[Any]) -> list[Row[Any]]:
        query: Select[Any] = select(record_reference)
        return [
            row for some in _pieces(values) for row in self.conn.execute(query.where(column.in_(some)))
        ]

    def _join(self, edge: Row[Any]) -> None:
        citing, cited = self.rows.get(edge.record), self.rows.get(self._names.get(edge.target, -1))
        if citing is None or cited is None or citing.patient_id != cited.patient_id:
            return
        if TYPES[citing.type].cites or edge.param == WORDS:
            self._add(citing.number, cited.number)
        # An encounter contains what names it, and the visits that are part of it.
        if cited.type == "Encounter" and (edge.param == "encounter" or citing.type == "Encounter"):
            self._add(cited.number, citing.number)

    def _add(self, holder: int, source: int) -> None:
        self.holders[source].add(holder)
        self.sources[holder].add(source)


def _names_of(row: Row[Any]) -> Iterable[str]:
    """How other records refer to a record: by its local id, or by the address that its sender gave it."""
    yield f"{row.type}/{row.id}"
    if row.source_id.startswith("http"):
        yield edge_of(row.source_id)


def _pieces(values: Iterable[Any]) -> Iterable[list[Any]]:
    ordered = sorted(values)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _relabel(conn: Connection, row: Row[Any], labels: frozenset[str], now: int, is_new: bool) -> None:
    stored = select(record.c.json_text).where(record.c.number == row.number)
    resource = parse(conn.execute(stored).scalar_one())
    with_labels(resource, labels)
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
