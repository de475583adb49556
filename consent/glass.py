"""A broken glass's life: broken by the custodian, closed by the patient or on review, reviewed on both sides.

docs/formats/entry.md, kinds glass.*. Who declared the emergency, why, and what a review found stand behind
the commitments. Invariants:
1. Nothing about a glass is refused for age or quota. One whose breaking is recorded late (is_late) runs by
   the entry's own time, for LATE_GLASS_MS at most: being late lengthens nothing and moves no end.
2. Whoever may take back a grant may close a glass: an earlier key and a key on a closed link too.
3. One review for each institution, for ever; a review changes nothing about what was released.
"""

from consent.errors import Refusal, refuse
from consent.glass_state import Closing, GlassState, glass_state
from consent.host import Case, Changes
from consent.links import right_fault, signed_by
from consent.skew import LATE_GLASS_MS, is_late, skew_fault
from consent.state import limits, link_state


def broken(case: Case) -> Changes | Refusal:
    """glass.broken: the custodian opens the records in an emergency for `ttl_ms` from this record on.

    Recorded late: from its own time on, and for no longer than LATE_GLASS_MS.
    """
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if link["closed"]:
        return refuse("link-closed")
    if not signed_by(case, link["institution"], "release"):
        return refuse("signer-not-allowed", "The release key of the link's institution breaks the glass.")
    late = is_late(case)
    fault = None if late else skew_fault(case)
    if fault is not None:
        return fault
    payload = case.entry.payload
    if not 1 <= payload["ttl_ms"] <= limits(case.view)["glass_ttl_max_ms"]:
        return refuse("glass-ttl-wrong")
    begun = case.entry.at if late else case.time
    glass: GlassState = {
        "id": case.entry.id,
        "link": case.entry.subject,
        "institution": link["institution"],
        "from": begun,
        "until": begun + (min(payload["ttl_ms"], LATE_GLASS_MS) if late else payload["ttl_ms"]),
        "closed": None,
        "reviews": {},
        "commitment": payload["commitment"],
        "index": case.view.index,
    }
    return _put(glass)


def closed(case: Case) -> Changes | Refusal:
    """glass.closed: the patient, or the custodian on review, ends it; an expired one too."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if case.signer.subject_type == "link":
        fault = right_fault(case, link, "revoke")
        if fault is not None:
            return fault
    elif not signed_by(case, link["institution"], "review"):
        return refuse("signer-not-allowed", "A key of the link or the custodian's review key closes a glass.")
    glass = _glass_of(case)
    if glass is None:
        return refuse("glass-unknown")
    if glass["closed"] is not None:
        return refuse("glass-closed", "This emergency access was ended before; it stays ended.")
    closing = Closing(at=case.entry.at, time=case.time, index=case.view.index)
    return _put({**glass, "closed": closing})


def reviewed(case: Case) -> Changes | Refusal:
    """glass.reviewed: an institution's review key says, once, what its review found."""
    if link_state(case.view, case.entry.subject) is None:
        return refuse("link-unknown")
    signer = case.signer
    if signer.subject_type != "institution" or signer.use != "review":
        return refuse("signer-not-allowed", "The review key of an institution signs a review.")
    glass = _glass_of(case)
    if glass is None:
        return refuse("glass-unknown")
    if signer.subject in glass["reviews"]:
        return refuse("glass-reviewed")
    return _put({**glass, "reviews": {**glass["reviews"], signer.subject: case.view.index}})


def _glass_of(case: Case) -> GlassState | None:
    glass = glass_state(case.view, case.entry.payload["glass"])
    return glass if glass is not None and glass["link"] == case.entry.subject else None


def _put(glass: GlassState) -> Changes:
    return {f"glass/{glass['id']}": {**glass}}
