"""An envelope carries entries to the engine of a consortium: one transaction, one or more entries.

docs/formats/envelope.md. Bytes: 0x01, then for each entry its length (u32, big-endian) and its text; or, for
all entries of one signed batch in their order, 0x02, the signature (64), then for each entry the length and
text of its signing input, so that the signature travels once and no path does; or 0x03 and either of them
packed, because each byte is passed on, written and hashed at every node. An envelope says nothing by itself:
each entry is judged as if it had come alone. One item that is not well-formed refuses the whole
envelope, because whoever packed it has to be mended, not its neighbours; what the rules say about an entry
concerns that entry only.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from ledger.compact import Parts, join_compact, split_compact
from ledger.encoding import MAX_ENTRY_BYTES, b64u, unb64u
from ledger.entry import Entry, read_entry
from ledger.errors import Malformed
from ledger.signed_batch import batch_message, batch_parts, rebuilt_batch

SINGLES = 0x01
SIGNED_BATCH = 0x02
PACKED = 0x03
_SIGNATURE_BYTES = 64
MAX_ENVELOPE_BYTES = 64 * 1024
MAX_ENTRIES = 256
# A block is bounded in bytes, and with this so is the work that it can make.
MOST_TIMES = 8
_LEVEL = 1  # the highest saves 2 % more bytes in twice the time


def pack_entries(texts: Sequence[str]) -> bytes:
    """The envelope of these entries, in their order. Raises Malformed(envelope-form)."""
    if not 0 < len(texts) <= MAX_ENTRIES:
        raise Malformed("envelope-form", f"1 to {MAX_ENTRIES} entries")
    return _with_items(bytes([SINGLES]), [text.encode("ascii") for text in texts])


def pack_batch(texts: Sequence[str]) -> bytes:
    """The envelope of all entries of one signed batch, in its order. Raises Malformed(envelope-form)."""
    if not texts:
        raise Malformed("envelope-form", "no entries")
    inputs, _, parts = zip(*(text.rpartition(".") for text in texts), strict=True)
    items = [each.encode("ascii") for each in inputs]
    signature = unb64u(parts[0])[-_SIGNATURE_BYTES:]
    data = _with_items(bytes([SIGNED_BATCH]) + signature, items)
    if open_envelope(data) != list(texts):
        raise Malformed("envelope-form", "not the whole of one signed batch, in its order")
    return data


def packed(data: bytes) -> bytes:
    """The envelope (of kind 1 or 2) with its entries in fewer bytes; as it is where that cannot be.

    That is where the entries are not base64url, or would unpack to more than may be unpacked.
    """
    start, each = _start(data), _parts_each(data)
    content = bytearray(data[:start])
    try:
        for item in _items(data, start):
            parts = item.split(".")
            if len(parts) != each:
                return data
            for part in map(unb64u, parts):
                content += len(part).to_bytes(2, "big") + part
    except Malformed:
        return data
    short = bytes([PACKED]) + zlib.compress(content, _LEVEL)
    return short if len(short) < len(data) and len(content) <= _most_unpacked(short) else data


def open_envelope(data: bytes) -> list[str]:
    """The entries' texts, whose form is not checked yet. Raises Malformed(envelope-form, batch-form)."""
    if data[:1] == bytes([PACKED]):
        return [one.text for one in _unpacked(data)[1]]
    if not 0 < len(data) <= MAX_ENVELOPE_BYTES or data[0] not in (SINGLES, SIGNED_BATCH):
        raise Malformed("envelope-form", "not an envelope")
    texts = list(_items(data, _start(data)))
    _check_count(data, len(texts))
    return _in_batch(texts, data[1 : 1 + _SIGNATURE_BYTES]) if data[0] == SIGNED_BATCH else texts


def entries_of(data: bytes) -> tuple[Entry, ...]:
    """The entries, signatures unchecked; the tree of a signed batch is computed once. Raises Malformed."""
    message, found = _unpacked(data) if data[:1] == bytes([PACKED]) else _split(data)
    return tuple(read_entry(one, message) for one in found)


def _split(data: bytes) -> tuple[bytes | None, list[Parts]]:
    """What is signed of a batch, and the entries taken apart."""
    found = [split_compact(text) for text in open_envelope(data)]
    return (batch_message([one.signing_input for one in found]) if data[0] == SIGNED_BATCH else None), found


def _unpacked(data: bytes) -> tuple[bytes | None, list[Parts]]:
    """As `_split`, without taking apart what came in parts."""
    content = _inflated(data)
    start = _start(content)
    parts = list(_parts(content, start))
    each = _parts_each(content)
    _check_count(content, len(parts) // each)
    if len(parts) % each:
        raise Malformed("envelope-form", "an entry has a part too few")
    if content[0] == SINGLES:
        return None, [
            join_compact(*three) for three in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        ]
    found = [join_compact(*two, b"") for two in zip(parts[::2], parts[1::2], strict=True)]
    message, thirds = rebuilt_batch([one.signing_input for one in found], content[1:start])
    return message, [
        Parts(one.text + b64u(third), one.signing_input, one.header, one.payload, third)
        for one, third in zip(found, thirds, strict=True)
    ]


def _inflated(data: bytes) -> bytes:
    """What was packed; never more of it than an envelope may hold is unpacked."""
    most = _most_unpacked(data)
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(data[1:], most + 1)
    except zlib.error:
        raise Malformed("envelope-form", "not packed as envelopes are") from None
    if not inflater.eof or inflater.unused_data or not 0 < len(content) <= most:
        raise Malformed("envelope-form", "cut off, more than was packed, or packed too densely")
    if content[0] not in (SINGLES, SIGNED_BATCH):
        raise Malformed("envelope-form", "not an envelope")
    return content


def _most_unpacked(data: bytes) -> int:
    return min(MAX_ENVELOPE_BYTES, MOST_TIMES * len(data))


def _start(data: bytes) -> int:
    """Where the items begin."""
    return 1 + _SIGNATURE_BYTES if data[0] == SIGNED_BATCH else 1


def _parts_each(data: bytes) -> int:
    """A signing input has two parts; an entry has its signature, too."""
    return 2 if data[0] == SIGNED_BATCH else 3


def _check_count(data: bytes, count: int) -> None:
    if not (2 if data[0] == SIGNED_BATCH else 1) <= count <= MAX_ENTRIES:
        raise Malformed("envelope-form", f"1 to {MAX_ENTRIES} entries")


def _with_items(head: bytes, items: list[bytes]) -> bytes:
    data = head + b"".join(len(item).to_bytes(4, "big") + item for item in items)
    if len(data) > MAX_ENVELOPE_BYTES:
        raise Malformed("envelope-form", f"more than {MAX_ENVELOPE_BYTES} bytes")
    return data


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


def _parts(content: bytes, at: int) -> Iterator[bytes]:
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content):
            raise Malformed("envelope-form", "a part has another length than it says")
        yield content[at + 2 : end]
        at = end
