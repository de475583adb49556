"""Finds entries of the ledger whose details this node must be able to open and cannot.

An opening is durable before its entry, so none is ever missing after a crash; a missing one means that the
database is older than the ledger, or was altered. To the patient it looks like a look that somebody hides.
Not missed: what was erased, and what another node's institution committed to.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from sqlalchemy import Connection, select

from gateway.disclosure.tables import opening
from ledger.entry import Entry, parse_entry
from ledger.record import decode_record
from ledger.view import View

PAGE = 500


def missing_openings(
    view: View, conn: Connection, hosted: Collection[str], newest: int | None = None
) -> list[int]:
    """Indexes of records without their opening, over the whole ledger or its `newest` records."""

    @cache
    def institution_of(link: str) -> str | None:
        document = view.get(f"link/{link}")
        return document["institution"] if document is not None else None

    @cache
    def is_elsewhere(kid: str) -> bool:
        signer = view.get(f"key/{kid}")
        return (
            signer is not None and signer["subject_type"] == "institution" and signer["subject"] not in hosted
        )

    def answers(entry: Entry) -> bool:
        return institution_of(entry.subject) in hosted and not is_elsewhere(entry.kid)

    erased: set[int] = set()
    missing: list[int] = []
    first = 1 if newest is None else max(1, view.size - newest)
    for start in range(first, view.size, PAGE):
        committed: dict[str, int] = {}
        for row in view.records(start, PAGE):
            entry = parse_entry(decode_record(row.record_bytes).entry.decode("ascii"))
            if entry.kind == "details.erased":
                erased.add(entry.payload["record"])
            if "commitment" in entry.payload and answers(entry):
                committed[entry.payload["commitment"]] = row.index
        missing += _without(conn, committed)
    return [index for index in missing if index not in erased]


def _without(conn: Connection, committed: dict[str, int]) -> list[int]:
    found = select(opening.c.commitment).where(opening.c.commitment.in_(committed))
    kept = set(conn.execute(found).scalars())
    return [index for commitment, index in committed.items() if commitment not in kept]
