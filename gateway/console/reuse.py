"""Shows what became of offered results, as counts: for the administrator, the privacy officer and clinicians.

Format: /openapi.json. Not here: anything about a person (gateway.reuse.counting.counts reads none).
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import ValidationError, fields, validate, validates_schema

from consent.reuse.choice import groups
from gateway.composition import current_gateway
from gateway.identity.roles import current_staff, staff_required
from gateway.reuse.counting.counts import counts_of
from gateway.reuse.deciding.shown import rule_shown, words_shown
from gateway.reuse.rules.stored import rules_of
from gateway.web.schemas import StrictSchema
from ledger.encoding import MAX_INTEGER

blueprint = Blueprint("reuse", __name__, url_prefix="/console/api", description="Counts of reused results")
LONGEST_MS = 1100 * 86_400_000  # three years


class Period(StrictSchema):
    start = fields.Integer(data_key="from", required=True, validate=validate.Range(0, MAX_INTEGER))
    end = fields.Integer(data_key="to", required=True, validate=validate.Range(0, MAX_INTEGER))
    offset = fields.Integer(load_default=0, validate=validate.Range(-840, 840))

    @validates_schema
    def check(self, data: dict[str, int], **_more: Any) -> None:
        if not 0 <= data["end"] - data["start"] <= LONGEST_MS:
            raise ValidationError("must span at most three years")


@blueprint.get("/reuse/counts")
@staff_required("administrator", "privacy", "clinician")
@blueprint.arguments(Period(), location="query")
def counts(given: dict[str, int]) -> dict[str, Any]:
    """Offered, used, repeated per reason and undone, by month, group and rule version."""
    gw, staff = current_gateway(), current_staff()
    with gw.db.connect() as conn:
        rules = rules_of(conn, staff.institution)
        rows = counts_of(conn, staff.institution, given["start"], given["end"], given["offset"])
    named = {row["rule"] for row in rows}
    return {
        "from": given["start"],
        "to": given["end"],
        "rows": rows,
        "groups": {one.key: words_shown(one.words) for one in groups(rules)},
        "rules": [rule_shown(rule) for rule in rules if rule.name in named],
    }
