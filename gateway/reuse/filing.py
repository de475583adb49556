"""Files resources of the institution's own making in one of its charts, inside a transaction that is given.

Goes the way of every import (gateway.records), so labels, index and versions are as of any other record; the
same again changes nothing. References to "Patient/<local id>" and to records that are here mean the local
ones. Not here: what is filed (gateway.reuse.copies, gateway.reuse.orders).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.records.identities import Identities, Local
from gateway.records.preparation import prepare
from gateway.records.sources import Batch, Entry
from gateway.records.writer import Desk, write_resources

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
    entries = tuple(
        Entry(place, resource, full_url) for place, (full_url, resource) in enumerate(resources, 1)
    )
    prepared, names = prepare(
        Batch(entries), lambda _place, type_, code, _detail: faults.append(f"{type_} {code}")
    )
    identities = Identities(institution, lambda: entropy(16).hex())
    # Named by their local ids, which no sending system gives.
    for ref in (f"Patient/{patient_id}", *here):
        identities.known[ref] = Local(*ref.split("/"), patient_id)
    written: list[str] = []

    def outcome(one: Any, result: str, _detail: str) -> None:
        (written if result in ("stored", "changed", "unchanged") else faults).append(f"{one.type} {result}")

    write_resources(conn, Desk(institution, now, identities, names), prepared, outcome)
    if faults or len(written) != len(entries):
        raise FilingError(", ".join(faults))
    return {one.full_url: f"{one.type}/{identities.known[one.source_id].id}" for one in prepared}
