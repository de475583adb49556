"""The ledger's state as it will be once what waits about a link is recorded: the same rules, applied ahead.

So a revocation that waits ends its grant for every question that is asked here, and an emergency that waits
stands. Invariants: (1) what the rules refuse now changes nothing, so nobody's junk ends or opens anything;
(2) what may be recorded late is judged as if it came late, so nothing opens for longer than the ledger will
say in the end; (3) what the ledger has is not applied again, so nothing that it ended stands up again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.contracts import contract_at
from ledger.encoding import unb64u
from ledger.entry import Entry
from ledger.errors import Refusal
from ledger.registry import Signer


class Snapshot(Protocol):
    """One view of the ledger."""

    @property
    def size(self) -> int: ...
    @property
    def time(self) -> int: ...
    def get(self, key: str) -> dict[str, Any] | None: ...
    def entry_index(self, entry_id: str) -> int | None: ...


# The kinds that may be recorded late and are judged by their own time then (consent.skew).
_MAY_BE_LATE = frozenset({"glass.broken", "disclosure.made"})


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the rules see of the ledger."""

    foresight: Foresight
    index: int

    def get(self, key: str) -> dict[str, Any] | None:
        return self.foresight.get(key)


class Foresight:
    """A snapshot with entries applied on top of it; `size` and `time` stay those of the snapshot."""

    def __init__(self, view: Snapshot, entries: Iterable[Entry] = ()) -> None:
        self._view = view
        self._documents: dict[str, dict[str, Any] | None] = {}
        self._applied = 0
        self.size, self.time = view.size, view.time
        for entry in entries:
            self.apply(entry)

    def get(self, key: str) -> dict[str, Any] | None:
        """A state document by key."""
        return self._documents[key] if key in self._documents else self._view.get(key)

    def apply(self, entry: Entry) -> Refusal | None:
        """Put an entry on top, or say why the rules refuse it now."""
        if self._view.entry_index(entry.id) is not None:
            return None
        key = self.get(f"key/{entry.kid}")
        if key is None or not entry.signed_by(unb64u(key["key"], 32)):
            return Refusal("entry-unknown-key", "no such key on this ledger, or it did not sign this")
        signer = Signer(entry.kid, key["subject"], key["subject_type"], key["use"])
        moment = _Moment(self, self.size + self._applied)
        rules = contract_at(self.get, moment.index, entry.kind)
        if rules is None:
            return Refusal("entry-kind-unknown", "the rules in force do not know this kind")
        outcome = rules.apply(moment, entry, signer, max(self.time, self._soonest(entry)))
        if not isinstance(outcome, dict):
            return Refusal(outcome.code, outcome.detail)
        self._documents.update(outcome)
        self._applied += 1
        return None

    def entry_index(self, entry_id: str) -> int | None:
        """Where the ledger has this entry; None of one that waits."""
        return self._view.entry_index(entry_id)

    def _soonest(self, entry: Entry) -> int:
        """The time of the record that this entry is judged by, ms."""
        limits = self.get("limits")
        if entry.kind not in _MAY_BE_LATE or limits is None:
            return entry.at
        return entry.at + int(limits["skew_ms"]) + 1


def foresee(view: Any, waiting: Iterable[Entry]) -> Any:
    """The view with what waits on top; that is read before it: what is recorded in between is in the view."""
    entries = list(waiting)
    return Foresight(view, entries) if entries else view
