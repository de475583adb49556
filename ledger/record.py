"""A record is an entry as the ledger took it: its place, its time, and its place in its subject's own chain.

Fixed encoding: "yaoshi/record/v1" 00 || u64 index || u64 time || u64 subject number || u64 seq || prev
(32) || u32 length || entry. Integers are big-endian, times ms UTC. Index, time, seq and prev are given by
the machine, never by a client. Record 0 holds the genesis bytes in place of an entry.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from ledger.errors import Malformed

_TAG = b"yaoshi/record/v1\x00"
_FIXED = struct.Struct(">QQQQ32sI")
NO_PREVIOUS = bytes(32)
Place = tuple[int, int, int, int]  # index, time (ms UTC), subject number, seq


@dataclass(frozen=True, slots=True)
class Record:
    """One sequenced entry; `prev` is the SHA-256 of the subject's previous record, zeros for its first."""

    index: int
    time: int
    number: int
    seq: int
    prev: bytes
    entry: bytes

    @property
    def place(self) -> Place:
        """Where the record stands in the log and in its subject's chain."""
        return self.index, self.time, self.number, self.seq

    def encode(self) -> bytes:
        """The record bytes."""
        fixed = _FIXED.pack(self.index, self.time, self.number, self.seq, self.prev, len(self.entry))
        return _TAG + fixed + self.entry


def decode_record(data: bytes) -> Record:
    """The record in these bytes, all of them. Raises Malformed(record-form)."""
    start = len(_TAG) + _FIXED.size
    if len(data) < start or not data.startswith(_TAG):
        raise Malformed("record-form", "not a record")
    index, time, number, seq, prev, length = _FIXED.unpack(data[len(_TAG) : start])
    if len(data) != start + length:
        raise Malformed("record-form", "the record's length is wrong")
    return Record(index, time, number, seq, prev, data[start:])


def record_hash(data: bytes) -> bytes:
    """SHA-256 of the record bytes: its subject's head until the next record, and part of the log leaf."""
    return hashlib.sha256(data).digest()
