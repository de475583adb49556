"""Holds what another institution's ledger says against this node's own replica before anybody relies on it.

docs/decisions/0013. A receipt is a record with a checkpoint that the custodian's operator signed; an operator
can sign what it likes, so the same log root must stand on our own replica at that size. The custodian commits
first and answers then, so our replica may lag behind its answer by a moment: it is waited for, on the
engine's own word, and not for long. Not here: the receipt's form and signatures (ledger.receipt).
"""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING

from ledger.encoding import unb64u
from ledger.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.composition import Gateway
    from ledger.committed import News
    from ledger.engine.protocol import Engine
    from ledger.receipt import Proven

WAIT_SECONDS = 3.0


class Replica:
    """How far this node's replica is; one for each gateway, for an engine forgets no subscriber."""

    def __init__(self, engine: Engine) -> None:
        self._grown = Condition()
        self._size = 0
        engine.subscribe(self._tell)
        with engine.view() as view:
            self._grow(view.size)

    def reaches(self, size: int, seconds: float) -> bool:
        """Whether the replica has this many records, at once or within the time."""
        with self._grown:
            return self._grown.wait_for(lambda: self._size >= size, seconds)

    def _tell(self, news: Sequence[News]) -> None:
        self._grow(news[-1].record + 1)

    def _grow(self, size: int) -> None:
        with self._grown:
            self._size = max(self._size, size)
            self._grown.notify_all()


def checkpoint_key(gw: Gateway, operator: str) -> bytes:
    """The key with which an operator signs checkpoints now, of one that joined later too.

    Raises LookupError for a stranger.
    """
    with gw.ledger.view() as view:
        document = view.get(f"operator/{operator}")
    if document is None:
        raise LookupError("no such operator")
    return unb64u(document["keys"]["checkpoint"], 32)


def fork_of(gw: Gateway, proven: Proven) -> str | None:
    """Why our replica contradicts a receipt that verified, or None when both say the same.

    Raises Unavailable(ledger-lags): our replica has not come that far, so nothing is known yet.
    """
    checkpoint = proven.checkpoint
    if not gw.replica.reaches(checkpoint.size, WAIT_SECONDS):
        raise Unavailable("ledger-lags", "the other node's ledger is ahead of this one's")
    with gw.ledger.view() as view:
        root = view.root_at(checkpoint.size)
    if root == checkpoint.root:
        return None
    gw.log.error("ledger-forked", size=checkpoint.size)
    return "this node's own ledger says something else"
