"""Writes the question that a doctor puts to a patient, signed by the doctor's institution.

Format: docs/formats/request.md (typ yaoshi-request, the institution's peer key). Not here: the patient's
answer (asks.accept). Invariants: the request never changes after it is signed, for a grant names its hash;
it names no patient; ``expires`` is the last moment to which staff can extend it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.references.code import new_reference
from gateway.references.store import LONGEST_MS, make_reference
from ledger.errors import Refusal
from ledger.signing import peek_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff


@dataclass(frozen=True)
class Question:
    """What a doctor asks for: ``start`` is YYYY-MM-DD or None, ``not_after`` ms UTC."""

    patient: str | None
    purpose: str
    reason: str
    kinds: tuple[str, ...]
    start: str | None
    not_after: int


def make_ask(
    gw: Gateway, staff: Staff, question: Question, offer: dict[str, str] | None = None
) -> str | Refusal:
    """A reference whose request a phone may fetch; ``offer``: the patient's offer that it answers."""
    now = gw.clock()
    if question.not_after <= now:
        return Refusal("grant-period-empty", "the end lies in the past")
    if question.not_after - now > gw.ledger.genesis.doc["limits"]["grant_max_ms"]:
        return Refusal("grant-too-long", "the end lies too far in the future")
    name = new_reference(gw)
    payload = _payload(gw, staff, question, name, now)
    if offer is not None:
        payload["offer"] = offer
    request = gw.keys.sign(staff.institution, "peer", "yaoshi-request", payload)
    return make_reference(
        gw,
        staff.institution,
        "ask",
        staff.id,
        reference=name,
        patient_id=question.patient,
        request=request,
        ends_at=question.not_after,
    )


def _payload(gw: Gateway, staff: Staff, question: Question, name: str, now: int) -> dict[str, Any]:
    return {
        "ledger": gw.ledger.id,
        "institution": staff.institution,
        "reference": name,
        "clinician": {
            "id": staff.id,
            "name": staff.name,
            "role": staff.role_code,
            "department": staff.department,
        },
        "purpose": question.purpose,
        "reason": question.reason,
        "kinds": sorted(question.kinds),
        "from": question.start,
        "not_after": question.not_after,
        "at": now,
        "expires": now + LONGEST_MS,
    }


def question_of(row: Any) -> dict[str, Any]:
    """The request's payload; our own signature is not checked again."""
    return peek_compact(row.request)[1]


def is_offered(row: Any) -> bool:
    """Whether the request answers a patient's offer: that phone alone knows of it, and no code is shown."""
    return row.type == "ask" and "offer" in question_of(row)


def request_hash(row: Any) -> str:
    """Hex SHA-256 of the request as sent: what a grant's terms must name."""
    return hashlib.sha256(row.request.encode("ascii")).hexdigest()
