"""The order form: checks an order against existing results, and takes the clinician's decision.

Format: /openapi.json. A browser names a chart, its open views and an offer; results are read here, in chart
and view, never received. Not here: the rules (consent.reuse), who may open a view (asks.openers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select

from consent.reuse.choice import groups
from consent.reuse.orders import SETTINGS
from gateway.asks.openers import may_open
from gateway.composition import current_gateway
from gateway.console.patients import who
from gateway.console.visits import ROOM
from gateway.identity.roles import current_staff, staff_required
from gateway.looks.lately import LATELY, Lately
from gateway.looks.looks import record_look
from gateway.records.patients import get_patient
from gateway.references.store import find_reference
from gateway.reuse.deciding.checking import Wanted, check_orders
from gateway.reuse.deciding.offers import DAY_MS, find_order, keep_offer
from gateway.reuse.deciding.orders import Repeat, order, repeat, undo, use
from gateway.reuse.deciding.reasons import INFORMED, REPEAT_REASONS, WITH_WORDS
from gateway.reuse.deciding.shown import check_shown, group_shown, names_shown, order_shown
from gateway.reuse.rules.stored import rules_of
from gateway.reuse.tables import reuse_order
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import StrictSchema, Text
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.asks.room import VisitRoom
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff
    from gateway.records.patients import PatientRow

blueprint = Blueprint(
    "orders",
    __name__,
    url_prefix="/console/api",
    description="Orders, and results that make them unnecessary",
)
MOST_ORDERS = 20
MOST_VIEWS = 8


def _code() -> fields.String:
    return Text(300, 1, load_default=None, allow_none=True)


class OneOrder(StrictSchema):
    group = Text(64, 1, required=True)
    code = _code()
    situation = Text(64, 1, load_default=None, allow_none=True)


class Circumstances(StrictSchema):
    patient = Text(64, 1, required=True)
    visits = fields.List(Text(8, 8), load_default=list, validate=validate.Length(0, MOST_VIEWS))
    setting = fields.String(load_default="outpatient", validate=validate.OneOf(SETTINGS))
    urgent = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Check(Circumstances):
    orders = fields.List(fields.Nested(OneOrder()), required=True, validate=validate.Length(1, MOST_ORDERS))


class Placed(Circumstances):
    order = fields.Nested(OneOrder(), required=True)


class Chart(StrictSchema):
    patient = Text(64, 1, required=True)


class Used(StrictSchema):
    visits = fields.List(Text(8, 8), load_default=list, validate=validate.Length(0, MOST_VIEWS))


class Repeated(StrictSchema):
    reason = fields.String(required=True, validate=validate.OneOf(REPEAT_REASONS))
    words = Text(500, load_default=None, allow_none=True)
    informed = fields.String(required=True, validate=validate.OneOf(INFORMED))
    how = Text(200, load_default=None, allow_none=True)


@blueprint.post("/orders/form")
@staff_required("clinician")
@blueprint.arguments(Chart())
def form(given: dict[str, Any]) -> Any:
    """What can be ordered by this institution's rules, and what was ordered for this patient of late."""
    gw, staff = current_gateway(), current_staff()
    patient = _patient(gw, staff, given["patient"])
    recent = (
        select(reuse_order)
        .where(
            reuse_order.c.institution == staff.institution,
            reuse_order.c.patient_id == patient.id,
            reuse_order.c.decided_at > gw.clock() - DAY_MS,
        )
        .order_by(reuse_order.c.decided_at)
    )
    with gw.db.connect() as conn:
        rules = rules_of(conn, staff.institution)
        rows = list(conn.execute(recent))
    _looked(gw, staff, patient, len(rows))
    return {
        "groups": [group_shown(each) for each in groups(rules)],
        "names": names_shown(gw),
        "settings": list(SETTINGS),
        "reasons": [{"reason": each, "words": each in WITH_WORDS} for each in REPEAT_REASONS],
        "orders": [{**order_shown(row), "own": row.staff == staff.id} for row in rows],
    }


@blueprint.post("/orders/check")
@staff_required("clinician")
@blueprint.arguments(Check())
def check(given: dict[str, Any]) -> Any:
    """What the rules say to each order, with what is in the chart and in these open views."""
    gw, staff = current_gateway(), current_staff()
    patient = _patient(gw, staff, given["patient"])
    references = _views(gw, staff, patient, given["visits"])
    wanted = [_wanted(one, given) for one in given["orders"]]
    checked = check_orders(gw, _room(), staff, patient, wanted, references)
    _looked(gw, staff, patient, len(checked[0].sight.results))
    return {
        "checks": [check_shown(one, keep_offer(gw, staff, patient.id, one)) for one in checked],
        "names": names_shown(gw),
        "at": gw.clock(),
    }


@blueprint.post("/orders")
@staff_required("clinician")
@blueprint.arguments(Placed())
def place(given: dict[str, Any]) -> Any:
    """Order what nothing is offered for."""
    gw, staff = current_gateway(), current_staff()
    patient = _patient(gw, staff, given["patient"])
    references = _views(gw, staff, patient, given["visits"])
    _looked(gw, staff, patient, 0)
    return _answer(order(gw, _room(), staff, patient, _wanted(given["order"], given), references))


@blueprint.post("/orders/<order_id>/use")
@staff_required("clinician")
@blueprint.arguments(Used())
def use_result(given: dict[str, Any], order_id: str) -> Any:
    """Use what was offered: it is filed in the chart, and the order is not placed."""
    gw, staff = current_gateway(), current_staff()
    row = _mine(gw, staff, order_id)
    patient = _patient(gw, staff, row.patient_id)
    references = _views(gw, staff, patient, given["visits"])
    return _answer(use(gw, _room(), staff, row, references))


@blueprint.post("/orders/<order_id>/repeat")
@staff_required("clinician")
@blueprint.arguments(Repeated())
def repeat_test(given: dict[str, Any], order_id: str) -> Any:
    """Order it in spite of the offer, for a reason."""
    gw, staff = current_gateway(), current_staff()
    why = Repeat(given["reason"], given["words"], given["informed"], given["how"])
    return _answer(repeat(gw, staff, _mine(gw, staff, order_id), why))


@blueprint.post("/orders/<order_id>/undo")
@staff_required("clinician")
def undo_use(order_id: str) -> Any:
    """Take a use back."""
    gw, staff = current_gateway(), current_staff()
    return _answer(undo(gw, staff, _mine(gw, staff, order_id)))


def _answer(row: Any) -> Any:
    return refusal(row) if isinstance(row, Refusal) else {"order": {**order_shown(row), "own": True}}


def _wanted(one: dict[str, Any], given: dict[str, Any]) -> Wanted:
    return Wanted(one["group"], one["code"], one["situation"], given["setting"], given["urgent"])


def _patient(gw: Gateway, staff: Staff, patient_id: str) -> PatientRow:
    with gw.db.connect() as conn:
        patient = get_patient(conn, staff.institution, patient_id)
    if patient is None:
        raise_problem("patient-unknown")
    return patient


def _views(gw: Gateway, staff: Staff, patient: PatientRow, names: list[str]) -> list[str]:
    """The names, when each is a visit of this patient that this member of staff may open."""
    for name in names:
        row = find_reference(gw, staff.institution, name)
        if row is None or row.type != "ask" or not may_open(gw, staff, row) or row.patient_id != patient.id:
            raise_problem("reference-unknown")
    return list(dict.fromkeys(names))


def _mine(gw: Gateway, staff: Staff, order_id: str) -> Any:
    row = find_order(gw, staff.institution, order_id) if len(order_id) == 32 else None
    if row is None or row.staff != staff.id:
        raise_problem("order-unknown")
    return row


def _looked(gw: Gateway, staff: Staff, patient: PatientRow, count: int) -> None:
    """A chart that this session has not opened of late is being looked at now, and that is written down."""
    lately: Lately = current_app.extensions[LATELY]
    if lately.seen(staff.session, patient.id):
        return
    seen = {"kinds": ["laboratory"], "count": count}
    looked = record_look(gw, staff.institution, patient.id, who(staff), "own-care", seen)
    if isinstance(looked, Refusal):
        raise_problem(looked.code, detail=looked.detail)
    lately.note(staff.session, patient.id)


def _room() -> VisitRoom:
    room: VisitRoom = current_app.extensions[ROOM]
    return room
