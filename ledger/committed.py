"""The answer "recorded": where an entry stands on the ledger."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ledger.entry import Entry
from ledger.record import Place, Record


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


class News(NamedTuple):
    """What subscribers hear of a new record: its index, and whose chain it went on (a `heads` type)."""

    record: int
    subject: str
    type: int


Subscriber = Callable[[Sequence[News]], None]


def committed_as_stored(record: Record, *, repeated: bool) -> Committed:
    """As `committed_of`, for an entry whose form and signature were checked before it was recorded."""
    signing_input = record.entry.rpartition(b".")[0]
    payload = json.loads(urlsafe_b64decode(signing_input.partition(b".")[2] + b"=="))
    return _committed(record.place, hashlib.sha256(signing_input).hexdigest(), payload, repeated=repeated)


def committed_of(place: Place, entry: Entry, *, repeated: bool) -> Committed:
    """What a submitter is told of an entry that is recorded at this place."""
    return _committed(place, entry.id, entry.payload, repeated=repeated)


def _committed(place: Place, entry_id: str, payload: dict[str, Any], *, repeated: bool) -> Committed:
    index, time, number, seq = place
    return Committed(
        entry_id=entry_id,
        index=index,
        time=time,
        subject=payload["subject"],
        number=number,
        seq=seq,
        kind=payload["kind"],
        at=payload["at"],
        payload=payload,
        repeated=repeated,
    )
