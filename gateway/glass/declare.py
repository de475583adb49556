"""The declaring institution's side: sign what a clinician declares, send it, and believe only what verifies.

docs/formats/glass.md. Not here: the way to the custodian (gateway.peers.custodian), the records
(gateway.glass.view). Invariants: the declaration is written down here before it is sent, so a crash loses no
use of the budget; nothing of the answer is shown before receipt and opening verify.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from consent.declaration import Declaration, parse_declaration
from gateway.glass.budgets import BY_CLINICIAN, BY_INSTITUTION, DAY_MS
from gateway.glass.known import known_glass
from gateway.glass.proof import answer_fault
from gateway.glass.reading import DECLARATION_TYP
from gateway.glass.tables import emergency as table
from gateway.glass.tables import glass_case
from gateway.peers.custodian import custodian_of
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.glass.receive import Broken
    from gateway.identity.roles import Staff
    from gateway.peers.protocol import Custodian

TTL_MS = 4 * 3_600_000


@dataclass(frozen=True)
class Emergency:
    """What a clinician declares: about whom, to whom, why. ``ttl_ms`` None: four hours."""

    custodian: str
    system: str | None
    value: str
    birth_date: str
    reason: str
    text: str | None
    ttl_ms: int | None
    patient: str | None


@dataclass(frozen=True)
class Declared:
    """A declaration that opened something: our id of it, and the custodian's verified answer."""

    emergency: str
    answer: Broken


def declare(gw: Gateway, staff: Staff, wanted: Emergency) -> Declared | Refusal:
    """Declare an emergency. Raises ledger.errors.Unavailable: nothing is shown.

    ``custodian-unreachable`` leaves open whether the declaration arrived; if it did, its patient is told.
    """
    payload = _payload(gw, staff, wanted)
    declared = parse_declaration(payload)
    if not isinstance(declared, Declaration):
        return Refusal(declared.code, declared.detail)
    custodian = _custodian(gw, staff, wanted.custodian)
    if isinstance(custodian, Refusal):
        return custodian
    refused = _length_fault(gw, declared)
    if refused is not None:
        return refused
    name = gw.entropy(16).hex()
    settle(gw, staff.institution)
    with gw.db.begin() as conn:
        # What came to nothing counts for a day, and is nobody's business after it.
        conn.execute(delete(table).where(table.c.glass.is_(None), table.c.sent_at <= gw.clock() - DAY_MS))
        refused = _budget_fault(conn, staff, gw.clock())
        if refused is not None:
            return refused
        conn.execute(insert(table).values(_row(name, staff, declared, wanted.patient)))
    signed = gw.keys.sign(staff.institution, "peer", DECLARATION_TYP, payload)
    answer = custodian.declare(signed)
    if isinstance(answer, Refusal):
        return answer
    fault = answer_fault(gw, answer, declared, signed)
    if fault is not None:
        gw.log.warning("glass-unproven", custodian=wanted.custodian, cause=fault.detail)
        return Refusal(fault.code, "The answer does not verify.")
    with gw.db.begin() as conn:
        conn.execute(update(table).where(table.c.id == name).values(glass=answer.glass))
    gw.bus.publish(f"staff:{staff.institution}")
    return Declared(name, answer)


def settle(gw: Gateway, institution: str) -> None:
    """Find again what was opened while the answer was lost in a crash: a custodian on this node knows it."""
    same = (glass_case.c.declaring == table.c.institution) & (glass_case.c.nonce == table.c.nonce)
    lost = (
        select(table.c.id, glass_case.c.glass)
        .join(glass_case, same & (glass_case.c.custodian == table.c.custodian))
        .where(table.c.institution == institution, table.c.glass.is_(None))
    )
    with gw.db.connect() as conn:
        rows = conn.execute(lost).all()
    found = {row.id: row.glass for row in rows if known_glass(gw, row.glass) is not None}
    if not found:
        return
    with gw.db.begin() as conn:
        for name, glass in found.items():
            conn.execute(update(table).where(table.c.id == name).values(glass=glass))


def sent(conn: Connection, institution: str, staff_id: str, now: int) -> tuple[int, int]:
    """How many declarations this clinician, and the whole institution, sent within a day."""
    mine = func.count().filter(table.c.staff_id == staff_id)
    counted = select(mine, func.count()).where(
        table.c.institution == institution, table.c.sent_at > now - DAY_MS
    )
    by_clinician, by_institution = conn.execute(counted).one()
    return by_clinician, by_institution


def _payload(gw: Gateway, staff: Staff, wanted: Emergency) -> dict[str, Any]:
    words = " ".join(wanted.text.split()) if wanted.text is not None else ""
    return {
        "ledger": gw.ledger.id,
        "institution": staff.institution,
        "custodian": wanted.custodian,
        "identifier": {"system": wanted.system, "value": wanted.value},
        "birth_date": wanted.birth_date,
        "clinician": {
            "id": staff.id,
            "name": staff.name,
            "role": staff.role_code,
            "department": staff.department,
        },
        "reason": wanted.reason,
        "text": words or None,
        "ttl_ms": TTL_MS if wanted.ttl_ms is None else wanted.ttl_ms,
        "at": gw.clock(),
        "nonce": gw.entropy(16).hex(),
    }


def _custodian(gw: Gateway, staff: Staff, custodian: str) -> Custodian | Refusal:
    if custodian == staff.institution:
        return Refusal("glass-own-records", "the records are one's own")
    with gw.ledger.view() as view:
        registered = view.institution(custodian)
    if registered is None or registered.retired:
        return Refusal("institution-unknown", "the custodian is not registered")
    return custodian_of(gw, custodian)


def _length_fault(gw: Gateway, declared: Declaration) -> Refusal | None:
    if declared.ttl_ms > gw.ledger.genesis.doc["limits"]["glass_ttl_max_ms"]:
        return Refusal("glass-ttl-wrong", "the time is too long")
    return None


def _budget_fault(conn: Connection, staff: Staff, now: int) -> Refusal | None:
    by_clinician, by_institution = sent(conn, staff.institution, staff.id, now)
    if by_clinician < BY_CLINICIAN and by_institution < BY_INSTITUTION:
        return None
    return Refusal("glass-budget-used", "The day's declarations are used.")


def _row(name: str, staff: Staff, declared: Declaration, patient: str | None) -> dict[str, Any]:
    return {
        "id": name,
        "institution": staff.institution,
        "staff_id": staff.id,
        "staff_name": staff.name,
        "staff_role": staff.role_code,
        "department": staff.department,
        "custodian": declared.custodian,
        "nonce": declared.nonce,
        "reason": declared.reason,
        "words": declared.text,
        "identifier_end": declared.identifier_end,
        "patient_id": patient,
        "sent_at": declared.at,
        "glass": None,
    }
