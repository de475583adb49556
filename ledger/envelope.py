"""An envelope carries entries to the engine of a consortium: one transaction, one or more entries.

Bytes: 0x01, then for each entry its length (u32, big-endian) and its text. An envelope says nothing by
itself: each entry is judged as if it had come alone. One item that is not well-formed refuses the whole
envelope, because whoever packed it has to be mended, not its neighbours; what the rules say about an entry
concerns that entry only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.encoding import MAX_ENTRY_BYTES
from ledger.errors import Malformed

SINGLES = 0x01
MAX_ENVELOPE_BYTES = 64 * 1024
MAX_ENTRIES = 256


def pack_entries(texts: Sequence[str]) -> bytes:
    """The envelope of these entries, in their order. Raises Malformed(envelope-form)."""
    if not 0 < len(texts) <= MAX_ENTRIES:
        raise Malformed("envelope-form", f"1 to {MAX_ENTRIES} entries")
    items = [text.encode("ascii") for text in texts]
    data = bytes([SINGLES]) + b"".join(len(item).to_bytes(4, "big") + item for item in items)
    if len(data) > MAX_ENVELOPE_BYTES:
        raise Malformed("envelope-form", f"more than {MAX_ENVELOPE_BYTES} bytes")
    return data


def open_envelope(data: bytes) -> list[str]:
    """The entries' texts, whose form is not checked yet. Raises Malformed(envelope-form)."""
    if not 0 < len(data) <= MAX_ENVELOPE_BYTES or data[0] != SINGLES:
        raise Malformed("envelope-form", "not an envelope")
    texts = list(_items(data))
    if not 0 < len(texts) <= MAX_ENTRIES:
        raise Malformed("envelope-form", f"1 to {MAX_ENTRIES} entries")
    return texts


def _items(data: bytes) -> Iterator[str]:
    at = 1
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        item = data[at + 4 : at + 4 + length]
        if not 0 < length <= MAX_ENTRY_BYTES or len(item) != length or not item.isascii():
            raise Malformed("envelope-form", "an item has another length than it says")
        at += 4 + length
        yield item.decode("ascii")
