"""Tells another institution's node of a revocation that waits, so that it is honoured before it is recorded.

The signed entry goes to the door that phones use; whoever has it already changes nothing. Best effort, again
and again until it was answered or the entry is recorded. Not here: who has to know (outbox.closing).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway.outbox import store
from gateway.peers.http import Deadline, Question
from ledger.errors import Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

AT_ONCE = 50
TELL_SECONDS = 3.0


def tell_others(gw: Gateway) -> bool:
    """Send what is still to be told, each once in a turn; whether something is left for another turn.

    However much waits for an institution that does not answer, all others are told in the same turn.
    """
    unreachable: set[str] = set()
    while True:
        with gw.db.connect() as conn:
            rows = store.to_tell(conn, AT_ONCE, unreachable)
        known = len(unreachable)
        for kept in rows:
            if kept.tell is None or kept.tell in unreachable:
                continue
            try:
                _tell(gw, kept.tell, kept.entry.text)
            except Unavailable:
                unreachable.add(kept.tell)
                continue
            with gw.db.begin() as conn:
                store.told(conn, kept)
        if len(unreachable) == known:
            return bool(unreachable) or len(rows) == AT_ONCE


def _tell(gw: Gateway, institution: str, entry: str) -> None:
    with gw.ledger.view() as view:
        registered = view.institution(institution)
    if registered is None:
        return
    body = json.dumps({"entry": entry}).encode()
    question = Question("POST", "/wallet/entries", {"Content-Type": "application/json"}, body)
    gw.peers.ask(registered.base, question, Deadline.after(TELL_SECONDS))
