"""Writes prepared resources into the store: local ids in, labels on, index rows beside.

Runs inside one writing transaction and decides there what needs the store: whose record a resource is,
whether it cites another patient, what its references mean, and whether anything changed at all.
1. A record never moves to another patient, and never cites another patient's record.
2. The same source id and content change nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from gateway.records.identities import Identities, Local
from gateway.records.inheritance import inherit
from gateway.records.json_text import NotJson
from gateway.records.preparation import Prepared
from gateway.records.references import Conditional, Names, conditional, target_of
from gateway.records.resource_types import TYPES, belongs_to_patient
from gateway.records.rows import Rows, add_rows
from gateway.records.side_rows import SIDE_TABLES
from gateway.records.stamps import next_revision
from gateway.records.tables import chart, record

Outcome = Callable[[Prepared, str, str], None]  # one, "stored" | "changed" | "unchanged" | a refusal, detail

_AT_ONCE = 500


@dataclass(frozen=True)
class Desk:
    """What one import works with. `now` is ms UTC."""

    institution: str
    now: int
    identities: Identities
    names: Names


def unmatched(conn: Connection, desk: Desk, prepared: list[Prepared]) -> list[Prepared]:
    """The resources with a conditional reference that has no single match."""
    wanted = {one.place: _conditions(one) for one in prepared}
    desk.identities.answer(conn, set().union(*wanted.values()), prepared)
    answers = desk.identities.conditions
    return [one for one in prepared if any(len(answers[each]) != 1 for each in wanted[one.place])]


def _conditions(one: Prepared) -> set[Conditional]:
    found = {conditional(node["reference"]) for node in one.found.references if "?" in node["reference"]}
    return {each for each in found if each is not None}


def write_resources(conn: Connection, desk: Desk, prepared: list[Prepared], outcome: Outcome) -> None:
    """Stores what is new or changed; tells `outcome` once about each resource."""
    identities = desk.identities
    identities.load(conn, _source_ids(desk, prepared))
    lost = {id(one) for one in unmatched(conn, desk, prepared)}
    identities.answer_creates(conn, {one.condition for one in prepared if one.condition})
    stored = _stored_rows(conn, desk, prepared)
    rows = Rows(next_number=_next_number(conn), next_revision=next_revision(conn))
    first_revision = rows.next_revision
    for one in prepared:
        if id(one) in lost:
            outcome(one, "reference-unmatched", "")
            continue
        try:
            outcome(one, _take(desk, one, stored, rows), "")
        except NotJson as error:
            outcome(one, error.code, error.detail)
    identities.save(conn)
    _execute(conn, rows)
    inherit(conn, desk.institution, sorted(rows.patients), desk.now, first_revision)


def _source_ids(desk: Desk, prepared: list[Prepared]) -> Iterable[str]:
    for one in prepared:
        yield one.source_id
        for node in one.found.references:
            target = target_of(node["reference"], one.full_url, desk.names)
            if target is not None:
                yield from target.source_ids


def _stored_rows(conn: Connection, desk: Desk, prepared: list[Prepared]) -> dict[str, Row[Any]]:
    known = desk.identities.known
    ids = [known[one.source_id].id for one in prepared if one.source_id in known]
    columns = (record.c.number, record.c.id, record.c.patient_id, record.c.version, record.c.source_hash)
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        query = select(*columns).where(record.c.institution == desk.institution, record.c.id.in_(some))
        found.update((row.id, row) for row in conn.execute(query))
    return found


def _next_number(conn: Connection) -> int:
    return (conn.execute(select(func.max(record.c.number))).scalar() or 0) + 1


def _take(desk: Desk, one: Prepared, stored: dict[str, Row[Any]], rows: Rows) -> str:
    """Stores one resource, or says why not."""
    if one.condition is not None:
        matches = desk.identities.creates[one.condition]
        if len(matches) > 1:
            return "create-ambiguous"
        if matches:
            desk.identities.stands_for(one.source_id, matches[0])
            return "unchanged"
    known = desk.identities.known.get(one.source_id)
    row = stored.get(known.id) if known is not None else None
    if row is not None and row.source_hash == one.source_hash:
        return "unchanged"
    patient_id, fault = _patient_of(desk, one)
    if fault is None and row is not None and row.patient_id != patient_id:
        fault = "patient-changed"
    fault = fault or _rewrite(desk, one, patient_id)
    if fault is not None:
        return fault
    local = desk.identities.name(one.source_id, one.type, patient_id)
    add_rows(rows, desk.institution, desk.now, one, local.id, patient_id, row)
    if one.condition is not None:
        desk.identities.creates[one.condition] = (local,)
    return "stored" if row is None else "changed"


def _patient_of(desk: Desk, one: Prepared) -> tuple[str | None, str | None]:
    """Whose record this is, and the refusal when that cannot be said."""
    if one.type == "Patient":
        return desk.identities.settle_patient(one.source_id).id, None
    element = TYPES[one.type].patient
    if not element:
        return None, None
    named = one.resource.get(element)
    found = {
        local.patient_id
        for node in (named if isinstance(named, list) else [named])
        if (local := _meant(desk, one, node)) is not None and belongs_to_patient(local.type)
    } - {None}
    if len(found) != 1:
        return None, "mixed-patients" if found else "no-patient"
    return found.pop(), None


def _meant(desk: Desk, one: Prepared, node: Any, patient_id: str | None = None) -> Local | None:
    """The resource that a Reference means, when it is or will be in this store."""
    if not isinstance(node, dict):
        return None
    reference = node.get("reference")
    if type(reference) is not str:
        return None
    condition = conditional(reference) if "?" in reference else None
    if condition is not None:
        return desk.identities.conditions[condition][0]
    target = target_of(reference, one.full_url, desk.names)
    return None if target is None else desk.identities.target(target, patient_id)


def _rewrite(desk: Desk, one: Prepared, patient_id: str | None) -> str | None:
    """Puts local ids into every reference; the refusal when one leads to another patient."""
    meant = [(node, _meant(desk, one, node, patient_id)) for node in one.found.references]
    for _, local in meant:
        foreign = local is not None and local.patient_id not in (None, patient_id)
        if foreign and one.type != "Patient":
            return "mixed-patients"
    known = desk.identities.known.get(one.source_id)
    if known is not None and known.patient_id not in (None, patient_id):
        return "mixed-patients"
    for node, local in meant:
        if local is not None:
            node["reference"] = f"{local.type}/{local.id}"
    return None


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
