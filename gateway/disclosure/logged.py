"""Reads the log of one link with what its commitments stand for, as consent.accounting folds it.

Not here: who may read it, and what the phone makes of its own copy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from consent.accounting import Line, Logged, lines
from gateway.disclosure.openings import openings_of_link
from ledger.entry import parse_entry
from ledger.record import decode_record

if TYPE_CHECKING:
    from gateway.composition import Gateway


def log_of_link(gw: Gateway, link: str) -> list[Logged]:
    """Every entry about the link, oldest first, opened where an opening is kept here."""
    with gw.ledger.view() as view:
        chain = view.chain(link)
    with gw.db.connect() as conn:
        openings = openings_of_link(conn, link)
    logged = []
    for one in chain:
        record = decode_record(one.record_bytes)
        payload = parse_entry(record.entry.decode("ascii")).payload
        opening = openings.get(payload.get("commitment", ""))
        details = json.loads(opening["details"]) if opening is not None else None
        logged.append(Logged(record.index, record.time, payload, details))
    return logged


def folded(gw: Gateway, logged: list[Logged]) -> list[Line]:
    """One line a visit, one for everything else, oldest first."""
    limits = gw.ledger.genesis.doc["limits"]
    return lines(logged, visit_ms=limits["visit_ms"], skew_ms=limits["skew_ms"])
