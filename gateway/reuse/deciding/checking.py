"""Checks what is about to be ordered for one patient against the institution's rules and what is in sight.

consent.reuse decides; here its inputs are brought together on the server, from the own store and the staff
member's own open views. Not here: writing anything down (offers and
orders of this package).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from consent.reuse.check import check
from consent.reuse.orders import Order
from consent.reuse.verdicts import Verdict
from gateway.reuse.deciding.sight import Asked, Sight, look
from gateway.reuse.reading.ages import age_years
from gateway.reuse.rules.areas import areas_of
from gateway.reuse.rules.rulings import trusted_rules

if TYPE_CHECKING:
    from gateway.asks.room import VisitRoom
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff
    from gateway.records.patients import PatientRow


class Wanted(NamedTuple):
    """One order as the clinician states it. `code` "system|code"; None: the whole group."""

    group: str
    code: str | None
    situation: str | None
    setting: str
    urgent: bool


@dataclass(frozen=True)
class Checked:
    """What the rules say to one order, and what they looked at."""

    wanted: Wanted
    verdict: Verdict
    sight: Sight


def check_orders(
    gw: Gateway,
    room: VisitRoom,
    staff: Staff,
    patient: PatientRow,
    wanted: Sequence[Wanted],
    references: Sequence[str],
) -> list[Checked]:
    """One answer for each order, in order. ``references``: open views of this member of staff."""
    now = gw.clock()
    with gw.ledger.view() as view, gw.db.connect() as conn:
        rules = trusted_rules(view, conn, staff.institution, {each.group for each in wanted})
    codes = frozenset[str]().union(*(rule.codes | rule.panels for rule in rules))
    reach = max((rule.horizon_ms for rule in rules), default=0)
    sight = look(gw, room, staff, patient.id, references, Asked(codes, now, reach))
    areas = areas_of(gw)
    return [
        Checked(
            each,
            check(_order(each, staff, patient, now), rules, sight.results, sight.context, areas=areas),
            sight,
        )
        for each in wanted
    ]


def _order(wanted: Wanted, staff: Staff, patient: PatientRow, now: int) -> Order:
    return Order(
        group=wanted.group,
        patient=patient.id,
        institution=staff.institution,
        at=now,
        codes=frozenset() if wanted.code is None else frozenset({wanted.code}),
        situation=wanted.situation,
        setting=wanted.setting,
        urgent=wanted.urgent,
        age_years=age_years(patient.birth_date, now),
    )
