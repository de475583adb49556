"""Makes the FHIR ServiceRequest of an order: placed, repeated for a reason, or dropped for a used result.

FHIR R4 ServiceRequest. A used result leaves the order `revoked` with the result as supportingInfo; R4 has no
element for why, so the decision stands in an extension of ours. It names no other institution: it is the own
chart's record and may be granted as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.records.labelling.labels import with_labels
from gateway.records.stamps import instant
from gateway.reuse.deciding.copies import STAFF
from gateway.reuse.deciding.reasons import SYSTEM

Json = dict[str, Any]

_DECISION = "https://yaoshi.example/StructureDefinition/reuse-decision"
_GROUP = "https://yaoshi.example/CodeSystem/reuse-group"
_LABORATORY = {"system": "http://snomed.info/sct", "code": "108252007", "display": "Laboratory procedure"}
_STATUS = {"used": "revoked", "repeated": "active", "ordered": "active", "undone": "entered-in-error"}


def request_name(order: str) -> str:
    """The source id of an order's ServiceRequest."""
    return f"urn:yaoshi:order:{order}"


def request_of(
    row: Any,
    decision: str,
    *,
    words: dict[str, str],
    labels: frozenset[str],
    user: dict[str, str],
    now: int,
    results: Sequence[str] = (),
    reason: str | None = None,
    informed: str | None = None,
) -> Json:
    """The ServiceRequest of a row after a decision: used, repeated, ordered or undone.

    ``words`` names what is ordered, by language, and ``labels`` are its sensitivities; ``results`` as it
    cites them; ``now`` ms UTC.
    """
    resource: Json = {
        "resourceType": "ServiceRequest",
        "extension": [{"url": _DECISION, "extension": _facts(row.rule, decision, reason, informed)}],
        "status": _STATUS[decision],
        "intent": "order",
        "category": [{"coding": [_LABORATORY]}],
        "priority": "urgent" if row.urgent else "routine",
        "code": _code(row, words),
        "subject": {"reference": f"Patient/{row.patient_id}"},
        "authoredOn": instant(now),
        "requester": {"identifier": {"system": STAFF, "value": user["id"]}, "display": user["name"]},
    }
    with_labels(resource, labels)
    if results:
        resource["supportingInfo"] = [{"reference": each} for each in results]
    return resource


def _code(row: Any, words: dict[str, str]) -> Json:
    group = {"system": _GROUP, "code": row.group_key, "display": words["en"]}
    if row.code is None:
        return {"coding": [group], "text": words["zh-CN"]}
    system, _, code = row.code.partition("|")
    return {"coding": [{"system": system, "code": code}, group]}


def _facts(rule: str | None, decision: str, reason: str | None, informed: str | None) -> list[Json]:
    facts: list[Json] = [{"url": "decision", "valueCode": decision}]
    if rule is not None:
        facts.append({"url": "rule", "valueString": rule})
    if reason is not None:
        facts.append({"url": "reason", "valueCoding": {"system": SYSTEM, "code": reason}})
    if informed is not None:
        facts.append({"url": "informed", "valueCode": informed})
    return facts
