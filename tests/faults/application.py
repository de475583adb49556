"""The application of a hospital with one fault built in; started instead of `flask consortium application`.

    python -m tests.faults.application FAULT [METHOD]

`dies-before METHOD` kills itself when the work of the first such request is done and its answer is not sent;
`dies-after METHOD` when that answer is sent. `wrong-hash` answers blocks with entries with another app hash
than it keeps. `believes-all` takes whatever bytes anybody hands in, as a member that means ill may.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from gateway.contracts import CONTRACTS
from gateway.settings import settings_from_env
from ledger.engine.abci import messages as m
from ledger.engine.abci.application import Application
from ledger.engine.abci.checking import Code
from ledger.engine.abci.messages import Block, Method
from ledger.engine.abci.server import Server
from ledger.engine.waking import ring_all
from ledger.genesis import parse_genesis
from ledger.store.database import Store

Answer = Callable[[bytes], bytes]


class Faulty(Server):
    """Answers as it should, but for its fault."""

    def __init__(self, application: Application, place: Any, fault: str, method: Method | None) -> None:
        super().__init__(application, place, lambda _node: True)
        self._due = False
        if method is not None:
            answer = self._answers[method]
            dying = self._dies_before(answer) if fault == "dies-before" else self._is_last(answer)
            self._answers = {**self._answers, method: dying}

    def _dies_before(self, answer: Answer) -> Answer:
        def die(body: bytes) -> bytes:
            answer(body)
            os.kill(os.getpid(), signal.SIGKILL)
            return b""

        return die

    def _is_last(self, answer: Answer) -> Answer:
        def note(body: bytes) -> bytes:
            self._due = True
            return answer(body)

        return note

    def _talk(self, connection: socket.socket) -> None:
        super()._talk(_Watched(connection, self))  # type: ignore[arg-type]

    def sent(self) -> None:
        if self._due:
            os.kill(os.getpid(), signal.SIGKILL)


class _Watched:
    """A connection that tells when something was sent on it."""

    def __init__(self, connection: socket.socket, server: Faulty) -> None:
        self._connection, self._server = connection, server
        self.recv = connection.recv

    def sendall(self, data: bytes) -> None:
        self._connection.sendall(data)
        self._server.sent()


class WrongHash(Application):
    """Says another app hash than it keeps, in the first block with entries."""

    def finalize_block(self, block: Block) -> Any:
        done = super().finalize_block(block)
        if block.txs:
            object.__setattr__(done, "app_hash", bytes(32))
        return done


class BelievesAll(Application):
    """Lets everything in, and proposes it to the others."""

    def check_tx(self, tx: bytes) -> Code:
        super().check_tx(tx)
        return Code.OK


def main(fault: str, method: str = "") -> None:
    faulthandler.register(signal.SIGUSR1)  # says in its log where it is, when it seems to hang
    settings = settings_from_env()
    store = Store(settings.ledger_place, write=True)
    genesis = parse_genesis(settings.genesis_path.read_bytes())
    place = settings.application_path
    kind = {"wrong-hash": WrongHash, "believes-all": BelievesAll}.get(fault, Application)
    application = kind(store, genesis, CONTRACTS, lambda: ring_all(place.parent))
    Faulty(application, place, fault, m.Method[method] if method else None).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
