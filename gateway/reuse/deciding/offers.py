"""Remembers that a result was offered to a clinician, so that a decision can only be about what was shown.

One row for the same clinician, patient, order and results within a day. A row names where the results lie and
when they were collected, never what they say: of a result that is not filed nothing else stays. Not here: the
decision (gateway.reuse.deciding.orders), counts (gateway.reuse.counting.counts).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, insert, select

from gateway.records.elements.json_text import parse
from gateway.reuse.deciding.checking import Checked
from gateway.reuse.deciding.sight import Place
from gateway.reuse.reading.collection import shown_moment
from gateway.reuse.tables import reuse_order as table

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

DAY_MS = 86_400_000


def keep_offer(gw: Gateway, staff: Staff, patient_id: str, checked: Checked) -> Any | None:
    """The row of the offer that this check makes, new or as it stands; None when nothing is offered."""
    verdict = checked.verdict
    if verdict.offer is None or verdict.rule is None:
        return None
    results, now = results_text(checked), gw.clock()
    same = and_(
        table.c.institution == staff.institution,
        table.c.patient_id == patient_id,
        table.c.staff == staff.id,
        table.c.group_key == checked.wanted.group,
        table.c.code == checked.wanted.code,
        table.c.rule == verdict.rule.name,
        table.c.results == results,
        table.c.undone_at.is_(None),
        table.c.offered_at > now - DAY_MS,
    )
    newest = select(table).where(same).order_by(table.c.offered_at.desc()).limit(1)
    with gw.db.connect() as conn:
        row = conn.execute(newest).first()
    # After a repeat the same test is a new order; a use stands until it is undone.
    if row is not None and (row.decision == "used" or _still_open(row, checked)):
        return row
    return new_row(gw, staff, patient_id, checked, results=results, rule=verdict.rule.name, offered_at=now)


def _still_open(row: Any, checked: Checked) -> bool:
    wanted = checked.wanted
    same = (row.situation, row.setting, row.urgent) == (wanted.situation, wanted.setting, wanted.urgent)
    return row.decision is None and same


def new_row(gw: Gateway, staff: Staff, patient_id: str, checked: Checked, **columns: Any) -> Any:
    """A new row of an order by this member of staff."""
    wanted = checked.wanted
    row = {
        "id": gw.entropy(16).hex(),
        "institution": staff.institution,
        "patient_id": patient_id,
        "staff": staff.id,
        "group_key": wanted.group,
        "code": wanted.code,
        "situation": wanted.situation,
        "setting": wanted.setting,
        "urgent": wanted.urgent,
        "results": "[]",
        **columns,
    }
    with gw.db.begin() as conn:
        conn.execute(insert(table).values(row))
    return find_order(gw, staff.institution, row["id"])


def find_order(gw: Gateway, institution: str, order: str) -> Any | None:
    """The row of one order of this institution."""
    with gw.db.connect() as conn:
        query = select(table).where(table.c.id == order, table.c.institution == institution)
        return conn.execute(query).first()


def results_text(checked: Checked) -> str:
    """The offered results as a row keeps them: JSON of lists with the members of Offered.

    A result that was corrected is another version, and so another offer, though it lies in the same place.
    """
    texts = checked.sight.texts
    seen = [(one, texts[Place(one.source, one.ref)]) for one in checked.verdict.offers]
    places = [
        [
            one.source,
            one.ref,
            one.grant,
            shown_moment(one.collected, one.precision),
            at.issuer,
            _version(at.json_text),
        ]
        for one, at in seen
    ]
    return json.dumps(places, separators=(",", ":"))


def _version(json_text: str) -> str | None:
    meta = parse(json_text).get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if type(version) is str else None


class Offered(NamedTuple):
    """One result of an offer as its row names it: ref "Type/id", collected in ms, its version there."""

    source: str
    ref: str
    grant: str | None
    collected: int | None
    issuer: str
    version: str | None = None


def offered_of(row: Any) -> list[Offered]:
    """The results that a row names."""
    return [Offered(*one) for one in json.loads(row.results)]
