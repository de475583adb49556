"""What records are released under: a grant that a patient gave, or a glass that was broken; and its visits.

Both are named by their entry's id, which is a hash, so one name is never both. A visit's start is a document
of its own below either, so that neither grows with its visits.
"""

from typing import Literal, NamedTuple

from consent.errors import Refusal, refuse
from consent.glass_state import GlassState, glass_state, glass_status
from consent.host import View
from consent.state import GrantState, grant_state, grant_status, limits


class Under(NamedTuple):
    """A grant or a glass as the ledger sees it; exactly one is not None."""

    grant: GrantState | None
    glass: GlassState | None

    @property
    def document(self) -> GrantState | GlassState:
        """The one that is there: both have id, link, institution, commitment and index."""
        found = self.grant or self.glass
        if found is None:
            raise LookupError("neither a grant nor a glass")
        return found


def under_state(view: View, under: str) -> Under | None:
    """What this id names; None when it names neither. Unknown and known take the same two readings."""
    grant, glass = grant_state(view, under), glass_state(view, under)
    return None if grant is None and glass is None else Under(grant, glass)


def under_status(view: View, under: str, at: int, time: int) -> Literal["active"] | Refusal:
    """Whether a release under it would be allowed; `at` as its entry says, `time` the ledger's, ms."""
    if glass_state(view, under) is not None:
        return glass_status(view, under, at, time)
    return grant_status(view, under, at, time)


def visit_key(kind: Literal["grant", "glass"], under: str, visit: str) -> str:
    """Where a visit's start is kept."""
    return f"{kind}/{under}/visit/{visit}"


def visit_begun(view: View, under: str, visit: str) -> int | None:
    """When this visit began (the ledger's time, ms), None when it has not."""
    for kind in ("grant", "glass"):
        begun = view.get(f"{kind}/{under}/visit/{visit}")
        if begun is not None:
            return int(begun["started"])
    return None


def visit_status(
    view: View, under: str, visit: str | None, at: int, time: int
) -> Literal["new", "running"] | Refusal:
    """Whether this visit may have a further disclosure; `visit` None asks for a new one."""
    begun = visit_begun(view, under, visit) if visit is not None else None
    if begun is not None:
        over = max(at, time) >= begun + limits(view)["visit_ms"]
        return refuse("visit-over") if over else "running"
    grant = grant_state(view, under)
    if grant is not None and grant["max_visits"] is not None and grant["visits"] >= grant["max_visits"]:
        return refuse("visits-spent")
    return "new"
