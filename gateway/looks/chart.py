"""Reads a patient's own chart for the institution's staff, or for the patient, as items that people see.

Not here: whether and under what name the look is written down (looks.looks); releases to other institutions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from gateway.records.items import item_of_text
from gateway.records.tables import record
from gateway.reuse.deciding.copies import filed_from

# Who else is named in a chart is not an item of the patient's, and the patient heads the page.
_NOT_ITEMS = ("Patient", "Organization", "Practitioner", "PractitionerRole", "Location", "Provenance")
MOST_ITEMS = 5000


def chart_items(
    conn: Connection, institution: str, patient_id: str, kinds: list[str] | None = None
) -> list[dict[str, Any]]:
    """Items of one chart, newest first, at most MOST_ITEMS; ``kinds`` None means all.

    A filed copy of another institution's result has ``copy`` {"source", "ref"}: where it came from.
    """
    query = (
        select(record.c.source_id, record.c.json_text, record.c.labels)
        .where(record.c.institution == institution, record.c.patient_id == patient_id)
        .where(record.c.type.not_in(_NOT_ITEMS))
        .order_by(record.c.sort_date.desc(), record.c.type, record.c.id)
        .limit(MOST_ITEMS)
    )
    if kinds is not None:
        query = query.where(record.c.kind.in_(kinds))
    return [item for row in conn.execute(query) if (item := _item(row, institution)) is not None]


def _item(row: Any, institution: str) -> dict[str, Any] | None:
    item = {**item_of_text(row.json_text), "labels": row.labels.split(), "source": institution}
    origin = filed_from(row.source_id)
    if origin is None:
        return item
    if item["status"] == "entered-in-error":  # its use was undone, and it says nothing any more
        return None
    return {**item, "copy": {"source": origin[0], "ref": origin[1]}}


def what_was_seen(items: list[dict[str, Any]]) -> dict[str, Any]:
    """The ``what`` of a look: {"kinds": [...], "count": n}; no kinds when only the name was shown."""
    return {"kinds": sorted({item["kind"] for item in items}), "count": len(items)}
