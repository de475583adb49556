"""The form of a doctor's request, checked before anything in it is believed.

docs/formats/request.md. For requests that other institutions sign: our own are made by gateway.asks.ask. Not
here: the signature and the moment (gateway.offers.claims).
"""

from __future__ import annotations

from datetime import date

from marshmallow import ValidationError, fields, validate

from consent.vocabulary import GRANT_PURPOSES, KINDS
from gateway.references.code import LENGTH, fold
from gateway.web.schemas import HEX64, ID, Millis, StrictSchema, Text

LONGEST_REASON = 200


def is_day(text: str) -> None:
    """A validator: YYYY-MM-DD and a day that exists. Raises ValidationError."""
    try:
        well_formed = len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        well_formed = False
    if not well_formed:
        raise ValidationError("must be a day as YYYY-MM-DD")


def _is_reference(text: str) -> None:
    if len(text) != LENGTH or fold(text) != text:
        raise ValidationError("must be a reference in its one form")


class Clinician(StrictSchema):
    id = Text(64, 1, required=True)
    name = Text(100, 1, required=True)
    role = Text(40, required=True)
    department = Text(100, required=True)


class OfferNamed(StrictSchema):
    institution = ID(required=True)
    reference = fields.String(required=True, validate=_is_reference)


class OfferedRequest(StrictSchema):
    """A request that answers an offer: every member is there."""

    ledger = HEX64(required=True)
    institution = ID(required=True)
    reference = fields.String(required=True, validate=_is_reference)
    clinician = fields.Nested(Clinician(), required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(sorted(GRANT_PURPOSES)))
    reason = Text(LONGEST_REASON, 1, required=True)
    kinds = fields.List(
        fields.String(validate=validate.OneOf(KINDS)), required=True, validate=validate.Length(1, len(KINDS))
    )
    start = fields.String(data_key="from", required=True, allow_none=True, validate=is_day)
    not_after = Millis(required=True)
    at = Millis(required=True)
    expires = Millis(required=True)
    offer = fields.Nested(OfferNamed(), required=True)
