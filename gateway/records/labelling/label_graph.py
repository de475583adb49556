"""Tells who takes labels from whom: the records of a change, and as much of the store as they can reach.

A *holder* takes the labels of its *sources*: a report of what it cites, an encounter of what it contains, a
record of words only of its encounter. Not here: the labels themselves (inheritance).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, select

from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.references import edge_of
from gateway.records.side_rows import WORDS
from gateway.records.tables import record, record_reference

_AT_ONCE = 500


class Node(NamedTuple):
    """A patient's record with its own labels and all it has now, each joined by blanks."""

    number: int
    type: str
    id: str
    source_id: str
    patient_id: str
    version: int
    own: str
    labels: str


Edge = tuple[int, str, str]  # record, parameter, target

_COLUMNS = (
    record.c.number, record.c.type, record.c.id, record.c.source_id, record.c.patient_id, record.c.version,
    record.c.own_labels, record.c.labels,
)  # fmt: skip


class Graph:
    """`nodes` by number, `holders` by source, `sources` by holder."""

    def __init__(
        self, conn: Connection, institution: str, changed: Iterable[Node], edges: Iterable[Edge]
    ) -> None:
        """`changed` are records that are not written yet, `edges` what they refer to."""
        self._conn, self._institution = conn, institution
        self.nodes: dict[int, Node] = {}
        self.holders: dict[int, set[int]] = defaultdict(set)
        self.sources: dict[int, set[int]] = defaultdict(set)
        self._names: dict[str, int] = {}
        self._out: dict[int, list[Edge]] = defaultdict(list)
        self._followed: set[int] = set()
        for node in changed:
            self._add(node)
        self._changed = frozenset(self.nodes)
        for edge in edges:
            if edge[0] in self.nodes:
                self._out[edge[0]].append(edge)

    def read(self, numbers: Iterable[int]) -> set[int]:
        """Takes in patients' records of the store; those of these numbers that are."""
        wanted = set(numbers)
        self._read(record.c.number, wanted)
        return wanted & self.nodes.keys()

    def with_labelled_sources(self) -> set[int]:
        """The changed records that cite or contain records of the store which have labels."""
        takes = [edge for number in self._changed for edge in self._out[number] if self._takes(edge)]
        self._read_targets(takes)
        encounters = [self.nodes[each] for each in self._changed if self.nodes[each].type == "Encounter"]
        names = {name for node in encounters for name in _names(node)}
        inside = self._edges(record_reference.c.target, names)
        self._read(record.c.number, {edge[0] for edge in inside} - self.nodes.keys())
        self._join([*takes, *inside])
        return {
            number
            for number in self._changed
            if any(self.nodes[each].labels for each in self.sources[number] if each not in self._changed)
        }

    def former_holders(self, numbers: Collection[int]) -> set[int]:
        """The encounters that contained these changed records as they stand in the store still."""
        edges = self._stored_edges(record_reference.c.record, numbers)
        self._read_targets(edges)
        cited = ((self.nodes[number], self.nodes.get(self._names.get(to, -1))) for number, _, to in edges)
        return {
            holder.number for node, holder in cited
            if holder is not None and holder.type == "Encounter" and holder.patient_id == node.patient_id
        }  # fmt: skip

    def follow(self, numbers: Collection[int]) -> None:
        """Finds everything that these records refer to, and everything that refers to them."""
        fresh = set(numbers) - self._followed
        self._followed |= fresh
        out = [edge for number in fresh & self._changed for edge in self._out[number]]
        out += self._edges(record_reference.c.record, fresh - self._changed)
        self._read_targets(out)
        names = {name for number in fresh for name in _names(self.nodes[number])}
        into = self._edges(record_reference.c.target, names)
        into += [edge for number in self._changed for edge in self._out[number] if edge[2] in names]
        self._read(record.c.number, {edge[0] for edge in into} - self.nodes.keys())
        self._join([*out, *into])

    def _takes(self, edge: Edge) -> bool:
        return TYPES[self.nodes[edge[0]].type].cites or edge[1] == WORDS

    def _edges(self, column: Column[Any], values: Iterable[Any]) -> list[Edge]:
        """References in the store but those of changed records, which are about to be replaced."""
        return [edge for edge in self._stored_edges(column, values) if edge[0] not in self._changed]

    def _stored_edges(self, column: Column[Any], values: Iterable[Any]) -> list[Edge]:
        return [
            (row.record, row.param, row.target)
            for some in _pieces(values)
            for row in self._conn.execute(select(record_reference).where(column.in_(some)))
        ]

    def _read_targets(self, edges: Iterable[Edge]) -> None:
        by_type: dict[str, set[str]] = defaultdict(set)
        for _, _, target in edges:
            type_, _, id_ = target.partition("/")
            if target not in self._names and type_ in TYPES and TYPES[type_].patient:
                by_type[type_].add(id_)
        for type_, ids in by_type.items():
            self._read(record.c.id, ids, record.c.type == type_)

    def _read(self, column: Column[Any], values: Iterable[Any], *more: ColumnElement[bool]) -> None:
        here = (record.c.institution == self._institution, record.c.patient_id.is_not(None), *more)
        for some in _pieces(values):
            for row in self._conn.execute(select(*_COLUMNS).where(*here, column.in_(some))):
                self._add(Node._make(row))

    def _add(self, node: Node) -> None:
        self.nodes[node.number] = node
        self._names.update((name, node.number) for name in _names(node))

    def _join(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            citing, cited = self.nodes.get(edge[0]), self.nodes.get(self._names.get(edge[2], -1))
            if citing is None or cited is None or citing.patient_id != cited.patient_id:
                continue
            if self._takes(edge):
                self._let_take(citing.number, cited.number)
            # An encounter contains what names it, and the visits that are part of it.
            if cited.type == "Encounter" and (edge[1] == "encounter" or citing.type == "Encounter"):
                self._let_take(cited.number, citing.number)

    def _let_take(self, holder: int, source: int) -> None:
        self.holders[source].add(holder)
        self.sources[holder].add(source)


def _names(node: Node) -> Iterable[str]:
    """How other records refer to a record: by its local id, or by the address that its sender gave it."""
    yield f"{node.type}/{node.id}"
    if node.source_id.startswith("http"):
        yield edge_of(node.source_id)


def _pieces(values: Iterable[Any]) -> Iterable[list[Any]]:
    ordered = sorted(values)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
