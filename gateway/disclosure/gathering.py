"""Keeps the openings of threads that come at one moment in one transaction, so that they share one fsync.

The first thread that comes writes at once; those that come while it writes wait together, and the first of
them writes for all. Nothing is delayed for the sake of company. Invariant: `keep` returns when the row is
durable, or raises and then nothing is known of it; a transaction that failed is tried again by each thread
with its own row, so nobody fails for another's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Engine

from gateway.disclosure.tables import opening
from ledger.store.prepared import Prepared

KEEP = Prepared(lambda insert: insert(opening).on_conflict_do_nothing())


@dataclass(eq=False, slots=True)
class _Waiting:
    row: dict[str, Any]
    durable: bool = False


class Gathering:
    """One for each node."""

    def __init__(self, db: Engine) -> None:
        self._db = db
        self._arrival, self._turn = Lock(), Lock()
        self._waiting: list[_Waiting] = []

    def keep(self, row: dict[str, Any]) -> None:
        """Store a row of the opening table durably; the same commitment again changes nothing."""
        mine = _Waiting(row)
        with self._arrival:
            self._waiting.append(mine)
        with self._turn:
            if not mine.durable:  # else the thread before wrote it
                self._write(mine)

    def _write(self, mine: _Waiting) -> None:
        together = self._take(mine)
        try:
            self._insert(together)
        except Exception:
            if len(together) == 1:
                raise
            self._insert([mine])

    def _take(self, mine: _Waiting) -> list[_Waiting]:
        with self._arrival:
            if mine not in self._waiting:  # the thread before took it, and their transaction failed
                return [mine]
            together, self._waiting = self._waiting, []
            return together

    def _insert(self, together: list[_Waiting]) -> None:
        with self._db.begin() as conn:
            KEEP.run_many(conn, [each.row for each in together])
        for each in together:
            each.durable = True
