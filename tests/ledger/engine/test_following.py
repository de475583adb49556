"""The follower of a gateway goes on when its ledger cannot be read for a while, and says so once."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from ledger.engine.abci.application import Application
from ledger.engine.following import Follower
from ledger.engine.inflight import InFlight
from ledger.engine.outgoing import Sender
from ledger.engine.rpc import Node
from ledger.engine.waking import Bell
from ledger.genesis import parse_genesis
from ledger.store.database import Store
from tests.ledger import world
from tests.ledger.engine.network import wait_until

LOOKS = 4


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
    sender = Sender(Node("http://127.0.0.1:1"), in_flight, 0.0, lambda _items: [])
    follower = Follower(store, in_flight, sender, bell, 1)

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
