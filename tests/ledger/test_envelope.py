"""Envelopes: what goes in comes out, and bytes that are not an envelope are refused, never guessed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.envelope import MAX_ENTRIES, MAX_ENVELOPE_BYTES, open_envelope, pack_entries
from ledger.errors import Malformed

ENTRY = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200)


@given(st.lists(ENTRY, min_size=1, max_size=20))
def test_what_was_packed_comes_out(texts: list[str]) -> None:
    assert open_envelope(pack_entries(texts)) == texts


@given(st.binary(max_size=300) | st.binary(max_size=60).map(b"\x01\x00\x00\x00\x05abcde".__add__))
def test_other_bytes_are_refused_or_are_the_one_form_of_their_entries(data: bytes) -> None:
    try:
        texts = open_envelope(data)
    except Malformed:
        return
    assert pack_entries(texts) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"\x02\x00\x00\x00\x01a",
        b"\x01\x00\x00\x00\x00",
        b"\x01\x00\x00\x00\x02a",
        b"\x01\x00\x00\x00\x01\xff",
        b"\x01\xff\xff\xff\xffa",
        b"\x01\x00\x00\x00\x01a\x00",
        b"\x01" + b"\x00\x00\x00\x01a" * (MAX_ENTRIES + 1),
        b"\x01" * (MAX_ENVELOPE_BYTES + 1),
    ],
    ids=["nothing", "no entry", "another kind", "an empty entry", "cut off", "not ASCII", "a huge length",
         "more behind", "too many", "too long"],
)  # fmt: skip
def test_no_envelope_is(data: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        open_envelope(data)
    assert refused.value.code == "envelope-form"


@pytest.mark.parametrize(
    "texts", [[], ["a"] * (MAX_ENTRIES + 1), ["a" * 30_000] * 3], ids=["none", "many", "long"]
)
def test_what_no_envelope_can_carry_is_not_packed(texts: list[str]) -> None:
    with pytest.raises(Malformed):
        pack_entries(texts)
