"""What the ledger remembers of links and grants, and how to read it: who may do what, which grant holds.

Documents "link/<id>" and "grant/<id>" in the machine's state. Each is bounded: a link keeps at most
`link_keys_max` keys of each standing (newest removed ones included). The contract and every reader (sign-in,
decision, screens) judge by these functions and no others. Nothing is ever written because time passed:
standing and liveness are derived from the times given. Not here: broken glasses (consent.glass_state), visits
(consent.under).
"""

from typing import Any, Literal, TypedDict, cast

from consent.errors import Refusal, refuse
from consent.host import View

Standing = Literal["full", "waiting", "earlier", "removed"]


class KeyState(TypedDict):
    """One key of a link. `rights` as given; `status` as written (see `standing`); times in ms.

    `until_index`: the record that ended its full standing, the last one that it may read; None while it reads
    on.
    """

    rights: list[str]
    status: Standing
    wait_until: int | None
    until_index: int | None


class Rekey(TypedDict):
    """The newest key that the desk put on a claimed link, and what the earlier keys said to it."""

    entry: str
    index: int
    key: str
    confirmers: list[str]
    confirmed: bool
    contested: bool


class LinkState(TypedDict):
    """A patient's relation to one institution. `epoch` counts what ended all grants before it."""

    institution: str
    opened: int
    claimed: bool
    closed: bool
    contested: bool
    epoch: int
    keys: dict[str, KeyState]
    pending: Rekey | None


class Revocation(TypedDict):
    """When a grant was taken back: `at` as signed, `time` and `index` as recorded; times in ms UTC."""

    at: int
    time: int
    index: int


class GrantState(TypedDict):
    """A grant as the ledger sees it; the terms stand behind `commitment`. `visits` counts those begun."""

    id: str
    link: str
    institution: str
    epoch: int
    not_before: int | None
    not_after: int
    max_visits: int | None
    visits: int
    revoked: Revocation | None
    commitment: str
    index: int


def link_state(view: View, link: str) -> LinkState | None:
    """The link's state, the caller's own; None when there is no such link."""
    found = view.get(f"link/{link}")
    # a copy: what a rule changes on the way to a refusal must not show in the state
    return None if found is None else cast("LinkState", dict(found))


def grant_state(view: View, grant_id: str) -> GrantState | None:
    """The grant's state; None when there is no such grant."""
    return cast("GrantState | None", view.get(f"grant/{grant_id}"))


def limits(view: View) -> dict[str, Any]:
    """The ledger's limits (genesis), times in ms."""
    found = view.get("limits")
    if found is None:
        raise LookupError("the ledger has no limits")  # a ledger without a genesis: the host's mistake
    return found


def standing(key: KeyState, time: int) -> Standing:
    """The key's standing at that time: a waiting key is full as soon as its delay has passed."""
    if key["status"] == "waiting" and key["wait_until"] is not None and key["wait_until"] <= time:
        return "full"
    return key["status"]


def rights_of(link: LinkState, kid: str, time: int) -> frozenset[str]:
    """What this key may do on this link at that time, and how far it may read.

    Out of: give, manage, revoke, confirm, contest, read, read-until-removed.
    Reading until removed goes up to and including the record at the key's `until_index`.
    """
    key = link["keys"].get(kid)
    if key is None:
        return frozenset()
    given = set(key["rights"])
    match standing(key, time):
        case "removed":
            return frozenset({"read-until-removed"})
        case "earlier":
            return frozenset({"read-until-removed"} | given & {"revoke"} | _answers(link, kid))
        case "waiting":
            return frozenset({"read"} | given & {"revoke"})
        case _:
            # while contested or once closed, nobody gives or changes keys; taking back stays possible
            barred = {"give", "manage"} if link["contested"] or link["closed"] else set()
            return frozenset({"read"} | given - barred)


def _answers(link: LinkState, kid: str) -> set[str]:
    pending = link["pending"]
    if pending is None or link["closed"] or pending["contested"]:
        return set()
    may_confirm = kid in pending["confirmers"] and not pending["confirmed"]
    return {"contest", "confirm"} if may_confirm else {"contest"}


def key_rights(view: View, link: str, kid: str, time: int) -> frozenset[str]:
    """As `rights_of`; empty for an unknown link or key."""
    state = link_state(view, link)
    return frozenset() if state is None else rights_of(state, kid, time)


def read_until(view: View, link: str, kid: str) -> int | None:
    """The index of the last record that a key may read; None for a key that reads on, or is none."""
    state = link_state(view, link)
    key = state["keys"].get(kid) if state else None
    return key["until_index"] if key else None


def grant_status(view: View, grant_id: str, at: int, time: int) -> Literal["active"] | Refusal:
    """Whether a release would be under a grant in force. `at`: as its entry says; `time`: the ledger's.

    A grant holds when not_before <= at and max(at, time) < not_after, so neither a slow nor a fast clock
    stretches it.
    """
    grant = grant_state(view, grant_id)
    link = link_state(view, grant["link"]) if grant else None
    if grant is None or link is None:
        return refuse("grant-unknown")
    if link["closed"]:
        return refuse("link-closed")
    if grant["revoked"] is not None:
        return refuse("grant-revoked")
    if grant["epoch"] < link["epoch"]:
        return refuse("grant-ended-by-rekey")
    if grant["not_before"] is not None and at < grant["not_before"]:
        return refuse("grant-not-begun")
    if max(at, time) >= grant["not_after"]:
        return refuse("grant-expired")
    return "active"
