"""The follower of a gateway answers who waits, each for his own signature, and goes on after an outage."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

import pytest

from ledger.committed import Committed
from ledger.engine.abci.application import Application
from ledger.engine.following import Follower
from ledger.engine.inflight import InFlight, Waiting
from ledger.engine.outgoing import Sender
from ledger.engine.rpc import Node
from ledger.engine.waking import Bell
from ledger.entry import parse_entry
from ledger.errors import Malformed, Refusal
from ledger.genesis import parse_genesis
from ledger.store.database import Store
from tests.ledger import world
from tests.ledger.engine.network import wait_until
from tests.ledger.engine.test_application import Node as Member
from tests.ledger.engine.test_application import envelope, forged
from tests.ledger.engine_conformance import LINK

LOOKS = 4
WITHIN_S = 20


class CountedBell(Bell):
    """Knows how often somebody began to wait on it."""

    waits = 0

    def wait(self, seconds: float) -> None:
        self.waits += 1
        super().wait(seconds)


def test_an_outage_of_the_ledger_is_said_once_and_so_is_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.db"
    written = Store(path, write=True)
    Application(written, parse_genesis(world.genesis_bytes()), world.contracts(), lambda: None)
    store, in_flight, bell = Store(path, write=False), InFlight(1), CountedBell(tmp_path)
    sender = Sender(Node("http://127.0.0.1:1"), in_flight, 0.0, lambda _items: [], lambda _item: True)
    follower = Follower(store, in_flight, sender, bell, 1, lambda _item: True)

    def rename(before: str, after: str) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute(f"ALTER TABLE {before} RENAME TO {after}")
        connection.close()

    def said() -> list[str]:
        return [record.getMessage() for record in caplog.records]

    def look_often() -> None:
        before = bell.waits
        for number in range(1, LOOKS + 1):
            bell.ring()
            wait_until(lambda number=number: bell.waits >= before + number, "it looks again")

    with caplog.at_level(logging.WARNING, "ledger"):
        rename("chain", "away")
        wait_until(lambda: len(said()) == 1, "the outage is said")
        look_often()
        assert [each.partition(":")[0] for each in said()] == ["the ledger could not be followed"]
        rename("away", "chain")
        wait_until(lambda: len(said()) == 2, "its end is said")
        look_often()
        assert said()[1:] == ["the ledger is followed again"]
    follower.close()
    sender.close()
    bell.close()
    store.close()
    written.close()


def test_nobody_is_answered_for_a_signature_that_is_another_s(tmp_path: Path) -> None:
    member = Member(tmp_path / "ledger.db")
    store, in_flight, bell = Store(tmp_path / "ledger.db", write=False), InFlight(4), Bell(tmp_path)
    sender = Sender(Node("http://127.0.0.1:1"), in_flight, 0.0, lambda _items: [], lambda _item: True)
    look = member.author.look(LINK)  # refused in the first block, recorded in the second
    opening = member.author.open_link(LINK)

    def signed(item: Waiting) -> bool:
        return item.entry.text in (look, opening)

    answers, items = {}, {}
    for text in (look, forged(look), opening, forged(opening)):
        answers[text], items[text] = in_flight.join(parse_entry(text), time.monotonic() + WITHIN_S)
    for text in (look, forged(look), opening):
        item = items[text]
        assert item is not None
        item.key, item.height = b"k", 0
    follower = Follower(store, in_flight, sender, bell, 1, signed)
    member.block(envelope(look))
    member.block(envelope(opening))
    bell.ring()
    assert isinstance(answers[look].result(WITHIN_S), Refusal)
    assert isinstance(answers[opening].result(WITHIN_S), Committed)
    with pytest.raises(Malformed) as malformed:
        answers[forged(look)].result(WITHIN_S)
    assert malformed.value.code == "signature-invalid"
    follower.close()
    assert not answers[forged(opening)].done(), "its look-up will say it"
    sender.close()
    bell.close()
    store.close()
    member.store.close()
