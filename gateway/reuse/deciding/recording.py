"""Puts a decision about a result on the ledger and in the own chart, so that a crash leaves both or neither.

The order of things: (1) one transaction keeps the decision, the opening of its commitment, the signed
result.reused entry and what is to be filed; (2) the entry is submitted; (3) one transaction files it and
clears what waited. The ledger decides: if the entry is there the filing is done, now or after a restart
(`settle_all`); if it is not there after a restart, nothing happened and what waited is gone. Submitting the
same bytes again gives the same record, filing the same again changes nothing. Not here: what is decided and
whether it may be (gateway.reuse.deciding.orders).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, select, update

from gateway.disclosure.openings import save_opening
from gateway.identity.signing import sign_entry, submit_signed
from gateway.links.links import ensure_link
from gateway.records.elements.json_text import parse, write
from gateway.reuse.deciding.filing import Resource, file_resources
from gateway.reuse.deciding.offers import find_order
from gateway.reuse.tables import reuse_order as table
from ledger.commitment import SALT_BYTES, commit
from ledger.encoding import canonical_json
from ledger.entry import parse_entry
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway


class Filing(NamedTuple):
    """What goes into the chart: resources by name, and records that are here already and may be cited."""

    resources: list[Resource]
    here: list[str]

    def text(self) -> str:
        """As a row keeps it; numbers keep their digits."""
        return write({"resources": [list(each) for each in self.resources], "here": self.here})


def record(gw: Gateway, row: Any, details: dict[str, Any], filing: Filing, **columns: Any) -> Any:
    """Write a decision down, on the ledger first, then in the chart. The row when all is done, or a Refusal.

    ``columns`` are those of a decision; without ``decision`` it is the undoing of one. The same decision that
    another request is writing at this moment is completed with it. Raises ledger.errors.Unavailable: the
    outcome is not known, and asking again completes it.
    """
    link = ensure_link(gw, row.institution, row.patient_id)
    if isinstance(link, Refusal):
        return link
    text, salt = canonical_json(details), gw.entropy(SALT_BYTES)
    commitment = commit(salt, text)
    entry = _signed(gw, row.institution, link, commitment)
    free = and_(table.c.id == row.id, table.c.entry.is_(None), table.c.undone_at.is_(None))
    if "decision" in columns:
        free = and_(free, table.c.decision.is_(None))
    with gw.db.begin() as conn:
        # Durable before the entry is submitted: no entry that cannot be opened, no decision half done.
        save_opening(conn, commitment, row.institution, link, salt, text.decode())
        kept = {**columns, "entry": entry, "filing": filing.text()}
        taken = conn.execute(update(table).where(free).values(kept)).rowcount == 1
    row = find_order(gw, row.institution, row.id)
    return settle(gw, row) if taken or row.entry is not None else row


def _signed(gw: Gateway, institution: str, link: str, commitment: str) -> str:
    payload = {
        "ledger": gw.ledger.id,
        "subject": link,
        "kind": "result.reused",
        "at": gw.clock(),
        "commitment": commitment,
    }
    return sign_entry(gw, institution, "release", payload)


def settle(gw: Gateway, row: Any) -> Any:
    """Complete what a row waits for, if it waits: the row then, or why the ledger refused."""
    if row.entry is None:
        return row
    answer = submit_signed(gw, row.entry)
    if isinstance(answer, Refusal):
        _forget(gw, row)
        return answer
    return _finish(gw, row, answer.entry_id)


def settle_all(gw: Gateway) -> None:
    """At the start of a node: complete what the ledger holds, forget what it does not."""
    with gw.db.connect() as conn:
        waiting = list(conn.execute(select(table).where(table.c.entry.is_not(None))))
    for row in waiting:
        name = parse_entry(row.entry).id
        with gw.ledger.view() as view:
            there = view.entry_index(name) is not None
        if there:
            _finish(gw, row, name)
        else:
            _forget(gw, row)


def file_now(gw: Gateway, conn: Connection, row: Any, filing: Filing) -> list[str]:
    """Put the filing's resources into the chart; gives their places there."""
    named = file_resources(
        conn,
        row.institution,
        row.patient_id,
        filing.resources,
        here=filing.here,
        now=gw.clock(),
        entropy=gw.entropy,
    )
    return sorted(named.values())


def _finish(gw: Gateway, row: Any, entry_id: str) -> Any:
    document = parse(row.filing)
    filing = Filing([(name, resource) for name, resource in document["resources"]], document["here"])
    with gw.db.begin() as conn:
        if not _still_waits(conn, row):
            # Another request has filed it, and it may have been undone since: filed again it would be back.
            return conn.execute(select(table).where(table.c.id == row.id)).one()
        filed = file_now(gw, conn, row, filing)
        if row.decided_at is None:
            done = {"decided_at": gw.clock(), "decided_entry": entry_id, "filed": json.dumps(filed)}
        else:
            done = {"undone_at": gw.clock(), "undone_why": "staff"}
        _clear(conn, row, **done)
    return find_order(gw, row.institution, row.id)


def _forget(gw: Gateway, row: Any) -> None:
    undecided = {"decision": None, "reason": None, "words": None, "informed": None, "informed_how": None}
    with gw.db.begin() as conn:
        _clear(conn, row, **({} if row.decided_at is not None else undecided))


def _still_waits(conn: Connection, row: Any) -> bool:
    mine = and_(table.c.id == row.id, table.c.entry == row.entry)
    return conn.execute(select(table.c.id).where(mine).with_for_update()).first() is not None


def _clear(conn: Connection, row: Any, **columns: Any) -> None:
    mine = and_(table.c.id == row.id, table.c.entry == row.entry)
    conn.execute(update(table).where(mine).values(entry=None, filing=None, **columns))
