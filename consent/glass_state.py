"""What the ledger remembers of a broken glass, and whether anything may still be released under it.

Document "glass/<entry id>" in the machine's state; bounded: one review for each institution. Nothing is ever
written because time passed. Not here: who declared the emergency and why (behind the commitment,
consent.declaration).
"""

from typing import Literal, TypedDict, cast

from consent.errors import Refusal, refuse
from consent.host import View
from consent.state import link_state


class Closing(TypedDict):
    """When a glass was closed: `at` as signed, `time` and `index` as recorded; times in ms UTC."""

    at: int
    time: int
    index: int


# `from` is a word of the language, so the members stand in a call. `from` is the record's time (of a late one
# the entry's), `until` its end; `reviews` holds the record's index of each institution's review.
GlassState = TypedDict(
    "GlassState",
    {
        "id": str,
        "link": str,
        "institution": str,
        "from": int,
        "until": int,
        "closed": Closing | None,
        "reviews": dict[str, int],
        "commitment": str,
        "index": int,
    },
)


def glass_state(view: View, glass_id: str) -> GlassState | None:
    """The glass's state; None when there is no such glass."""
    return cast("GlassState | None", view.get(f"glass/{glass_id}"))


def glass_status(view: View, glass_id: str, at: int, time: int) -> Literal["active"] | Refusal:
    """Whether a release would be under a glass in force. `at`: as its entry says; `time`: the ledger's.

    It holds from its own record on, until max(at, time) reaches its end, it is closed, or the link is.
    """
    glass = glass_state(view, glass_id)
    link = link_state(view, glass["link"]) if glass else None
    if glass is None or link is None:
        return refuse("glass-unknown")
    if link["closed"]:
        return refuse("link-closed")
    if glass["closed"] is not None:
        return refuse("glass-closed")
    if max(at, time) >= glass["until"]:
        return refuse("glass-expired")
    return "active"
