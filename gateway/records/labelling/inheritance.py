"""Gives reports, documents, encounters and the like the labels of what they contain or cite.

FHIR R4 security labels (meta.security), highest label: every sensitivity, and R or V. A record of words that
no code judges counts as its encounter (free_text). Worked out at every change from each record's own labels,
for the records that the change can reach, so the order of arrival does not matter and a label never keeps
itself alive. Other records keep their own labels alone.
"""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, delete, insert, select, update

from gateway.records.elements.json_text import hash_of, parse, write
from gateway.records.labelling.label_graph import Graph, Node
from gateway.records.labelling.labels import bounded, joined, with_labels
from gateway.records.rows import Rows, Values
from gateway.records.stamps import instant, next_revision
from gateway.records.tables import record, record_reference, record_token


def inherit(
    conn: Connection, institution: str, now: int, rows: Rows, changed: list[Node], formerly: Mapping[int, str]
) -> None:
    """Brings labels up to date: in `rows`, before they are written, and in the store.

    `changed` are the records of `rows`; `formerly` are the labels that those had which were there before.
    """
    edges = [(each["record"], each["param"], each["target"]) for each in rows.side[record_reference]]
    graph = Graph(conn, institution, changed, edges)
    numbers = {node.number for node in changed}
    reached = {node.number for node in changed if node.own or formerly.get(node.number)}
    reached |= graph.with_labelled_sources()
    reached |= graph.former_holders([number for number, labels in formerly.items() if labels])
    ours: dict[int, frozenset[str]] = {}
    for node, labels in _differing(graph, reached):
        if node.number in numbers:
            ours[node.number] = labels
        else:
            _relabel_stored(conn, node, labels, now, rows.next_revision)
            rows.next_revision += 1
    if ours:
        _relabel(rows, ours)


def inherit_anew(conn: Connection, institution: str, now: int, numbers: Iterable[int]) -> int:
    """Works out the labels of these stored records, and of those that they reach; how many changed."""
    graph, revision, count = Graph(conn, institution, (), ()), next_revision(conn), 0
    for node, labels in _differing(graph, graph.read(numbers)):
        _relabel_stored(conn, node, labels, now, revision + count)
        count += 1
    return count


def _differing(graph: Graph, reached: set[int]) -> Iterator[tuple[Node, frozenset[str]]]:
    """The records that a change reaches and whose labels are to be others, with these."""
    frontier = set(reached)
    while frontier:
        graph.follow(frontier)
        frontier = {holder for number in frontier for holder in graph.holders[number]} - reached
        reached = reached | frontier
    for number, labels in _settled(graph, reached).items():
        if joined(labels) != graph.nodes[number].labels:
            yield graph.nodes[number], labels


def _settled(graph: Graph, reached: Iterable[int]) -> dict[int, frozenset[str]]:
    """The labels of the records that were reached; those of all others stand as they are."""
    labels = {number: set(graph.nodes[number].own.split()) for number in reached}
    for number, found in labels.items():
        for source in graph.sources[number]:
            if source not in labels:
                found.update(graph.nodes[source].labels.split())
    waiting = list(labels)
    while waiting:
        number = waiting.pop()
        for holder in graph.holders[number]:
            if holder in labels and not labels[number] <= labels[holder]:
                labels[holder] |= labels[number]
                waiting.append(holder)
    return {number: bounded(frozenset(found)) for number, found in labels.items()}


def _relabel(rows: Rows, ours: Mapping[int, frozenset[str]]) -> None:
    """Labels records that are not written yet."""
    for values in (*rows.records, *rows.updates):
        labels = ours.get(values.get("number", values.get("key")))
        if labels is not None:
            values.update(_labelled(parse(values["json_text"]), labels))
    tokens = rows.side[record_token]
    tokens[:] = [each for each in tokens if each["param"] != "_label" or each["record"] not in ours]
    tokens.extend(token for number, labels in ours.items() for token in _tokens(number, labels))


def _relabel_stored(conn: Connection, node: Node, labels: frozenset[str], now: int, revision: int) -> None:
    """Labels a record of an earlier transaction, which makes a new version of it."""
    stored = select(record.c.json_text).where(record.c.number == node.number)
    resource = parse(conn.execute(stored).scalar_one())
    resource["meta"]["versionId"] = str(node.version + 1)
    resource["meta"]["lastUpdated"] = instant(now)
    changes = {
        "version": node.version + 1,
        "last_updated": now,
        "revision": revision,
        **_labelled(resource, labels),
    }
    conn.execute(update(record).where(record.c.number == node.number).values(changes))
    mine = (record_token.c.record == node.number) & (record_token.c.param == "_label")
    conn.execute(delete(record_token).where(mine))
    if labels:
        conn.execute(insert(record_token), _tokens(node.number, labels))


def _labelled(resource: Values, labels: frozenset[str]) -> Values:
    """The columns of a record that change with its labels."""
    with_labels(resource, labels)
    text = write(resource)
    return {"labels": joined(labels), "json_text": text, "json_hash": hash_of(text)}


def _tokens(number: int, labels: frozenset[str]) -> list[Values]:
    return [{"record": number, "param": "_label", "system": "", "code": label} for label in sorted(labels)]
