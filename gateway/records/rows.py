"""Makes the table rows of one resource: the record itself, its search values, what it cites, its chart."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from gateway.records.definitions.resource_types import belongs_to_patient
from gateway.records.elements.dates import Range
from gateway.records.elements.facts import index
from gateway.records.elements.json_text import hash_of, write
from gateway.records.importing.preparation import Prepared
from gateway.records.labelling.labels import joined, own_labels, with_labels
from gateway.records.patients import chart_values
from gateway.records.side_rows import Side, add_side_rows, cited_by, no_side_rows
from gateway.records.stamps import instant
from gateway.records.tables import BEGINNING_OF_TIME

Values = dict[str, Any]


@dataclass
class Rows:
    """Rows gathered for one transaction. `updates` and `replaced` concern records that were there before."""

    next_number: int
    next_revision: int
    records: list[Values] = field(default_factory=list)
    updates: list[Values] = field(default_factory=list)
    replaced: list[Values] = field(default_factory=list)
    side: Side = field(default_factory=no_side_rows)
    charts: list[Values] = field(default_factory=list)


def add_rows(
    rows: Rows,
    institution: str,
    now: int,
    one: Prepared,
    id_: str,
    patient_id: str | None,
    stored: Row[Any] | None,
) -> None:
    """Adds every row of a resource whose references are local already."""
    version = 1 if stored is None else stored.version + 1
    is_record = belongs_to_patient(one.type) and one.type != "Patient"
    labels = own_labels(one.resource, one.found.codings) if is_record else frozenset[str]()
    resource = _released(one, id_, version, now, labels)
    found, text = index(resource), write(resource)
    values: Values = {
        "source_hash": one.source_hash,
        "sent": one.sent,
        "version": version,
        "last_updated": now,
        "revision": rows.next_revision,
        "kind": found.kind,
        "low": found.time[0],
        "high": found.time[1],
        "sort_date": _sort_date(found.time),
        "own_labels": joined(labels),
        "labels": joined(labels),
        "json_text": text,
        "json_hash": hash_of(text),
    }
    if stored is None:
        number = rows.next_number
        rows.next_number += 1
        where = {"institution": institution, "patient_id": patient_id, "type": one.type, "id": id_}
        rows.records.append({"number": number, **where, "source_id": one.source_id, **values})
    else:
        number = stored.number
        rows.updates.append({"key": number, **values})
        rows.replaced.append({"number": number})
    rows.next_revision += 1
    add_side_rows(rows.side, number, found, labels, cited_by(resource, one.found.references))
    if one.type == "Patient":
        rows.charts.append({"institution": institution, "patient_id": id_, **chart_values(resource)})


def _released(one: Prepared, id_: str, version: int, now: int, labels: frozenset[str]) -> Values:
    """The resource as others will read it: local id, our version, the sender's own id as meta.source."""
    meta = dict(one.resource.get("meta", {}))
    meta.update(versionId=str(version), lastUpdated=instant(now))
    meta.setdefault("source", one.source_id)
    rest = {name: value for name, value in one.resource.items() if name not in ("resourceType", "id", "meta")}
    resource = {"resourceType": one.type, "id": id_, "meta": meta, **rest}
    with_labels(resource, labels)
    return resource


def _sort_date(time: Range) -> int:
    low, high = time
    return low if low is not None else high if high is not None else BEGINNING_OF_TIME
