"""Entries signed together: each stands for itself, has one form, and no byte of it can be another."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.encoding import b64u, unb64u
from ledger.engine.embedded import EmbeddedEngine
from ledger.entry import parse_entry
from ledger.envelope import MAX_ENTRIES, open_envelope, pack_batch, pack_entries
from ledger.errors import Malformed, Refusal
from ledger.receipt import open_receipt
from ledger.signing import public_key, sign_batch, signing_input
from tests.ledger import world
from tests.ledger.test_embedded import SettableClock, open_engine

LINK = world.link_id(1)
LEDGER = "ab" * 32
RELEASE = f"{world.HOSPITAL}/release"
KEY = public_key(world.seed(RELEASE))


def batch(
    size: int, ledger: str = LEDGER, signer: str = RELEASE, links: Sequence[str] = (LINK,)
) -> list[str]:
    """So many looks under one signature, about one link or these in turn."""
    inputs = [
        signing_input(
            world.kid(signer),
            "yaoshi-entry",
            {
                "ledger": ledger,
                "subject": links[number % len(links)],
                "kind": "look.made",
                "at": world.START + number,
            },
        )
        for number in range(size)
    ]
    return sign_batch(world.seed(signer), inputs)


def with_part(text: str, change: Callable[[bytearray], object]) -> str:
    """The entry with another third part."""
    head, _, part = text.rpartition(".")
    data = bytearray(unb64u(part))
    change(data)
    return f"{head}.{b64u(bytes(data))}"


def holds(text: str) -> bool:
    try:
        return parse_entry(text).signed_by(KEY)
    except Malformed:
        return False


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    made = open_engine(tmp_path / "ledger.db", SettableClock())
    yield made
    made.close()


@pytest.mark.parametrize("size", [2, 3, 4, 7, 64, 255, 256])
def test_every_entry_of_a_batch_verifies_by_itself_and_all_by_one_signature(size: int) -> None:
    entries = [parse_entry(text) for text in batch(size)]
    assert all(entry.batched and entry.signed_by(KEY) for entry in entries)
    assert len({(entry.message, entry.signature) for entry in entries}) == 1
    assert len({entry.id for entry in entries}) == size


@pytest.mark.parametrize("size", [0, 1, 257])
def test_no_batch_has(size: int) -> None:
    with pytest.raises(Malformed) as refused:
        batch(size)
    assert refused.value.code == "batch-form"


@pytest.mark.parametrize("index", [0, 2, 4])
def test_no_byte_of_an_entry_can_be_another(index: int) -> None:
    text = batch(5)[index]
    length = len(unb64u(text.rpartition(".")[2]))

    def flip(at: int) -> Callable[[bytearray], object]:
        def change(data: bytearray) -> None:
            data[at] ^= 1

        return change

    assert holds(text)
    assert not any(holds(with_part(text, flip(at))) for at in range(length))
    head, payload, part = text.split(".")
    assert not holds(f"{head}.{payload.replace(payload[20], 'Q' if payload[20] != 'Q' else 'R')}.{part}")


def test_an_entry_has_one_place_in_trees_of_one_size_only() -> None:
    for size in range(2, 12):
        for index, text in enumerate(batch(size)):
            others = [(i, n) for n in range(14) for i in range(14) if (i, n) != (index, size)]
            for other in others:

                def elsewhere(data: bytearray, other: tuple[int, int] = other) -> None:
                    data[:8] = other[0].to_bytes(4, "big") + other[1].to_bytes(4, "big")

                assert not holds(with_part(text, elsewhere)), (size, index, other)


WRONG_PARTS: dict[str, tuple[Callable[[bytearray], object], str]] = {
    "no path": (lambda data: data.__delitem__(slice(8, -64)), "signature-length"),
    "half a hash": (lambda data: data.__delitem__(slice(8, 24)), "signature-length"),
    "a hash too few": (lambda data: data.__delitem__(slice(8, 40)), "batch-form"),
    "a hash too many": (lambda data: data.__setitem__(slice(8, 8), bytes(32)), "batch-form"),
    "a size of one": (
        lambda data: data.__setitem__(slice(0, 8), bytes([0, 0, 0, 0, 0, 0, 0, 1])),
        "batch-form",
    ),
    "a size of 257": (lambda data: data.__setitem__(slice(4, 8), bytes([0, 0, 1, 1])), "batch-form"),
    "an index beyond": (lambda data: data.__setitem__(slice(0, 4), bytes([0, 0, 0, 5])), "batch-form"),
    "63 bytes": (lambda data: data.__delitem__(slice(63, None)), "signature-length"),
    "the signature alone": (lambda data: data.__delitem__(slice(0, -64)), "signature-invalid"),
}


@pytest.mark.parametrize(("change", "code"), WRONG_PARTS.values(), ids=WRONG_PARTS.keys())
def test_a_part_is_refused_with(
    engine: EmbeddedEngine, change: Callable[[bytearray], object], code: str
) -> None:
    with pytest.raises(Malformed) as refused:
        engine.submit(with_part(batch(5, engine.id)[2], change)).result(10)
    assert refused.value.code == code


def test_only_entries_are_signed_together() -> None:
    inputs = [signing_input(world.kid(RELEASE), "yaoshi-proof", {"number": number}) for number in range(3)]
    with pytest.raises(Malformed) as refused:
        parse_entry(sign_batch(world.seed(RELEASE), inputs)[0])
    assert refused.value.code in ("typ-wrong", "signature-length")


def test_a_ledger_takes_each_entry_of_a_batch_once_in_any_order(engine: EmbeddedEngine) -> None:
    author = world.Author(engine.id)
    assert isinstance(engine.submit(author.open_link(LINK, "phone")).result(10), Committed)
    entries = batch(20, engine.id)
    done = [engine.submit(text).result(10) for text in (*reversed(entries), *entries)]
    assert all(isinstance(each, Committed) for each in done)
    file = io.BytesIO()
    with engine.view() as view:
        assert view.size == 22
        receipt = view.receipt(7)
        export_log(view, file)
    proven = open_receipt(receipt, engine.genesis.origin, public_key(world.CHECKPOINT_SEED))
    assert proven.entry.batched
    assert proven.entry.signed_by(KEY)
    stored = proven.record.entry.decode()
    others = [text.split(".")[1] for text in entries if text != stored]
    assert len(others) == 19
    assert not any(payload in stored for payload in others), "a receipt carries nobody else's entry"
    assert verify_log(io.BytesIO(file.getvalue()), world.contracts(), engine.id).ok


def test_a_patients_key_never_signs_a_batch(engine: EmbeddedEngine) -> None:
    author = world.Author(engine.id)
    assert isinstance(engine.submit(author.open_link(LINK, "phone")).result(10), Committed)
    refused = engine.submit(batch(3, engine.id, signer="phone")[0]).result(10)
    assert isinstance(refused, Refusal)
    assert refused.code == "batch-signer"


@pytest.mark.parametrize("size", [2, 5, 70])
def test_a_batch_travels_with_one_signature_and_no_paths(size: int) -> None:
    entries = batch(size)
    data = pack_batch(entries)
    assert open_envelope(data) == entries
    assert len(data) == 65 + sum(4 + len(text.rpartition(".")[0]) for text in entries)
    assert len(data) < len(pack_entries(entries))


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["a"],
        batch(5)[:4],
        batch(5)[::-1],
        [*batch(5)[:4], batch(4)[3]],
        [*batch(2), *batch(2)],
        [world.Author(LEDGER).look(LINK)] * 2,
    ],
    ids=[
        "nothing",
        "no entry",
        "not all",
        "another order",
        "another's last",
        "two batches",
        "signed one by one",
    ],
)
def test_no_envelope_of_a_batch_is_made_of(texts: list[str]) -> None:
    with pytest.raises(Malformed):
        pack_batch(texts)


ITEM = st.binary(min_size=1, max_size=40).filter(bytes.isascii)


@given(st.binary(min_size=64, max_size=64), st.lists(ITEM, max_size=12))
def test_an_envelope_of_a_batch_has_one_form(signature: bytes, items: list[bytes]) -> None:
    data = b"\x02" + signature + b"".join(len(item).to_bytes(4, "big") + item for item in items)
    try:
        texts = open_envelope(data)
    except Malformed:
        assert not 2 <= len(items) <= MAX_ENTRIES
        return
    assert pack_batch(texts) == data
