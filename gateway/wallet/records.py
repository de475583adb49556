"""Lets patients read their own records on the phone, to choose what to give; a reading is an entry.

docs/formats/wallet-api.md, own records. The look (basis patient-request) is committed before anything is
sent.
"""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from consent.vocabulary import KINDS
from gateway.composition import current_gateway
from gateway.links.links import patient_of_link
from gateway.looks.chart import chart_items, what_was_seen
from gateway.looks.looks import record_look_on
from gateway.outbox.outbox import Queued
from gateway.records.patients import get_patient
from gateway.wallet.access import current_phone, wallet_required
from gateway.wallet.cors import allow_wallet
from gateway.web.problems import raise_problem, refusal
from gateway.web.ratelimit import limit
from gateway.web.schemas import StrictSchema
from ledger.errors import Refusal

blueprint = Blueprint(
    "wallet-records", __name__, url_prefix="/i/<institution>/wallet", description="The patient's own records"
)
blueprint.after_request(allow_wallet)
READINGS_PER_MINUTE = 60


class Wanted(StrictSchema):
    kinds = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, len(KINDS)),
    )


@blueprint.post("/records")
@wallet_required
@blueprint.arguments(Wanted())
def records(given: dict[str, Any], institution: str) -> Any:
    """The patient's records here, newest first."""
    gw, phone = current_gateway(), current_phone()
    if phone.reading != "full":
        raise_problem("wallet-reading-ended")
    # Each reading is an entry for ever; a phone gone wrong must not fill the ledger.
    limit(gw, f"own-records:{phone.link}", READINGS_PER_MINUTE)
    with gw.db.connect() as conn:
        patient_id = patient_of_link(conn, institution, phone.link)
        patient = get_patient(conn, institution, patient_id) if patient_id is not None else None
        if patient is None:
            raise_problem("wallet-token-refused")
        items = chart_items(conn, institution, patient.id, given["kinds"])
    user = {"id": phone.kid, "name": patient.name, "role": "patient"}
    looked = record_look_on(gw, institution, phone.link, user, "patient-request", what_was_seen(items))
    if isinstance(looked, Refusal):
        return refusal(looked)
    return {"items": items, "look": looked.entry_id, "recorded": not isinstance(looked, Queued)}
