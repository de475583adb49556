"""Asks the hospitals of a town what their validators signed, as strangers with the pinned ledger id do.

By the command line, by the wallet's own modules, and with a liar beside the hospitals who signs by itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.encoding import b64u, unb64u
from ledger.genesis import parse_genesis
from tests.journeys.node import fetch
from tests.journeys.town import Town
from tests.ledger.light.blocks import Chain
from tests.open_door import open_door
from tests.static.node import answer

WITHIN_S = 60
SCRIPT = Path(__file__).with_name("blocks.mjs")


def newest(base: str) -> dict[str, Any]:
    """The newest block of a hospital whose header names size and root."""
    found: dict[str, Any] = json.loads(fetch(f"{base}/ledger/light"))
    return found


def wait_until_certified(base: str, size: int) -> dict[str, Any]:
    """The first block that certifies this many records. Raises AssertionError."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        found = newest(base)
        if (found["size"] or 0) >= size:
            return found
    raise AssertionError(f"{size} records were never certified")


def as_wallets_see(town: Town, nodes: list[str]) -> list[list[str]]:
    """The alarms that the wallet's own modules raise at each of these nodes, one after the other."""
    told = {"nodes": nodes, "genesis": b64u(fetch(f"{town.wallet}/genesis.json").encode())}
    alarms: list[list[str]] = answer(SCRIPT, told)
    return alarms


@contextmanager
def a_liar(town: Town) -> Iterator[str]:
    """A gateway of the same ledger that shows a later block, signed by keys of its own."""
    true = town.console_of("WX")
    genesis = parse_genesis(fetch(f"{true}/ledger/genesis").encode())
    chain = Chain(genesis, {})
    strangers = chain.with_validators(*(f"stranger/{number}" for number in range(4)))
    shown = newest(true)
    forged = chain.document(
        int(shown["header"]["height"]) + 1,
        time.time_ns() // 1_000_000,
        strangers,
        size=shown["size"],
        root=unb64u(shown["root"]),
    )

    with open_door(
        lambda path: json.dumps(forged) if path == "/ledger/light" else fetch(f"{true}{path}")
    ) as address:
        yield address
