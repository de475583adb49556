"""A grant's life: given and revoked by the patient's keys, used by the custodian's release key in visits.

docs/formats/entry.md, kinds grant.* and disclosure.made. To whom a grant is, and for what, stands behind its
commitment: the ledger judges only whether it is in force. Invariants:
1. No disclosure is ordered after its grant's revocation, the link's closing, or a change of keys by the desk.
2. A revocation is refused only when there is nothing to revoke or the key has no such right: never for age or
   quota.
"""

from consent.errors import Refusal, refuse
from consent.host import Case, Changes
from consent.links import right_fault, signed_by
from consent.state import (
    GrantState,
    Revocation,
    grant_state,
    grant_status,
    limits,
    link_state,
    visit_key,
    visit_status,
)


def give(case: Case) -> Changes | Refusal:
    """grant.give: a give key opens something at this link's institution until `not_after`."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if link["closed"]:
        return refuse("link-closed")
    fault = right_fault(case, link, "give") or _skew_fault(case) or _period_fault(case)
    if fault is not None:
        return fault
    payload = case.entry.payload
    grant = GrantState(
        id=case.entry.id,
        link=case.entry.subject,
        institution=link["institution"],
        epoch=link["epoch"],
        not_before=payload.get("not_before"),
        not_after=payload["not_after"],
        max_visits=payload.get("max_visits"),
        visits=0,
        revoked=None,
        commitment=payload["commitment"],
        index=case.view.index,
    )
    return {f"grant/{case.entry.id}": {**grant}}


def revoke(case: Case) -> Changes | Refusal:
    """grant.revoke: any key with that right, an earlier one too, ends a grant, even an expired one."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    fault = right_fault(case, link, "revoke")
    if fault is not None:
        return fault
    grant = grant_state(case.view, case.entry.payload["grant"])
    if grant is None or grant["link"] != case.entry.subject:
        return refuse("grant-unknown")
    if grant["revoked"] is not None:
        return refuse("grant-revoked", "This grant was revoked before; it stays revoked.")
    revoked = Revocation(at=case.entry.at, time=case.time, index=case.view.index)
    return {f"grant/{grant['id']}": {**grant, "revoked": revoked}}


def disclose(case: Case) -> Changes | Refusal:
    """disclosure.made: the custodian is about to release under a grant; committed before the first byte."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if not signed_by(case, link["institution"], "release"):
        return refuse("signer-not-allowed", "The release key of the link's institution signs a disclosure.")
    fault = _skew_fault(case)
    if fault is not None:
        return fault
    grant_id, visit, at = case.entry.payload["under"], case.entry.payload["visit"], case.entry.at
    grant = grant_state(case.view, grant_id)
    if grant is None or grant["link"] != case.entry.subject:
        return refuse("grant-unknown")
    status = grant_status(case.view, grant_id, at, case.time)
    if isinstance(status, Refusal):
        return status
    running = visit_status(case.view, grant_id, visit, at, case.time)
    if isinstance(running, Refusal):
        return running
    if running == "running":
        return {}
    begun = {"started": case.time}
    return {
        f"grant/{grant_id}": {**grant, "visits": grant["visits"] + 1},
        visit_key(grant_id, visit): begun,
    }


def _skew_fault(case: Case) -> Refusal | None:
    if abs(case.entry.at - case.time) > limits(case.view)["skew_ms"]:
        return refuse("at-out-of-skew")
    return None


def _period_fault(case: Case) -> Refusal | None:
    payload, at = case.entry.payload, case.entry.at
    begins = max(payload.get("not_before", at), at, case.time)
    if payload["not_after"] <= begins:
        return refuse("grant-period-empty")
    # Counted from the signature, not from not_before: a grant cannot be parked beyond what a person oversees.
    if payload["not_after"] - at > limits(case.view)["grant_max_ms"]:
        return refuse("grant-too-long")
    return None
