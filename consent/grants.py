"""A grant's life: given and revoked by the patient's keys.

docs/formats/entry.md, kinds grant.*. To whom a grant is, and for what, stands behind its commitment: the
ledger judges only whether it is in force. Not here: what is released under it (consent.disclosures).
Invariant: a revocation is refused only when there is nothing to revoke or the key has no such right, never
for age or quota.
"""

from consent.errors import Refusal, refuse
from consent.host import Case, Changes
from consent.links import right_fault
from consent.skew import skew_fault
from consent.state import GrantState, Revocation, grant_state, limits, link_state


def give(case: Case) -> Changes | Refusal:
    """grant.give: a give key opens something at this link's institution until `not_after`."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if link["closed"]:
        return refuse("link-closed")
    if (case.view.get(f"institution/{link['institution']}") or {"retired": True})["retired"]:
        return refuse("institution-retired")
    fault = right_fault(case, link, "give") or skew_fault(case) or _period_fault(case)
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


def _period_fault(case: Case) -> Refusal | None:
    payload, at = case.entry.payload, case.entry.at
    begins = max(payload.get("not_before", at), at, case.time)
    if payload["not_after"] <= begins:
        return refuse("grant-period-empty")
    # Counted from the signature, not from not_before: a grant cannot be parked beyond what a person oversees.
    if payload["not_after"] - at > limits(case.view)["grant_max_ms"]:
        return refuse("grant-too-long")
    return None
