"""One gateway's engine in a process of its own, as in a node, told over a pipe what to hand in and when.

Times are CLOCK_MONOTONIC seconds, the same clock in all processes of a machine. A subscriber is there, as in
every real gateway, so that each gateway reads what all others recorded.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.consortium.chain import Validator
from bench.consortium.town import Town
from consent.under import under_status
from gateway.cli.opening import now_ms
from gateway.contracts import CONTRACTS
from ledger.committed import Committed, News
from ledger.engine.cometbft import CometBFTEngine
from ledger.errors import Unavailable

ANSWER_WITHIN_S = 60.0


@dataclass(frozen=True)
class Done:
    """What became of what was handed in: from when to when, seconds that each entry took, and refusals.

    An entry that the gateway turned away, because too many waited, counts as one that took ANSWER_WITHIN_S.
    """

    began: float
    ended: float
    taken: list[float]
    failed: list[str]


class Gateway:
    """The other end of the pipe."""

    def __init__(self, validator: Validator, town: Town, number: int, in_flight: int) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.validator = validator
        where = (validator.store, validator.rpc, validator.socket.parent)
        what = (theirs, where, town.genesis, town.checkpoints[number], in_flight)
        self.process = context.Process(target=_serve, args=what, daemon=True)
        self.process.start()
        if self._pipe.recv() != "ready":
            raise RuntimeError("a gateway did not begin")

    def begin(self, task: str, *arguments: Any) -> None:
        """Give it something to do; `finish` has the answer."""
        self._pipe.send((task, arguments))

    def finish(self) -> Any:
        """The answer to what was begun."""
        return self._pipe.recv()

    def close(self) -> None:
        with suppress(BrokenPipeError):  # it failed, and said why
            self._pipe.send(None)
        self.process.join(ANSWER_WITHIN_S)
        self.process.kill()


@contextmanager
def gateways(validators: Sequence[Validator], town: Town, in_flight: int) -> Iterator[list[Gateway]]:
    """A gateway beside each validator."""
    found: list[Gateway] = []
    try:
        found += [Gateway(one, town, number, in_flight) for number, one in enumerate(validators)]
        yield found
    finally:
        for one in found:
            one.close()


def together(found: Sequence[Gateway], task: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The same task at all gateways at once, each with arguments of its own."""
    for one, own in zip(found, arguments, strict=True):
        one.begin(task, *own)
    return [one.finish() for one in found]


def _serve(
    pipe: Connection, where: tuple[Path, str, Path], genesis: bytes, checkpoint_seed: bytes, in_flight: int
) -> None:
    store, rpc, wake_directory = where
    engine = CometBFTEngine.open(
        store,
        genesis,
        contracts=CONTRACTS,
        checkpoint_seed=checkpoint_seed,
        clock=now_ms,
        rpc=rpc,
        wake_directory=wake_directory,
        in_flight=in_flight,
        answer_within_s=ANSWER_WITHIN_S,
    )
    watch = _Watch(engine)
    engine.subscribe(watch.hear)
    gc.freeze()
    tasks = {"closed": _closed, "paced": _paced, "one": _one}
    looks = {"watch": watch.begin, "refusals": watch.refusals}
    pipe.send("ready")
    while (asked := pipe.recv()) is not None:
        task, arguments = asked
        pipe.send(looks[task](*arguments) if task in looks else tasks[task](engine, *arguments))
    engine.close()


class _Results:
    """Collects answers, from the engine's thread."""

    def __init__(self, wanted: int) -> None:
        self._left = wanted
        self._all, self._lock = threading.Event(), threading.Lock()
        self.ended = 0.0
        self.taken: list[float] = []
        self.failed: list[str] = []

    def hand_in(self, engine: CometBFTEngine, entry: str, answered: Any = None) -> None:
        began = time.monotonic()
        try:
            future = engine.submit(entry)
        except Unavailable:
            self._note(ANSWER_WITHIN_S, answered)
        else:
            future.add_done_callback(partial(self._take, began, answered))

    def _take(self, began: float, answered: Any, future: Any) -> None:
        self.ended = time.monotonic()
        fault = future.exception()
        if fault is not None or not isinstance(future.result(), Committed):
            self.failed.append(getattr(fault or future.result(), "code", type(fault).__name__))
        self._note(self.ended - began, answered)

    def _note(self, seconds: float, answered: Any) -> None:
        with self._lock:
            self.taken.append(seconds)
            self._left -= 1
        if answered is not None:
            answered()
        if self._left <= 0:
            self._all.set()

    def wait(self, began: float) -> Done:
        if not self._all.wait(ANSWER_WITHIN_S * 2):
            raise TimeoutError("entries without an answer")
        return Done(began, self.ended, self.taken, self.failed)


def _closed(engine: CometBFTEngine, groups: list[list[str]], at_once: int) -> Done:
    """Hand in all groups, so many at once, each a group that was signed together or one entry."""
    results = _Results(sum(len(group) for group in groups))
    room, began = threading.Semaphore(at_once), time.monotonic()
    for group in groups:
        room.acquire()
        left = [len(group)]

        def answered(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                room.release()

        for entry in group:
            results.hand_in(engine, entry, answered)
    return results.wait(began)


def _paced(engine: CometBFTEngine, groups: list[list[str]], per_second: float, first: float) -> Done:
    """Hand in one group after the other at this rate, whatever the answers; `first` shifts the beginning."""
    results = _Results(sum(len(group) for group in groups))
    began = time.monotonic() + first
    for number, group in enumerate(groups):
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        for entry in group:
            results.hand_in(engine, entry)
    return results.wait(began)


def _one(engine: CometBFTEngine, entry: str) -> tuple[float, str]:
    """Hand in one entry and wait: when it was handed in, and its id."""
    began = time.monotonic()
    answer = engine.record(entry, ANSWER_WITHIN_S)
    if not isinstance(answer, Committed):
        raise RuntimeError(f"the ledger refused {answer.code}")
    return began, answer.entry_id


class _Watch:
    """When this gateway's own copy of the ledger first refused what a grant that was taken back allowed."""

    def __init__(self, engine: CometBFTEngine) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._active: set[str] = set()
        self._refused: dict[str, float] = {}

    def begin(self, grants: list[str]) -> None:
        """From now on, look after each commit whether these grants are still active."""
        self._active = set(grants)

    def hear(self, _news: Sequence[News]) -> None:
        if not self._active:
            return
        with self._engine.view() as view:
            refused = [
                one for one in self._active if under_status(view, one, now_ms(), view.time) != "active"
            ]
        with self._changed:
            self._refused.update(dict.fromkeys(refused, time.monotonic()))
            self._active = self._active.difference(refused)
            self._changed.notify_all()

    def refusals(self, grants: list[str]) -> list[float]:
        """For each grant the moment from which it is refused here."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._refused.keys() >= set(grants), ANSWER_WITHIN_S):
                raise TimeoutError("a revocation was not heard of")
            return [self._refused[grant] for grant in grants]
