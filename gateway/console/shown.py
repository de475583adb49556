"""How a reference looks to staff.

States: gateway.references.state. The digits are computed from the key that claimed it. A request that answers
a patient's offer has no code to show: the phone that offered fetches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.asks.accept import grants_of
from gateway.asks.ask import is_offered, question_of
from gateway.links.confirm import delay_until
from gateway.references.code import qr_address, typed_code
from gateway.references.state import state_of
from ledger.digits import digits
from ledger.encoding import unb64u

if TYPE_CHECKING:
    from gateway.composition import Gateway


def reference_shown(gw: Gateway, row: Any) -> dict[str, Any]:
    """The JSON object Reference of the console's API."""
    code, url = (None, None) if is_offered(row) else _code(gw, row)
    return {
        "reference": row.reference,
        "code": code,
        "url": url,
        "offered": is_offered(row),
        "type": row.type,
        "mode": row.mode,
        "state": state_of(row, gw.clock()),
        "digits": _digits(gw, row),
        "digits_confirmed": row.digits_at is not None,
        "expires": row.expires_at,
        "patient": row.patient_id,
        "ask": _ask(row),
        "delay_until": delay_until(gw, row),
    }


def _code(gw: Gateway, row: Any) -> tuple[str, str]:
    with gw.ledger.view() as view:
        code = view.institution(row.institution).code
    url = qr_address(gw.ledger.genesis.doc["wallet"], gw.ledger.id, code, row.reference)
    return typed_code(code, row.reference), url


def _digits(gw: Gateway, row: Any) -> str | None:
    if row.claimed_key is None:
        return None
    return digits(gw.ledger.id, row.institution, row.reference, unb64u(row.claimed_key, 32))


def _ask(row: Any) -> dict[str, Any] | None:
    if row.type != "ask":
        return None
    asked = question_of(row)
    shown = {
        name: asked[name] for name in ("clinician", "purpose", "reason", "kinds", "from", "not_after", "at")
    }
    return {**shown, "sources": len(grants_of(row))}
