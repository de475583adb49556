"""Packed envelopes: what goes in comes out byte for byte, and nothing unpacks beyond its bound."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.encoding import b64u
from ledger.entry import parse_entry
from ledger.envelope import (
    MAX_ENTRIES,
    MAX_ENVELOPE_BYTES,
    MOST_TIMES,
    entries_of,
    open_envelope,
    pack_batch,
    pack_entries,
    packed,
)
from ledger.errors import Malformed
from ledger.signing import sign_batch, signing_input
from tests.ledger import world
from tests.ledger.test_signed_batch import LEDGER, RELEASE

TEXT = st.lists(st.binary(max_size=80).map(b64u), min_size=3, max_size=3).map(".".join)
LINK = world.link_id(1)


def looks(count: int) -> list[str]:
    author = world.Author(LEDGER)
    return [author.look(LINK, commitment=noise(number)) for number in range(count)]


def batch(size: int) -> list[str]:
    """So many looks under one signature, each with a commitment of its own, as in life."""
    said = [
        {
            "ledger": LEDGER,
            "subject": LINK,
            "kind": "look.made",
            "at": world.START,
            "commitment": noise(number),
        }
        for number in range(size)
    ]
    return sign_batch(
        world.seed(RELEASE), [signing_input(world.kid(RELEASE), "yaoshi-entry", one) for one in said]
    )


def noise(number: int) -> str:
    return b64u(sha256(str(number).encode()).digest())


def field(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def short(content: bytes) -> bytes:
    return b"\x03" + zlib.compress(content)


@given(st.lists(TEXT, min_size=1, max_size=20))
def test_what_was_packed_comes_out(texts: list[str]) -> None:
    assert open_envelope(packed(pack_entries(texts))) == texts


@given(
    st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), min_size=1, max_size=9)
)
def test_what_is_no_entry_travels_as_it_is(texts: list[str]) -> None:
    assert open_envelope(packed(pack_entries(texts))) == texts


@pytest.mark.parametrize("size", [2, 5, 70])
def test_a_signed_batch_comes_out_with_its_places(size: int) -> None:
    entries = batch(size)
    plain = pack_batch(entries)
    data = packed(plain)
    assert data[0] == 3
    assert open_envelope(data) == entries
    assert entries_of(data) == entries_of(plain) == tuple(map(parse_entry, entries))


def test_single_entries_are_read_as_if_they_had_come_plainly() -> None:
    plain = pack_entries(looks(20))
    data = packed(plain)
    assert data[0] == 3
    assert len(data) < len(plain) / 2
    assert entries_of(data) == entries_of(plain)


def test_an_entry_that_would_not_come_back_byte_for_byte_is_not_packed() -> None:
    (text,) = looks(1)
    header, payload, signature = text.split(".")
    for other in (
        f"{header}.{payload}=.{signature}",
        f"{header}..{payload}.{signature}",
        f"{header}.{payload}",
    ):
        plain = pack_entries([other] * 9)
        assert packed(plain) == plain


def test_what_is_too_dense_travels_as_it_is() -> None:
    plain = pack_entries(looks(1) * 100)
    assert packed(plain) == plain
    assert open_envelope(plain)[99:] == open_envelope(plain)[:1]


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    for hostile in (b"\x03" + data, short(data), short(b"\x01" + data), short(b"\x02" + bytes(64) + data)):
        try:
            texts = open_envelope(hostile)
        except Malformed:
            continue
        assert packed(pack_entries(texts))
        assert open_envelope(pack_entries(texts)) == texts


@given(st.data())
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    good = packed(pack_batch(batch(3)))
    place = data.draw(st.integers(1, len(good) - 1))
    flip = data.draw(st.integers(1, 255))
    bad = good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :]
    try:
        found = open_envelope(bad)
    except Malformed:
        return
    # The stream may say the same in other words; what it says is checked by its own sum.
    assert found == open_envelope(good)


ENTRY = field(b"{}") * 2 + field(bytes(64))
HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing inside": lambda: short(b""),
    "no entry": lambda: short(b"\x01"),
    "packed twice": lambda: short(short(b"\x01" + ENTRY)),
    "another kind inside": lambda: short(b"\x04" + ENTRY),
    "a part too few": lambda: short(b"\x01" + ENTRY + field(b"{}")),
    "a part longer than what is there": lambda: short(b"\x01" + ENTRY + b"\xff\xff"),
    "half a length": lambda: short(b"\x01" + ENTRY + b"\x00"),
    "a batch of one": lambda: short(b"\x02" + bytes(64) + field(b"{}") * 2),
    "a batch without a signature": lambda: short(b"\x02" + bytes(20)),
    "no stream": lambda: b"\x03" + b"\x01" + ENTRY,
    "cut off": lambda: packed(pack_entries(looks(3)))[:-1],
    "something behind": lambda: packed(pack_entries(looks(3))) + b"\x00",
    "a second stream behind": lambda: packed(pack_entries(looks(3))) + zlib.compress(b"\x01" + ENTRY),
    "a bomb": lambda: short(bytes(60_000_000)),
    "a bomb of entries": lambda: short(b"\x01" + ENTRY * 100_000),
    "too many entries": lambda: b"\x03" + zlib.compress(b"\x01" + ENTRY * (MAX_ENTRIES + 1), 0),
    "denser than entries are": lambda: short(b"\x01" + ENTRY * 200),
    "more than an envelope": lambda: packed(pack_entries(looks(3))) + bytes(MAX_ENVELOPE_BYTES),
}  # fmt: skip


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_packed_envelope_is(make: Callable[[], bytes]) -> None:
    data = make()
    tracemalloc.start()
    with pytest.raises(Malformed) as refused:
        entries_of(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "envelope-form"
    assert most < 12 * MAX_ENVELOPE_BYTES, "a bomb is refused before it goes off"


def test_a_stream_that_wants_a_dictionary_is_refused() -> None:
    made = zlib.compressobj(zdict=b"yaoshi-entry")
    data = b"\x03" + made.compress(b"\x01" + ENTRY) + made.flush()
    with pytest.raises(Malformed):
        open_envelope(data)


def test_nothing_unpacks_to_more_than_its_bound_whatever_it_holds() -> None:
    """The bound on a block's bytes bounds the work that a block makes."""
    dense = short(b"\x01" + ENTRY * 12)
    content = 1 + 12 * len(ENTRY)
    assert content > MOST_TIMES * len(dense)
    with pytest.raises(Malformed):
        open_envelope(dense)
    loose = b"\x03" + zlib.compress(b"\x01" + ENTRY * 12, 0)
    assert len(open_envelope(loose)) == 12
