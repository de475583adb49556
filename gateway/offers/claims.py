"""Judges a request that is brought to an offer, and puts it in when it is genuine and the first.

docs/formats/offer.md. The asking institution's peer key signs the request (typ yaoshi-request), which names
this very offer: a request that somebody caught elsewhere opens no other box, and nothing forged, late or
meant for another offer uses one up. Invariants: every no is one answer, ``offer-unknown``, after the same
work; the cause goes to the log only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.asks.request_form import OfferedRequest
from gateway.offers.store import LONGEST_MS, put_in
from ledger.encoding import unb64u
from ledger.errors import Malformed, Refusal
from ledger.signing import open_compact, peek_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway

TYP = "yaoshi-request"
LONGEST = 8192
_FORM = OfferedRequest()


def claim_offer(gw: Gateway, custodian: str, name: str, request: str) -> Refusal | None:
    """Put the request into the custodian's offer; refuses ``offer-unknown`` for every cause alike."""
    judged = _judge(gw, custodian, name, request)
    cause = judged if isinstance(judged, str) else None
    # Asked even for a request that will not do, so that the answer takes as long.
    taken = put_in(gw, custodian, name if cause is None else "", _asker(judged), request)
    if cause is None and taken:
        return None
    gw.log.info("offer-refused", custodian=custodian, cause=cause or "not-waiting")
    return Refusal("offer-unknown", "")


def _asker(judged: Any) -> str:
    return str(judged["institution"]) if isinstance(judged, dict) else ""


def _judge(gw: Gateway, custodian: str, name: str, request: str) -> dict[str, Any] | str:
    """The verified payload, or why not, as a word for the log."""
    if len(request) > LONGEST:
        return "too-long"
    try:
        _, said = peek_compact(request)
        if _FORM.validate(said):
            return "form"
        with gw.ledger.view() as view:
            institution = view.institution(said["institution"])
        if institution is None or institution.retired:
            return "asker-unknown"
        payload = open_compact(request, TYP, unb64u(institution.keys["peer"], 32))
    except Malformed as malformed:
        return malformed.code
    return _not_now(gw, payload, {"institution": custodian, "reference": name}) or payload


def _not_now(gw: Gateway, payload: dict[str, Any], offer: dict[str, str]) -> str | None:
    now, skew = gw.clock(), gw.ledger.genesis.doc["limits"]["skew_ms"]
    if payload["ledger"] != gw.ledger.id:
        return "another-ledger"
    if payload["offer"] != offer:
        return "another-offer"
    if abs(payload["at"] - now) > skew or not now < payload["expires"] <= payload["at"] + LONGEST_MS:
        return "not-now"
    return "period-over" if payload["not_after"] <= now else None
