"""What a clinician decides about an order: use the result, repeat for a reason, order where none is offered.

Invariants: a result is used only while the same check, made anew on the server, still offers it; whose grant
has ended is refused by name; a repeat needs its coded reason and what the patient was told; each decision
about an offer is an entry on the patient's link before anybody is told that it is done. The free words of a
reason stay here. Not here: the writing down (gateway.reuse.deciding.recording).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, or_, select, update

from consent.reuse.rules import Rule
from gateway.records.labelling.labels import label_of
from gateway.records.patients import PatientRow, get_patient
from gateway.records.tables import record as stored_record
from gateway.reuse.deciding.checking import Checked, Wanted, check_orders
from gateway.reuse.deciding.copies import Origin, copy_name, copy_of, emptied, provenance_of
from gateway.reuse.deciding.filing import Resource
from gateway.reuse.deciding.offers import DAY_MS, find_order, new_row, offered_of, results_text
from gateway.reuse.deciding.reasons import UNDONE, USED, WITH_WORDS
from gateway.reuse.deciding.recording import Filing, file_now, record, settle
from gateway.reuse.deciding.requests import request_name, request_of
from gateway.reuse.deciding.sight import Place
from gateway.reuse.rules.stored import rules_of
from gateway.reuse.tables import reuse_order as table
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.asks.room import VisitRoom
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff


class Repeat(NamedTuple):
    """Why a test is repeated, and whether the patient was told: yes, no or not-possible, and how."""

    reason: str
    words: str | None
    informed: str
    how: str | None


def use(gw: Gateway, room: VisitRoom, staff: Staff, row: Any, references: Sequence[str]) -> Any:
    """Use what was offered: file it and leave the order. The row when done, or a Refusal."""
    if row.decision is not None:
        return _decided(settle(gw, row), "used")
    patient = _patient(gw, row)
    if patient is None:
        return Refusal("patient-unknown", "the chart is gone")
    [checked] = check_orders(gw, room, staff, patient, [_wanted(row)], references)
    fault = _fault(row, checked)
    if fault is not None:
        return fault
    filing = _filing(gw, staff, row, checked)
    return _decided(record(gw, row, _details(gw, staff, row, USED), filing, decision="used"), "used")


def repeat(gw: Gateway, staff: Staff, row: Any, given: Repeat) -> Any:
    """Order it in spite of the offer. The row when done, or a Refusal."""
    if row.decision is not None:
        return _decided(settle(gw, row), "repeated")
    if given.reason in WITH_WORDS and not (given.words or "").strip():
        return Refusal("reuse-words-missing", "this reason needs words")
    details = {**_details(gw, staff, row, given.reason), "informed": given.informed}
    request = _request(gw, staff, row, "repeated", reason=given.reason, informed=given.informed)
    answer = record(
        gw,
        row,
        details,
        Filing([request], []),
        decision="repeated",
        reason=given.reason,
        words=given.words,
        informed=given.informed,
        informed_how=given.how,
    )
    answer = _decided(answer, "repeated")
    if not isinstance(answer, Refusal):
        _count_as_undone(gw, row)
    return answer


def order(
    gw: Gateway, room: VisitRoom, staff: Staff, patient: PatientRow, wanted: Wanted, references: Sequence[str]
) -> Any:
    """Order it where nothing is offered. The row, or a Refusal when something is."""
    [checked] = check_orders(gw, room, staff, patient, [wanted], references)
    if checked.verdict.offer is not None:
        return Refusal("reuse-decision-needed", "a result is offered for this order")
    row = new_row(gw, staff, patient.id, checked)
    request = _request(gw, staff, row, "ordered")
    with gw.db.begin() as conn:
        filed = file_now(gw, conn, row, Filing([request], []))
        done = {"decision": "ordered", "decided_at": gw.clock(), "filed": json.dumps(filed)}
        conn.execute(update(table).where(table.c.id == row.id).values(done))
    _count_as_undone(gw, row)
    return find_order(gw, row.institution, row.id)


def undo(gw: Gateway, staff: Staff, row: Any) -> Any:
    """Take a use back within a day: the copy keeps its place, not what it said. The row, or a Refusal."""
    row = settle(gw, row)
    if isinstance(row, Refusal) or (row.undone_at is not None and row.undone_why == "staff"):
        return row
    if row.decision != "used" or row.undone_at is not None:
        return Refusal("reuse-not-used", "no result is used for this order")
    if gw.clock() - row.decided_at >= DAY_MS:
        return Refusal("reuse-undo-late", "a use can be undone for a day")
    details = {**_details(gw, staff, row, UNDONE), "undoes": row.decided_entry}
    resources = [*_emptied(gw, row), _request(gw, staff, row, "undone")]
    return record(gw, row, details, Filing(resources, []))


def _decided(answer: Any, decision: str) -> Any:
    """The row when it was decided so and still is; a Refusal stays one."""
    if isinstance(answer, Refusal) or (answer.decision == decision and answer.undone_at is None):
        return answer
    return Refusal("reuse-decided", "this order was decided otherwise")


def _patient(gw: Gateway, row: Any) -> PatientRow | None:
    with gw.db.connect() as conn:
        return get_patient(conn, row.institution, row.patient_id)


def _wanted(row: Any) -> Wanted:
    return Wanted(row.group_key, row.code, row.situation, row.setting, row.urgent)


def _fault(row: Any, checked: Checked) -> Refusal | None:
    """Why what was offered may not be used now."""
    verdict = checked.verdict
    if verdict.rule is not None and (verdict.rule.name, results_text(checked)) == (row.rule, row.results):
        return None
    for one in offered_of(row):
        if one.grant is not None and Place(one.source, one.ref) not in checked.sight.texts:
            return Refusal("reuse-source-ended", "what opened this result has ended")
    return Refusal("reuse-offer-changed", "another result or none is offered now")


def _filing(gw: Gateway, staff: Staff, row: Any, checked: Checked) -> Filing:
    """The copies with their Provenance, and the order that is not placed."""
    resources, results, here = [], [], []
    with gw.ledger.view() as view:
        institutions = {one.id: one for one in view.institutions()}
    own = {"id": row.institution, "name": institutions[row.institution].name["zh-CN"]}
    for one in offered_of(row):
        seen = checked.sight.texts[Place(one.source, one.ref)]
        arrived = seen.arrived
        if arrived is None:
            here.append(one.ref)
            results.append(one.ref)
            continue
        custodian = institutions[one.source]
        origin = Origin(
            custodian=one.source,
            name=custodian.name["zh-CN"],
            base=f"{custodian.base}/fhir",
            ref=one.ref,
            grant=one.grant or "",
            disclosure=arrived.disclosure,
            receipt=arrived.receipt,
        )
        name, text = origin.full_url(row.patient_id), arrived.json_text
        provenance = provenance_of(
            text, origin, row.patient_id, institution=own, user=_user(staff), rule=row.rule, now=gw.clock()
        )
        resources += [
            (name, copy_of(text, origin, row.patient_id, seen.specimen)),
            (f"{name}:{row.id}", provenance),
        ]
        results.append(name)
    resources.append(_request(gw, staff, row, "used", results=results))
    return Filing(resources, here)


def _request(gw: Gateway, staff: Staff, row: Any, decision: str, **more: Any) -> Resource:
    words, labels, user = _words(gw, row), _labels(gw, row), _user(staff)
    request = request_of(row, decision, words=words, labels=labels, user=user, now=gw.clock(), **more)
    return request_name(row.id), request


def _emptied(gw: Gateway, row: Any) -> list[Resource]:
    """The copies of a use without their contents, but for those that another use stands on."""
    names = {
        copy_name(one.source, row.patient_id, one.ref) for one in offered_of(row) if one.grant is not None
    }
    others = and_(
        table.c.institution == row.institution,
        table.c.patient_id == row.patient_id,
        table.c.id != row.id,
        table.c.decision == "used",
        table.c.undone_at.is_(None),
    )
    places: set[str] = set()  # here: a copy in the own chart may have been offered and used in its turn
    with gw.db.connect() as conn:
        for other in conn.execute(select(table).where(others)):
            names -= {copy_name(one.source, row.patient_id, one.ref) for one in offered_of(other)}
            places |= {one.ref for one in offered_of(other) if one.source == row.institution}
        stored = conn.execute(
            select(
                stored_record.c.source_id, stored_record.c.json_text, stored_record.c.type, stored_record.c.id
            ).where(
                stored_record.c.institution == row.institution,
                stored_record.c.patient_id == row.patient_id,
                stored_record.c.source_id.in_(sorted(names)),
            )
        )
        return [
            (each.source_id, emptied(each.json_text))
            for each in stored
            if f"{each.type}/{each.id}" not in places
        ]


def _details(gw: Gateway, staff: Staff, row: Any, reason: str) -> dict[str, Any]:
    """What the entry commits to: who decided what, and where the result lies; never what it says."""
    return {
        "reason": reason,
        "order": {"id": row.id, "group": row.group_key, "code": row.code, "words": _words(gw, row)},
        "results": [
            {"source": one.issuer, "ref": one.ref, "collected": one.collected} for one in offered_of(row)
        ],
        "rule": row.rule,
        "user": _user(staff),
    }


def _words(gw: Gateway, row: Any) -> dict[str, str]:
    """What the group is called, by language."""
    rule = next((each for each in _rules(gw, row) if each.group == row.group_key), None)
    if rule is None:
        return {"zh-CN": row.group_key, "en": row.group_key}
    return {"zh-CN": rule.group_words.zh, "en": rule.group_words.en}


def _labels(gw: Gateway, row: Any) -> frozenset[str]:
    """The sensitivities of the group's codes: its name tells of them whichever code is ordered, or none."""
    codes = {code for rule in _rules(gw, row) if rule.group == row.group_key for code in rule.codes}
    pairs = (code.partition("|") for code in codes)
    return frozenset(label for system, _, code in pairs if (label := label_of((system, code))))


def _user(staff: Staff) -> dict[str, str]:
    return {"id": staff.id, "name": staff.name, "role": staff.role_code}


def _rules(gw: Gateway, row: Any) -> Sequence[Rule]:
    with gw.db.connect() as conn:
        return rules_of(conn, row.institution)


def _count_as_undone(gw: Gateway, row: Any) -> None:
    """The same ordered again within the rule's interval: an earlier use avoided nothing, and counts so."""
    intervals = {rule.name: rule.min_interval_ms or rule.reach_ms for rule in _rules(gw, row)}
    earlier = and_(
        table.c.institution == row.institution,
        table.c.patient_id == row.patient_id,
        table.c.group_key == row.group_key,
        table.c.decision == "used",
        table.c.undone_at.is_(None),
        table.c.decided_at.is_not(None),
    )
    if row.code is not None:  # one test of a group, or the whole group that holds it
        earlier = and_(earlier, or_(table.c.code == row.code, table.c.code.is_(None)))
    now = gw.clock()
    with gw.db.begin() as conn:
        for use_ in conn.execute(select(table).where(earlier)).all():
            if now - use_.decided_at < intervals.get(use_.rule, 0):
                undone = {"undone_at": now, "undone_why": "ordered-again"}
                conn.execute(update(table).where(table.c.id == use_.id).values(undone))
