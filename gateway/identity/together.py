"""Signs what several threads have for one key at one moment together, so that all check one signature.

docs/formats/batch.md; only where a consortium orders: each of its nodes checks every signature, so that is
what costs there (docs/decisions/0015). An entry whose key signed nothing a moment ago is signed at once; what
comes within that moment of the last signature waits for the rest of it. Invariant: each thread gets its own
entry, complete: it may be kept, handed in and sent again by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition
from time import monotonic
from typing import Any

PACE_S = 0.01
MOST = 64  # some 40 kB, well within an envelope
Sign = Callable[[str, str, Sequence[dict[str, Any]]], list[str]]


@dataclass(eq=False, slots=True)
class _Wanted:
    payload: dict[str, Any]
    entry: str | None = None
    fault: BaseException | None = None


@dataclass(eq=False, slots=True)
class _Desk:
    """What waits for one key; `busy` while one thread signs for all, `until` when it may sign next."""

    changed: Condition = field(default_factory=Condition)
    waiting: list[_Wanted] = field(default_factory=list)
    busy: bool = False
    until: float = 0.0


class Together:
    """One for each gateway; `sign` makes the entries of an institution's key of a use."""

    def __init__(self, sign: Sign, pace_s: float = PACE_S) -> None:
        self._sign = sign
        self._pace_s = pace_s
        self._desks: defaultdict[tuple[str, str], _Desk] = defaultdict(_Desk)

    def sign(self, institution: str, use: str, payload: dict[str, Any]) -> str:
        """The entry of this payload, in a signed batch when others came. Raises KeyMissingError."""
        desk, mine = self._desks[institution, use], _Wanted(payload)
        with desk.changed:
            desk.waiting.append(mine)
            desk.changed.notify_all()
            while mine.entry is None and mine.fault is None:
                if desk.busy:
                    desk.changed.wait()
                else:
                    self._sign_for_all(desk, institution, use)
        if mine.entry is None:
            raise mine.fault or RuntimeError("neither an entry nor a fault")
        return mine.entry

    def _sign_for_all(self, desk: _Desk, institution: str, use: str) -> None:
        desk.busy = True
        try:
            while len(desk.waiting) < MOST and (left := desk.until - monotonic()) > 0:
                desk.changed.wait(left)
            together, desk.waiting = desk.waiting[:MOST], desk.waiting[MOST:]
            self._give(together, institution, use)
        finally:
            desk.busy, desk.until = False, monotonic() + self._pace_s
            desk.changed.notify_all()

    def _give(self, together: list[_Wanted], institution: str, use: str) -> None:
        try:
            entries = self._sign(institution, use, [one.payload for one in together])
        except BaseException as fault:  # each of them raises it
            for one in together:
                one.fault = fault
            return
        for one, entry in zip(together, entries, strict=True):
            one.entry = entry
