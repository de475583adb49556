"""Tells another institution's node of a revocation that waits, so that it is honoured before it is recorded.

The signed entry goes to the door that phones use; whoever has it already changes nothing. Best effort, again
and again until it was answered or the entry is recorded. Not here: who has to know (outbox.closing).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.outbox import store
from gateway.peers.http import Deadline, Question
from ledger.errors import Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

AT_ONCE = 50
TELL_SECONDS = 3.0


def tell_others(gw: Gateway, is_closed: Callable[[], bool] = lambda: False) -> bool:
    """Send all that is to be told, until the node closes; whether something is left for another turn.

    However much waits for an institution that does not answer, all others are told in the same turn.
    """
    unreachable: set[str] = set()
    while not is_closed():
        with gw.db.connect() as conn:
            rows = store.to_tell(conn, AT_ONCE, unreachable)
        if not rows:
            break
        for kept in rows:
            if kept.tell is None or kept.tell in unreachable:
                continue
            if is_closed():
                return True
            try:
                _tell(gw, kept.tell, kept.entry.text)
            except Unavailable:
                unreachable.add(kept.tell)
                continue
            with gw.db.begin() as conn:
                store.told(conn, kept)
    return bool(unreachable)


def _tell(gw: Gateway, institution: str, entry: str) -> None:
    with gw.ledger.view() as view:
        registered = view.institution(institution)
    if registered is None:
        return
    body = json.dumps({"entry": entry}).encode()
    question = Question("POST", "/wallet/entries", {"Content-Type": "application/json"}, body)
    gw.peers.ask(registered.base, question, Deadline.after(TELL_SECONDS))
