"""disclosure.made: the custodian is about to release under a grant or a broken glass.

docs/formats/entry.md. Committed before the first byte leaves; under a glass, while nothing can be committed,
signed and kept before it (docs/decisions/0017). Invariants: (1) no disclosure is ordered after what it is
under has ended by an entry: a revocation, a closing by patient or review, the link's closing, or a change of
keys by the desk (which ends grants); (2) none was made after the end of its time: by the record's time too,
or, in the first LATE_GLASS_MS of a glass, by its own.
"""

from consent.errors import Refusal, refuse
from consent.host import Case, Changes
from consent.links import signed_by
from consent.skew import LATE_GLASS_MS, skew_fault
from consent.state import limits, link_state
from consent.under import Under, under_state, under_status, visit_begun, visit_key, visit_status


def disclose(case: Case) -> Changes | Refusal:
    """disclosure.made, by the release key of the link's institution, in a visit."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if not signed_by(case, link["institution"], "release"):
        return refuse("signer-not-allowed", "The release key of the link's institution signs a disclosure.")
    under = under_state(case.view, case.entry.payload["under"])
    if under is None or under.document["link"] != case.entry.subject:
        return refuse("grant-unknown")
    answer = skew_fault(case) or _made(case, under, case.time)
    if not isinstance(answer, Refusal) or not _tells_by_itself(case, under):
        return answer
    # What was recorded only later is judged as of the moment at which it was made.
    return _made(case, under, case.entry.at)


def _made(case: Case, under: Under, time: int) -> Changes | Refusal:
    """The judgement as of `time`, ms; what ended by an entry has ended whatever the time."""
    under_id, visit, at = under.document["id"], case.entry.payload["visit"], case.entry.at
    status = under_status(case.view, under_id, at, time)
    if isinstance(status, Refusal):
        return status
    running = visit_status(case.view, under_id, visit, at, time)
    if isinstance(running, Refusal):
        return running
    begun = visit_begun(case.view, under_id, visit)
    # Told of out of order, a visit began with what came first.
    return {} if begun is not None and begun <= time else _begin(under, visit, time)


def _tells_by_itself(case: Case, under: Under) -> bool:
    """Whether the entry's own time lies in the first hour of its glass, and not long before its visit."""
    glass, at, known = under.glass, case.entry.at, limits(case.view)
    if glass is None or at > case.time + known["skew_ms"]:
        return False
    begun = visit_begun(case.view, glass["id"], case.entry.payload["visit"])
    if begun is not None and at <= begun - known["visit_ms"]:
        return False
    # A glass on time stands from its record on, which may be the clocks' skew after it was broken.
    return int(glass["from"] - known["skew_ms"]) <= at < glass["from"] + LATE_GLASS_MS


def _begin(under: Under, visit: str, time: int) -> Changes:
    if under.grant is None:
        return {visit_key("glass", under.document["id"], visit): {"started": time}}
    grant = under.grant
    return {
        f"grant/{grant['id']}": {**grant, "visits": grant["visits"] + 1},
        visit_key("grant", grant["id"], visit): {"started": time},
    }
