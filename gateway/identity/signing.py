"""Puts an institution's own entry on the ledger and waits until it is there.

Answers Committed (durable) or Refusal (nothing changed). Unavailable is raised when neither is known to be
the case in time: the caller must not release anything then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.composition import Gateway
from ledger.compact import ENTRY_TYP

WAIT_SECONDS = 10


def sign_entry(gw: Gateway, institution: str, use: str, payload: dict[str, Any]) -> str:
    """An entry by the institution's `use` key; in a consortium together with others of this moment."""
    if gw.together is None:
        return gw.keys.sign(institution, use, ENTRY_TYP, payload)
    return gw.together.sign(institution, use, payload)


def submit_entry(gw: Gateway, institution: str, use: str, kind: str, subject: str, /, **members: Any) -> Any:
    """Signs {ledger, subject, kind, at, **members} with the institution's `use` key; waits for the commit."""
    return submit_signed(gw, _entry(gw, institution, use, kind, subject, members))


def submit_signed(gw: Gateway, entry: str) -> Any:
    """Hands a signed entry to the engine and waits for its answer."""
    return gw.ledger.record(entry, WAIT_SECONDS)


def submit_or_keep(
    gw: Gateway,
    institution: str,
    use: str,
    kind: str,
    subject: str,
    /,
    tell: str | None = None,
    urgent: bool = False,
    **members: Any,
) -> Any:
    """As submit_entry; without a quorum the entry waits in the outbox, durably, and the answer is Queued.

    ``tell``: an institution elsewhere that then has to know of it. ``urgent``: as of Outbox.record.
    """
    return gw.outbox.record(_entry(gw, institution, use, kind, subject, members), tell, urgent)


def _entry(
    gw: Gateway, institution: str, use: str, kind: str, subject: str, members: Mapping[str, Any]
) -> str:
    payload = {"ledger": gw.ledger.id, "subject": subject, "kind": kind, "at": gw.clock(), **members}
    return sign_entry(gw, institution, use, payload)
