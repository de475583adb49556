"""The privacy officer's queue of emergencies: what waits for a review, and what was found.

Format: /openapi.json. Not here: the cases (gateway.glass). Invariants: a verdict needs the password given
just now; ending a release does not; a case of another institution does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from consent.vocabulary import VERDICTS
from gateway.composition import current_gateway
from gateway.glass.cases import Case, case_of, queue_of
from gateway.glass.reviews import EXPLAIN, review, stop
from gateway.glass.story import case_shown
from gateway.identity.roles import current_staff, fresh_required, staff_required
from gateway.peers.http import Deadline
from gateway.web.problems import raise_problem, refusal
from gateway.web.schemas import StrictSchema, Text

if TYPE_CHECKING:
    from gateway.composition import Gateway

blueprint = Blueprint(
    "reviews", __name__, url_prefix="/console/api", description="Reviews of emergencies, on both sides"
)
LONGEST_WORDS = 1000
PATIENCE = 2.0  # seconds that the list waits for what other nodes know


class ReviewVerdict(StrictSchema):
    verdict = fields.String(required=True, validate=validate.OneOf((*VERDICTS, EXPLAIN)))
    words = Text(LONGEST_WORDS, required=True)


@blueprint.get("/reviews")
@staff_required("privacy")
def queue() -> dict[str, Any]:
    """Waiting cases, oldest first, and those done, newest first."""
    gw, staff = current_gateway(), current_staff()
    waiting, done = queue_of(gw, staff.institution)
    deadline = Deadline.after(PATIENCE)
    return {
        "waiting": [case_shown(gw, staff, case, deadline) for case in waiting],
        "done": [case_shown(gw, staff, case, deadline) for case in done],
    }


@blueprint.post("/reviews/<glass>")
@staff_required("privacy")
@fresh_required
@blueprint.arguments(ReviewVerdict())
def judge(given: dict[str, str], glass: str) -> Any:
    """A verdict, once for each institution; or a question to the other side."""
    gw, case = _own(glass)
    refused = review(gw, current_staff(), case, given["verdict"], given["words"].strip())
    return refusal(refused) if refused is not None else _shown(gw, glass)


@blueprint.post("/reviews/<glass>/close")
@staff_required("privacy")
def end_release(glass: str) -> Any:
    """Ends the release at once, at the custodian."""
    gw, case = _own(glass)
    refused = stop(gw, case)
    return refusal(refused) if refused is not None else _shown(gw, glass)


def _own(glass: str) -> tuple[Gateway, Case]:
    gw = current_gateway()
    case = case_of(gw, current_staff().institution, glass) if len(glass) == 64 else None
    if case is None:
        raise_problem("review-unknown")
    return gw, case


def _shown(gw: Gateway, glass: str) -> dict[str, Any]:
    return case_shown(gw, current_staff(), _own(glass)[1], Deadline.after(PATIENCE))
