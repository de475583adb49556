"""The ABCI socket's bytes: frames however they are cut, messages as CometBFT writes them, and garbage."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.abci import messages
from ledger.engine.abci.messages import Block, InitChain, Method
from ledger.engine.abci.wire import MAX_FRAME_BYTES, FrameReader, frame
from ledger.protobuf import (
    WireFault,
    as_int64,
    bytes_field,
    int_field,
    message_field,
    read_fields,
    read_varint,
    write_varint,
)

NUMBERS = st.integers(0, 2**64 - 1)


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(0, 2500), max_size=12))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(one) for one in frames)
    reader, found = FrameReader(), []
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    for start, end in itertools.pairwise(places):
        found += list(reader.feed(stream[start:end]))
    assert found == frames


@given(st.lists(st.binary(max_size=60)))
def test_garbage_gives_frames_or_a_fault_and_nothing_else(pieces: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for piece in pieces:
            for one in reader.feed(piece):
                method, body = messages.read_request(one)
                for read in READERS:
                    read(body)
                assert method in Method
    except WireFault:
        return


READERS = (
    messages.read_echo,
    messages.read_init_chain,
    messages.read_tx,
    messages.read_prepared_txs,
    messages.read_proposed_txs,
    messages.read_block,
)


@pytest.mark.parametrize(
    "data",
    [write_varint(MAX_FRAME_BYTES + 1), b"\xff\xff\xff\xff\xff", b"\x80\x80\x80\x80\x00"],
    ids=["a frame beyond the limit", "a length without an end", "a length longer than any length needs"],
)
def test_a_frame_is_refused_before_it_comes_when_it_is(data: bytes) -> None:
    with pytest.raises(WireFault):
        list(FrameReader().feed(data))


def test_the_longest_frame_comes_through() -> None:
    longest = bytes(MAX_FRAME_BYTES)
    assert list(FrameReader().feed(frame(longest))) == [longest]


@given(NUMBERS)
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    data = write_varint(number)
    assert read_varint(data, 0) == (number, len(data))
    assert all(read_varint(data[:cut], 0) is None for cut in range(len(data)))


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_signed_number_is_read_as_it_was_written(number: int) -> None:
    fields = list(read_fields(int_field(7, number)))
    assert fields == ([(7, number % 2**64)] if number else [])
    assert as_int64(fields[0][1] if fields else 0) == number


MALFORMED = {
    "a number that is cut off": b"\x08\x80",
    "a number beyond 64 bits": b"\x08" + b"\xff" * 9 + b"\x7f",
    "a number of eleven bytes": b"\x08" + b"\x80" * 10 + b"\x00",
    "field number 0": b"\x00\x01",
    "a group": b"\x0b\x0c",
    "a wire type that does not exist": b"\x0f",
    "a length beyond the message": b"\x0a\x05abc",
    "a fixed number that is cut off": b"\x09abc",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_message_is_refused_with(data: bytes) -> None:
    with pytest.raises(WireFault):
        list(read_fields(data))


REFUSED_REQUESTS = {
    "nothing": b"",
    "two methods": message_field(1, b"") + message_field(2, b""),
    "a method of an earlier ABCI": message_field(7, b""),
    "a method that is a number": int_field(3, 1),
}


@pytest.mark.parametrize("data", REFUSED_REQUESTS.values(), ids=REFUSED_REQUESTS.keys())
def test_a_request_is_refused_that_holds(data: bytes) -> None:
    with pytest.raises(WireFault):
        messages.read_request(data)


def test_flush_has_the_bytes_that_cometbft_sends() -> None:
    (request,) = FrameReader().feed(bytes.fromhex("021200"))
    assert messages.read_request(request) == (Method.FLUSH, b"")
    assert frame(messages.write_answer(Method.FLUSH)) == bytes.fromhex("021a00")


def test_unknown_fields_are_skipped_and_of_two_the_last_counts() -> None:
    unknown = bytes_field(99, b"later") + int_field(98, 7) + b"\xa9\x06" + bytes(8) + b"\xad\x06" + bytes(4)
    time = message_field(6, int_field(1, 1_767_225_600) + int_field(2, 123_999_999))
    body = unknown + int_field(5, 8) + bytes_field(1, b"one") + time + unknown + int_field(5, 9)
    assert messages.read_block(body + bytes_field(1, b"two")) == Block(9, 1_767_225_600_123, [b"one", b"two"])


def test_a_time_before_1970_is_rounded_down() -> None:
    time = message_field(6, int_field(1, -62_135_596_800) + int_field(2, 1))
    assert messages.read_block(time).time == -62_135_596_800_000


def test_init_chain_is_read_and_answered() -> None:
    body = bytes_field(2, b"chain") + bytes_field(5, b"{}") + int_field(6, 1)
    assert messages.read_init_chain(body) == InitChain(b"chain", b"{}", 1)
    first, second = bytes([1]) * 32, bytes([2]) * 32
    answer = messages.init_chain_body({second: 10, first: 0}, b"hash")
    assert [number for number, _ in read_fields(answer)] == [2, 2, 3]
    update = next(value for number, value in read_fields(answer) if number == 2)
    assert update == bytes_field(1, bytes_field(1, first)), "in order of the keys; power 0 is left out"


def test_a_block_is_answered_with_one_result_for_each_transaction() -> None:
    body = messages.block_body([0, 2, 0], {}, b"h" * 32)
    assert body == bytes.fromhex("1200120208021200") + bytes_field(5, b"h" * 32)
