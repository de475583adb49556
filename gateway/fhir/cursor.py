"""Remembers where a paged search stands, under an opaque word that only its own client can use again.

FHIR R4 3.1.1.5 leaves the form of paging links to the server. Kept here as a row, not sealed into the link:
the date of a record must not stand in a URL or a log of URLs. Invariants: (1) a cursor works for one
custodian, client and grant; for everybody else it does not exist;
(2) after TTL_MS it answers "expired" to its own client, and is forgotten after a day.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from gateway.fhir.tables import page_cursor
from gateway.fhir.token import Token
from ledger.encoding import b64u

if TYPE_CHECKING:
    from gateway.composition import Gateway

TTL_MS = 15 * 60_000
FORGOTTEN_MS = 24 * 3_600_000
CURSOR_BYTES = 24


@dataclass(frozen=True)
class Place:
    """Where a search goes on: its parameters, the last sort key and the newest revision it may see."""

    resource_type: str
    pairs: list[tuple[str, str]]
    after: Any
    upper_revision: int


@dataclass(frozen=True)
class Expired:
    """The cursor was this client's and is too old."""


def save_place(gw: Gateway, token: Token, place: Place) -> str:
    """Keep a place; gives the opaque word for the next link."""
    word, now = b64u(gw.entropy(CURSOR_BYTES)), gw.clock()
    row = {
        "cursor_hash": _hash(word),
        "custodian": token.custodian,
        "client": token.client,
        "grant_id": token.under,
        "query": json.dumps([place.resource_type, place.pairs]),
        "after": json.dumps(place.after),
        "upper_revision": place.upper_revision,
        "expires": now + TTL_MS,
    }
    with gw.db.begin() as conn:
        conn.execute(delete(page_cursor).where(page_cursor.c.expires <= now - FORGOTTEN_MS))
        conn.execute(insert(page_cursor).values(row))
    return word


def find_place(gw: Gateway, token: Token, resource_type: str, word: str) -> Place | Expired | None:
    """The place behind a cursor of this token's client, grant and type; None for every other word."""
    with gw.db.connect() as conn:
        row = conn.execute(select(page_cursor).where(page_cursor.c.cursor_hash == _hash(word))).first()
    if row is None or (row.custodian, row.client, row.grant_id) != (
        token.custodian,
        token.client,
        token.under,
    ):
        return None
    stored_type, pairs = json.loads(row.query)
    if stored_type != resource_type:
        return None
    if row.expires <= gw.clock():
        return Expired()
    after = json.loads(row.after)
    pairs = [(name, value) for name, value in pairs]
    return Place(stored_type, pairs, tuple(after) if isinstance(after, list) else after, row.upper_revision)


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
