"""Remembers in a file of its own how long the ledger was, so that a node notices when it serves an older one.

A ledger that was put back from an older backup, snapshot or copy is consistent in itself: only who saw the
later records can tell. Phones can, and raise their alarm; this file lets the node tell before it writes. It
lies outside the data folder (YAOSHI_MARK) and lags a little, which is the safe side: what it names was there.
Invariant: while the ledger is behind its mark nothing is written, so nothing is released (in a backup that is
too old, a permission that a patient took back is open again), and the later records can still be put back
without a fork. `accept` is a person's decision to go on without them. A member of a consortium that is behind
gets the missing records from the others, and goes on by itself as soon as it has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event, Thread

from gateway.operation.files import replace_private
from ledger.checkpoint import open_checkpoint
from ledger.committed import Committed, Subscriber
from ledger.encoding import is_hex
from ledger.engine.protocol import Engine
from ledger.errors import LedgerError, Malformed, Refusal, Unavailable
from ledger.genesis import Genesis
from ledger.view import View

BEHIND = "ledger-rolled-back"
CATCHING_UP = "ledger-catching-up"
ACCEPTED = "ledger-records-lost"
TOLD_MS = 30 * 86_400_000  # how long staff read about records that were given up
EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Loss:
    """Records that a person gave up at `at` (ms): the ledger ended at `size`, and had been at `known`."""

    at: int
    size: int
    known: int
    root: str


@dataclass(frozen=True)
class Mark:
    """The longest state known: size, log root (hex) and when it was seen (ms), with the losses so far."""

    ledger: str
    size: int
    root: str
    at: int
    losses: tuple[Loss, ...] = ()


class MarkUnreadableError(ValueError):
    """The file is there and says nothing that we understand."""


def read_mark(path: Path) -> Mark | None:
    """What the file says; None when there is none. Raises MarkUnreadableError."""
    try:
        found = json.loads(path.read_text("utf-8"))
        mark = Mark(**{**found, "losses": tuple(Loss(**each) for each in found["losses"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MarkUnreadableError(f"{path} cannot be read: {type(error).__name__}") from None
    if not (is_hex(mark.ledger, 64) and is_hex(mark.root, 64) and type(mark.size) is int and mark.size > 0):
        raise MarkUnreadableError(f"{path} holds something else than a mark")
    return mark


def write_mark(path: Path, mark: Mark) -> None:
    """Put the mark on disk, whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_private(path, json.dumps(asdict(mark), indent=1).encode())


def is_behind(view: View, mark: Mark | None) -> bool:
    """Whether this ledger lacks what the mark names: it is shorter, or it went another way."""
    if mark is None or mark.ledger != view.genesis.id:
        return False
    return mark.size > view.size or view.root_at(mark.size).hex() != mark.root


def expected_mark(genesis: Genesis, note: str, at: int) -> Mark | None:
    """What a checkpoint that somebody kept says; None when no operator of this ledger signed it."""
    for operator in genesis.operators:
        try:
            found = open_checkpoint(note, genesis.origin, genesis.checkpoint_key(operator["id"]))
        except Malformed:
            continue
        return Mark(genesis.id, found.size, found.root.hex(), at)
    return None


def raised(mark: Mark | None, view: View, at: int) -> Mark:
    """The mark for what this view shows; the losses stay. Only for a view that is not behind."""
    losses = mark.losses if mark is not None and mark.ledger == view.genesis.id else ()
    return Mark(view.genesis.id, view.size, view.root.hex(), at, losses)


def accept(mark: Mark, view: View, at: int) -> Mark:
    """Goes on with this ledger, and keeps in mind what was given up."""
    loss = Loss(at, view.size, mark.size, mark.root)
    return replace(raised(mark, view, at), losses=(*mark.losses, loss))


class Watermark:
    """The mark of a running node: judged once when it starts, raised while it runs."""

    def __init__(self, path: Path, engine: Engine, clock: Callable[[], int]) -> None:
        self._path, self._engine, self._clock = path, engine, clock
        self._changed, self._closed = Event(), Event()
        self._thread: Thread | None = None
        try:
            self._mark = read_mark(path)
        except MarkUnreadableError:
            self._mark = None  # doctor says so; the next raise writes it anew
        with engine.view() as view:
            self._behind = is_behind(view, self._mark)
            if self._mark is not None and self._mark.ledger != view.genesis.id:
                self._mark = None

    @property
    def behind(self) -> bool:
        """Whether the ledger lacks what it had; where others have it, that ends while the node runs."""
        if self._behind and self._engine.genesis.validators:
            with self._engine.view() as view:
                self._behind = is_behind(view, self._mark)
        return self._behind

    @property
    def code(self) -> str | None:
        """The code that people read: behind the mark, or lately gone on without some records."""
        if self.behind:
            return CATCHING_UP if self._engine.genesis.validators else BEHIND
        lately = self._clock() - TOLD_MS
        return ACCEPTED if any(loss.at > lately for loss in self._losses) else None

    @property
    def distrusted(self) -> int:
        """Grants from before this index open nothing: whether they were taken back is not known any more."""
        return max((loss.size for loss in self._losses), default=0)

    def raise_now(self) -> None:
        """Write down what the ledger is; never when it is behind. Raises OSError, LedgerError."""
        if self.behind:
            return
        with self._engine.view() as view:
            if self._mark is None or view.size != self._mark.size:
                self._mark = raised(self._mark, view, self._clock())
                write_mark(self._path, self._mark)

    def follow(self, failed: Callable[[str], None]) -> None:
        """Raises the mark after commits, in a thread of its own; `failed(kind)` hears of what went wrong."""
        self._engine.subscribe(lambda _news: self._changed.set())
        self._changed.set()
        self._thread = Thread(target=self._follow, args=(failed,), name="watermark", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread that follows."""
        self._closed.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self, failed: Callable[[str], None]) -> None:
        while not self._closed.is_set():
            self._changed.wait()
            self._changed.clear()
            try:
                self.raise_now()
            except (OSError, LedgerError) as error:
                failed(type(error).__name__)
            self._closed.wait(EVERY_SECONDS)

    @property
    def _losses(self) -> tuple[Loss, ...]:
        return self._mark.losses if self._mark is not None else ()


class Halted:
    """An engine that shows its ledger and takes nothing while `holds`: every way to write ends here."""

    def __init__(self, engine: Engine, holds: Callable[[], bool]) -> None:
        self._engine, self._holds = engine, holds

    @property
    def id(self) -> str:
        return self._engine.id

    @property
    def genesis(self) -> Genesis:
        return self._engine.genesis

    @property
    def genesis_bytes(self) -> bytes:
        return self._engine.genesis_bytes

    def submit(self, entry: str) -> Future[Committed | Refusal]:
        if self._holds():
            raise _halted()
        return self._engine.submit(entry)

    def record(self, entry: str, timeout: float) -> Committed | Refusal:
        if self._holds():
            raise _halted()
        return self._engine.record(entry, timeout)

    def view(self) -> AbstractContextManager[View]:
        return self._engine.view()

    def subscribe(self, callback: Subscriber) -> None:
        self._engine.subscribe(callback)

    def close(self) -> None:
        self._engine.close()


def _halted() -> Unavailable:
    return Unavailable(BEHIND, "the ledger lacks records that it had; nothing is written")
