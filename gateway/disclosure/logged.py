"""Reads the log of one link with what its commitments stand for, as consent.accounting folds it.

Not here: who may read it, and what the phone makes of its own copy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from consent.accounting import Line, Logged, lines
from gateway.disclosure.openings import opening_of, openings_of_link
from ledger.entry import Entry, parse_entry
from ledger.record import decode_record

if TYPE_CHECKING:
    from consent.glass_state import GlassState
    from gateway.composition import Gateway


def log_of_link(gw: Gateway, link: str) -> list[Logged]:
    """Every entry about the link, oldest first, opened where an opening is kept here."""
    with gw.ledger.view() as view:
        chain = view.chain(link)
    with gw.db.connect() as conn:
        openings = openings_of_link(conn, link)
    records = [decode_record(one.record_bytes) for one in chain]
    entries = [(record, _payload(record)) for record in records]
    return [_logged(*entry, openings.get(entry[1].get("commitment", ""))) for entry in entries]


def looks_under(gw: Gateway, glass: GlassState) -> list[Logged]:
    """The disclosures under a broken glass, oldest first; also those that wait or were refused in the end."""
    rows = [kept.entry for kept in gw.outbox.rows(glass["link"])]  # before the view, which has the rest
    kept = [entry for entry in rows if entry.payload.get("under") == glass["id"]]
    found = []
    with gw.ledger.view() as view:
        index = view.entry_index(glass["id"])
        # Some may have been recorded long after its end: those of the first hour, when there was no quorum.
        seq = None if index is None else decode_record(view.record(index)).seq
        chain = [] if seq is None else view.chain(glass["link"], seq + 1)
        waiting = [entry for entry in kept if view.entry_index(entry.id) is None]
    for one in chain:
        record = decode_record(one.record_bytes)
        payload = _payload(record)
        if payload.get("under") == glass["id"]:
            with gw.db.connect() as conn:
                found.append(_logged(record, payload, opening_of(conn, payload["commitment"])))
    return found + kept_here(gw, waiting)


def kept_here(gw: Gateway, entries: list[Entry]) -> list[Logged]:
    """Entries that are on no ledger, as if they stood there at their own time."""
    with gw.db.connect() as conn:
        openings = [opening_of(conn, entry.payload.get("commitment", "")) for entry in entries]
    return [
        Logged(
            place, entry.at, entry.payload, json.loads(opening["details"]) if opening is not None else None
        )
        for place, (entry, opening) in enumerate(zip(entries, openings, strict=True))
    ]


def folded(gw: Gateway, logged: list[Logged]) -> list[Line]:
    """One line a visit, one for everything else, oldest first."""
    limits = gw.ledger.genesis.doc["limits"]
    return lines(logged, visit_ms=limits["visit_ms"], skew_ms=limits["skew_ms"])


def _payload(record: Any) -> dict[str, Any]:
    return parse_entry(record.entry.decode("ascii")).payload


def _logged(record: Any, payload: dict[str, Any], opening: dict[str, str] | None) -> Logged:
    details = json.loads(opening["details"]) if opening is not None else None
    return Logged(record.index, record.time, payload, details)
