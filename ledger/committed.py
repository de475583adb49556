"""The answer "recorded": where an entry stands on the ledger."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, replace
from typing import Any

from ledger.entry import Entry
from ledger.record import Record


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry on the ledger. `time` and `at` are ms UTC; `number` and `seq` place it in its chain."""

    entry_id: str
    index: int
    time: int
    subject: str
    number: int
    seq: int
    kind: str
    at: int
    payload: dict[str, Any]
    repeated: bool

    def again(self) -> Committed:
        """The same answer for somebody who submits the entry once more."""
        return replace(self, repeated=True)


def committed_as_stored(record: Record, *, repeated: bool) -> Committed:
    """As `committed_of`, for an entry whose form and signature were checked before it was recorded."""
    signing_input = record.entry.rpartition(b".")[0]
    payload = json.loads(urlsafe_b64decode(signing_input.partition(b".")[2] + b"=="))
    return _committed(record, hashlib.sha256(signing_input).hexdigest(), payload, repeated=repeated)


def committed_of(record: Record, entry: Entry, *, repeated: bool) -> Committed:
    """What a submitter is told about the record of an entry."""
    return _committed(record, entry.id, entry.payload, repeated=repeated)


def _committed(record: Record, entry_id: str, payload: dict[str, Any], *, repeated: bool) -> Committed:
    return Committed(
        entry_id=entry_id,
        index=record.index,
        time=record.time,
        subject=payload["subject"],
        number=record.number,
        seq=record.seq,
        kind=payload["kind"],
        at=payload["at"],
        payload=payload,
        repeated=repeated,
    )
