"""An envelope carries entries to the engine of a consortium: one transaction, one or more entries.

Bytes: 0x01, then for each entry its length (u32, big-endian) and its text; or, for all entries of one signed
batch in their order, 0x02, the signature (64), then for each entry the length and text of its signing input,
so that the signature travels once and no path does. An envelope says nothing by itself: each entry is judged
as if it had come alone. One item that is not well-formed refuses the whole
envelope, because whoever packed it has to be mended, not its neighbours; what the rules say about an entry
concerns that entry only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.encoding import MAX_ENTRY_BYTES, b64u, unb64u
from ledger.entry import Entry, parse_entry
from ledger.errors import Malformed
from ledger.signed_batch import batch_message, batch_parts

SINGLES = 0x01
SIGNED_BATCH = 0x02
_SIGNATURE_BYTES = 64
MAX_ENVELOPE_BYTES = 64 * 1024
MAX_ENTRIES = 256


def pack_entries(texts: Sequence[str]) -> bytes:
    """The envelope of these entries, in their order. Raises Malformed(envelope-form)."""
    if not 0 < len(texts) <= MAX_ENTRIES:
        raise Malformed("envelope-form", f"1 to {MAX_ENTRIES} entries")
    return _packed(bytes([SINGLES]), [text.encode("ascii") for text in texts])


def pack_batch(texts: Sequence[str]) -> bytes:
    """The envelope of all entries of one signed batch, in its order. Raises Malformed(envelope-form)."""
    if not texts:
        raise Malformed("envelope-form", "no entries")
    inputs, _, parts = zip(*(text.rpartition(".") for text in texts), strict=True)
    items = [each.encode("ascii") for each in inputs]
    signature = unb64u(parts[0])[-_SIGNATURE_BYTES:]
    data = _packed(bytes([SIGNED_BATCH]) + signature, items)
    if open_envelope(data) != list(texts):
        raise Malformed("envelope-form", "not the whole of one signed batch, in its order")
    return data


def _packed(head: bytes, items: list[bytes]) -> bytes:
    data = head + b"".join(len(item).to_bytes(4, "big") + item for item in items)
    if len(data) > MAX_ENVELOPE_BYTES:
        raise Malformed("envelope-form", f"more than {MAX_ENVELOPE_BYTES} bytes")
    return data


def open_envelope(data: bytes) -> list[str]:
    """The entries' texts, whose form is not checked yet. Raises Malformed(envelope-form)."""
    if not 0 < len(data) <= MAX_ENVELOPE_BYTES or data[0] not in (SINGLES, SIGNED_BATCH):
        raise Malformed("envelope-form", "not an envelope")
    signed = data[0] == SIGNED_BATCH
    texts = list(_items(data, 1 + _SIGNATURE_BYTES if signed else 1))
    if not (2 if signed else 1) <= len(texts) <= MAX_ENTRIES:
        raise Malformed("envelope-form", f"1 to {MAX_ENTRIES} entries")
    return _in_batch(texts, data[1 : 1 + _SIGNATURE_BYTES]) if signed else texts


def entries_of(data: bytes) -> tuple[Entry, ...]:
    """The entries, signatures unchecked; the tree of a signed batch is computed once. Raises Malformed."""
    texts = open_envelope(data)
    if data[0] != SIGNED_BATCH:
        return tuple(parse_entry(text) for text in texts)
    message = batch_message([text.rpartition(".")[0].encode("ascii") for text in texts])
    return tuple(parse_entry(text, message) for text in texts)


def _in_batch(inputs: list[str], signature: bytes) -> list[str]:
    parts = batch_parts([text.encode("ascii") for text in inputs], signature)
    return [f"{text}.{b64u(part)}" for text, part in zip(inputs, parts, strict=True)]


def _items(data: bytes, at: int) -> Iterator[str]:
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        item = data[at + 4 : at + 4 + length]
        if not 0 < length <= MAX_ENTRY_BYTES or len(item) != length or not item.isascii():
            raise Malformed("envelope-form", "an item has another length than it says")
        at += 4 + length
        yield item.decode("ascii")
