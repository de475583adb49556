"""What the ledger says when it could not do its work, or when a proof has not its form."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.checkpoint import parse_checkpoint_text
from ledger.encoding import b64u
from ledger.engine.embedded import EmbeddedEngine, open_view_only
from ledger.entry import parse_entry
from ledger.errors import Malformed, Refusal, Unavailable
from ledger.receipt import open_receipt
from ledger.record import decode_record
from ledger.registry import Signer, rotate_keys
from ledger.signing import public_key
from ledger.store.database import Store
from tests.ledger import world

GENESIS = world.genesis_bytes()
ORIGIN = "localhost:8080/ledger"
KEY = public_key(world.CHECKPOINT_SEED)


class HeldClock:
    """A clock that shows nobody the time before it is let go."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def __call__(self) -> int:
        self.asked.set()
        self.go.wait(30)
        return world.START + 60_000


def open_engine(path: Path, clock: Callable[[], int]) -> EmbeddedEngine:
    return EmbeddedEngine.open(
        path, GENESIS, contracts=world.contracts(), checkpoint_seed=world.CHECKPOINT_SEED, clock=clock
    )


def test_an_answer_that_does_not_come_in_time_is_an_outage_of_unknown_outcome(tmp_path: Path) -> None:
    clock = HeldClock()
    engine = open_engine(tmp_path / "ledger.db", clock)
    author = world.Author(engine.id)
    first = engine.submit(author.open_link(world.link_id(1)))
    assert clock.asked.wait(30)
    with pytest.raises(Unavailable, match="outcome-unknown"):
        engine.record(author.open_link(world.link_id(2)), 0.001)
    clock.go.set()
    assert not isinstance(first.result(30), Refusal)
    engine.close()
    with open_view_only(tmp_path / "ledger.db", GENESIS) as view:
        assert view.size == 3, "the entry whose outcome was unknown was taken afterwards"


def test_a_file_that_no_release_has_prepared_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    with pytest.raises(Unavailable, match="schema-older"):
        Store(tmp_path / "ledger.db", write=False)


def test_a_reader_that_writes_is_an_outage_and_writes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db", write=True)
    with pytest.raises(Unavailable, match="storage-failed"), store.snapshot() as connection:
        connection.exec_driver_sql("DELETE FROM state")
    store.close()


def receipt(folder: Path, **changes: Any) -> dict[str, Any]:
    """The receipt of record 1, with some members changed."""
    engine = open_engine(folder / "ledger.db", lambda: world.START + 60_000)
    engine.submit(world.Author(engine.id).open_link(world.link_id(1))).result()
    with engine.view() as view:
        made = view.receipt(1)
    engine.close()
    return {**made, **changes}


MALFORMED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a checkpoint has two lines": (
        lambda _: parse_checkpoint_text(f"{ORIGIN}\n1\n"), "checkpoint-form"
    ),
    "a checkpoint's size has a leading zero": (
        lambda _: parse_checkpoint_text(f"{ORIGIN}\n01\n{'A' * 43}=\n"), "checkpoint-form"
    ),
    "a record is cut off": (lambda _: decode_record(b"yaoshi/record/v1\x00"), "record-form"),
    "a record states another length": (
        lambda _: decode_record(b"yaoshi/record/v1\x00" + bytes(71) + b"\x05" + b"four"), "record-form"
    ),
    "a receipt lacks its members": (lambda _: open_receipt({}, ORIGIN, KEY), "receipt-form"),
    "a receipt's proof is no list": (
        lambda folder: open_receipt(receipt(folder, inclusion="x"), ORIGIN, KEY), "receipt-form"
    ),
    "a receipt shows other heads": (
        lambda folder: open_receipt(receipt(folder, heads=b64u(bytes(32))), ORIGIN, KEY), "receipt-inclusion"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_bytes_are_malformed_when(case: str, tmp_path: Path) -> None:
    make, code = MALFORMED[case]
    with pytest.raises(Malformed) as malformed:
        make(tmp_path)
    assert malformed.value.code == code


def test_an_untouched_receipt_opens(tmp_path: Path) -> None:
    assert open_receipt(receipt(tmp_path), ORIGIN, KEY).record.index == 1


def test_an_institution_that_no_longer_takes_part_changes_no_keys() -> None:
    author = world.Author("00" * 32)
    fresh = {"desk": world.key("fresh")}
    entry = parse_entry(author.entry("offline", "institution.keys", world.CLINIC, keys=fresh))
    signer = Signer("kid", world.CLINIC, "institution", "offline")
    answer = rotate_keys(entry, signer, lambda _: {"retired": True}, proven=False)
    assert isinstance(answer, Refusal)
    assert answer.code == "institution-inactive"


def test_a_disk_error_while_writing_is_an_outage_of_unknown_outcome(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    engine = open_engine(path, lambda: world.START + 60_000)
    other = sa.create_engine(f"sqlite:///{path}")
    with other.begin() as connection:
        connection.exec_driver_sql("DROP TABLE log_nodes")
    other.dispose()
    with pytest.raises(Unavailable, match="outcome-unknown"):
        engine.submit(world.Author(engine.id).open_link(world.link_id(1))).result(30)
    engine.close()
