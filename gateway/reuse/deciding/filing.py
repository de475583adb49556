"""Files resources of the institution's own making in one of its charts, inside a transaction that is given.

Goes the way of every import (gateway.records), so labels, index and versions are as of any other record; the
same again changes nothing. References to "Patient/<local id>" and to records that are here mean the local
ones. Not here: what is filed (gateway.reuse.deciding.copies, gateway.reuse.deciding.orders).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.records.importing.at_hand import AtHand
from gateway.records.importing.identities import Identities, Local
from gateway.records.importing.judging import TAKEN, Desk, judge
from gateway.records.importing.preparation import in_order, names_of, prepare
from gateway.records.importing.writer import write_verdicts
from gateway.records.reading.batches import Entry, batch_of

Resource = tuple[str, dict[str, Any]]  # fullUrl (a name of ours), the resource


class FilingError(RuntimeError):
    """What we made ourselves cannot be stored: the code why, never content."""


def file_resources(
    conn: Connection,
    institution: str,
    patient_id: str,
    resources: Sequence[Resource],
    *,
    here: Sequence[str] = (),
    now: int,
    entropy: Callable[[int], bytes],
) -> dict[str, str]:
    """Store them; gives {fullUrl: "Type/id"} of each. ``here`` are records ("Type/id") that they may cite.

    Raises FilingError; the caller's transaction is then not to be committed.
    """
    faults: list[str] = []
    batch = batch_of(
        (Entry(place, resource, full_url) for place, (full_url, resource) in enumerate(resources, 1)),
        own=True,
    )
    prepared, _ = prepare(
        batch,
        in_order(batch.spots),
        names_of(batch.spots),
        {},
        lambda _place, type_, code, _detail: faults.append(f"{type_} {code}"),
    )
    identities = Identities(institution, lambda: entropy(16).hex(), AtHand(batch))
    # Named by their local ids, which no sending system gives.
    for ref in (f"Patient/{patient_id}", *here):
        type_, _, id_ = ref.partition("/")
        identities.known[ref] = Local(type_, id_, patient_id)
    desk = Desk(institution, now, identities, may_return=True)
    verdicts = judge(conn, desk, prepared)
    write_verdicts(conn, desk, verdicts)
    faults += [f"{each.one.type} {each.code}" for each in verdicts if each.code not in TAKEN]
    if faults or len(verdicts) != len(resources):
        raise FilingError(", ".join(faults))
    return {one.full_url: f"{one.type}/{identities.known[one.source_id].id}" for one in prepared}
