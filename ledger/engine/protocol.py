"""What every engine offers: submit an entry, look at one snapshot, hear of commits, close.

The consistency contract: a `Committed` is durable when its future holds it, and every view opened
afterwards shows it. A view is one snapshot. The same entry submitted again gets the first `Committed`
with repeated=True. A Refusal changed nothing; Unavailable means no answer is known, and submitting the
same bytes again is safe.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol

from ledger.committed import Committed, Subscriber
from ledger.errors import Refusal
from ledger.genesis import Genesis
from ledger.view import View


class Engine(Protocol):
    """One ledger, whoever orders its entries."""

    @property
    def id(self) -> str: ...
    @property
    def genesis(self) -> Genesis: ...
    @property
    def genesis_bytes(self) -> bytes: ...

    def submit(self, entry: str) -> Future[Committed | Refusal]:
        """Hand in an entry. Raises Malformed or Unavailable at once; the future may raise either, too."""
        ...

    def record(self, entry: str, timeout: float) -> Committed | Refusal:
        """Hand in an entry and wait for its answer, in seconds; an engine may do the work in this thread.

        Raises Malformed or Unavailable, as the future of `submit` does.
        """
        ...

    def view(self) -> AbstractContextManager[View]:
        """One read snapshot. Raises Unavailable."""
        ...

    def subscribe(self, callback: Subscriber) -> None:
        """Call back after each durable commit with its records, in order; it must not block the engine."""
        ...

    def close(self) -> None:
        """Commit what waits, then stop."""
        ...
