"""disclosure.made: the custodian is about to release under a grant or a broken glass.

docs/formats/entry.md. Committed before the first byte leaves. Invariant: no disclosure is ordered after what
it is under has ended: after a revocation, a closing by patient or review, the end of its time, the link's
closing, or a change of keys by the desk (which ends grants).
"""

from consent.errors import Refusal, refuse
from consent.host import Case, Changes
from consent.links import signed_by
from consent.skew import skew_fault
from consent.state import link_state
from consent.under import Under, under_state, under_status, visit_key, visit_status


def disclose(case: Case) -> Changes | Refusal:
    """disclosure.made, by the release key of the link's institution, in a visit."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if not signed_by(case, link["institution"], "release"):
        return refuse("signer-not-allowed", "The release key of the link's institution signs a disclosure.")
    fault = skew_fault(case)
    if fault is not None:
        return fault
    under_id, visit, at = case.entry.payload["under"], case.entry.payload["visit"], case.entry.at
    under = under_state(case.view, under_id)
    if under is None or under.document["link"] != case.entry.subject:
        return refuse("grant-unknown")
    status = under_status(case.view, under_id, at, case.time)
    if isinstance(status, Refusal):
        return status
    running = visit_status(case.view, under_id, visit, at, case.time)
    if isinstance(running, Refusal):
        return running
    return {} if running == "running" else _begin(under, visit, case.time)


def _begin(under: Under, visit: str, time: int) -> Changes:
    if under.grant is None:
        return {visit_key("glass", under.document["id"], visit): {"started": time}}
    grant = under.grant
    return {
        f"grant/{grant['id']}": {**grant, "visits": grant["visits"] + 1},
        visit_key("grant", grant["id"], visit): {"started": time},
    }
