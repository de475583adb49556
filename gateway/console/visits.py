"""What a doctor sees of other institutions' records under a patient's grants, and when it closes.

Format: /openapi.json. Not here: references (console.references), the pull itself. Invariant: the records
live in memory only, for one staff session; a visit of somebody else, of another institution or that does
not exist is one answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app
from flask.blueprints import BlueprintSetupState
from flask_smorest import Blueprint

from gateway.asks.openers import may_open
from gateway.asks.room import VisitRoom
from gateway.asks.standing import end_what_ended
from gateway.asks.visits import open_visit
from gateway.composition import current_gateway
from gateway.identity.roles import current_staff, staff_required
from gateway.references.store import find_reference
from gateway.web.events import poll_response, sse_response
from gateway.web.problems import raise_problem

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

blueprint = Blueprint(
    "visits",
    __name__,
    url_prefix="/console/api",
    description="Records that a patient allowed a doctor to see",
)
ROOM = "yaoshi-visits"


def _furnish(state: BlueprintSetupState) -> None:
    # One room for each application: the views of a node live and end with it.
    state.app.extensions[ROOM] = VisitRoom(state.app.extensions["yaoshi"], end_what_ended)


blueprint.record_once(_furnish)


@blueprint.get("/visits/<reference>")
@staff_required("clinician")
def show(reference: str) -> dict[str, Any]:
    """The visit; the first look at it pulls what was granted."""
    gw, staff, row = _mine(reference)
    return open_visit(gw, _room(), staff, row)


@blueprint.post("/visits/<reference>/refresh")
@staff_required("clinician")
def refresh(reference: str) -> dict[str, Any]:
    """Pulls again what is still granted."""
    gw, staff, row = _mine(reference)
    return open_visit(gw, _room(), staff, row, again=True)


@blueprint.delete("/visits/<reference>")
@staff_required("clinician")
def close(reference: str) -> Response:
    """Closes the view: what it held is gone."""
    _room().drop(current_staff().session, reference)
    return Response(status=204)


@blueprint.get("/events")
@staff_required()
def events() -> Response:
    """A stream of ``changed`` events about this institution's references and open visits."""
    return sse_response(current_gateway().bus, [f"staff:{current_staff().institution}"])


@blueprint.get("/changes")
@staff_required()
def changes() -> Response:
    """The cursor of the newest change, with an ETag."""
    return poll_response(current_gateway().bus, [f"staff:{current_staff().institution}"])


def _mine(reference: str) -> tuple[Gateway, Staff, Any]:
    gw, staff = current_gateway(), current_staff()
    row = find_reference(gw, staff.institution, reference) if len(reference) == 8 else None
    if row is None or row.type != "ask" or not may_open(gw, staff, row):
        raise_problem("reference-unknown")
    return gw, staff, row


def _room() -> VisitRoom:
    room: VisitRoom = current_app.extensions[ROOM]
    return room
