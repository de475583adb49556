"""An application in a process of its own, which kills itself without warning at a named point of a block."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from ledger.engine.abci.application import Application
from ledger.engine.abci.messages import Block
from ledger.engine.abci.server import Server
from ledger.engine.waking import ring_all
from ledger.genesis import parse_genesis
from ledger.store.database import Store
from tests.ledger import world

POINTS = ("never", "after staging", "inside the transaction", "after the commit, before the reply")


class Crashing(Application):
    """Dies at `point` in the first block with transactions from height `height` on."""

    point, height, due = "never", 0, False

    def finalize_block(self, block: Block) -> Any:
        done = super().finalize_block(block)
        self.due = block.height >= self.height and bool(block.txs)
        self._die_at("after staging")
        return done

    def commit(self) -> None:
        super().commit()
        self._die_at("after the commit, before the reply")

    def _write(self, connection: Any, staged: Any) -> None:
        super()._write(connection, staged)
        self._die_at("inside the transaction")

    def _die_at(self, point: str) -> None:
        if self.due and self.point == point:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, point: str, height: str) -> None:
    place = Path(folder)
    Crashing.point, Crashing.height = point, int(height)
    store = Store(place / "ledger.db", write=True)
    genesis = parse_genesis((place / "ledger-genesis").read_bytes())
    socket = place / "run" / "abci.sock"
    application = Crashing(store, genesis, world.contracts(), lambda: ring_all(socket.parent))
    Server(application, socket, lambda _node: True).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
