"""Records an entry, or keeps it until the consortium can: for what goes on without a quorum.

Issue: own looks, revocations, emergencies with their releases, and their end. Grants and releases under them
never come here: they are recorded first or do not happen. Only an engine that orders by agreement says
`no-quorum`; the outage of a ledger of one operator is the node's own and is raised as it was (an emergency is
kept in it).
Invariants: (1) an answer `Queued` is durable, and its entry will be on the ledger once, or its refusal will
be kept and shown; (2) what waits about a link is handed in before what comes later about it; (3) nothing is
kept that the rules refuse as far as can be seen from here; what they refuse only for being late is no refusal
but the outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.outbox import store
from gateway.outbox.delivery import Delivery
from gateway.outbox.foresight import Foresight
from ledger.committed import Committed
from ledger.entry import Entry, parse_entry
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.outbox.store import Kept

NO_QUORUM = "no-quorum"
TOO_LATE = "at-out-of-skew"
_UNDECIDED = (NO_QUORUM, "outcome-unknown", "ledger-busy")
PATIENCE_S = 2.5  # below the three seconds after which a phone turns to another node
WAIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Queued:
    """The entry is durable here and not yet recorded by the others."""

    entry_id: str
    subject: str
    at: int


class Outbox:
    """One for each gateway."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self.delivery = Delivery(gw)

    def record(
        self, text: str, tell: str | None = None, urgent: bool = False
    ) -> Committed | Refusal | Queued:
        """Record an entry about a link, or keep it; `tell` an institution elsewhere that has to know of it.

        `urgent`: an emergency, kept whenever it may still be recorded; all else only without a quorum.
        Raises Unavailable: neither is known to be the case.
        """
        entry = parse_entry(text)
        if self._gw.watermark.behind or self._goes_at_once(entry):
            try:
                return self._answer(text, PATIENCE_S) if urgent else self._ask(text)
            except Unavailable as outage:
                if outage.code not in (_UNDECIDED if urgent else (NO_QUORUM,)):
                    raise
        return self._keep(entry, tell)

    def keep(self, text: str) -> Refusal | Queued:
        """Keep an entry that another node could not get recorded, so that it does not hang on that node."""
        return self._keep(parse_entry(text), None)

    def demand_room(self) -> None:
        """Raises Unavailable(outbox-full) when nothing further could wait."""
        with self._gw.db.connect() as conn:
            if store.counts(conn)[0] >= store.MOST:
                raise store.full()

    def waiting(self, subject: str) -> list[Entry]:
        """What waits about a link, oldest first."""
        with self._gw.db.connect() as conn:
            return store.waiting_of(conn, subject)

    def rows(self, subject: str) -> list[Kept]:
        """What waits about a link, and what was refused in the end, oldest first."""
        with self._gw.db.connect() as conn:
            return store.rows_of(conn, subject)

    def about(self, under: str) -> list[Entry]:
        """What waits about one grant or glass, oldest first; with a glass also the opening of its link."""
        with self._gw.db.connect() as conn:
            found = store.about(conn, under)
            if not any(entry.id == under for entry in found):
                return found
            waiting = store.waiting_of(conn, found[0].subject)
        names = {entry.id for entry in found}
        return [entry for entry in waiting if entry.kind == "link.open" or entry.id in names]

    def find(self, entry_id: str) -> Entry | None:
        """One entry that waits, or None."""
        with self._gw.db.connect() as conn:
            return store.find(conn, entry_id)

    def all_recorded(self, under: str) -> bool:
        """Whether nothing about this grant or glass waits here or was refused in the end."""
        with self._gw.db.connect() as conn:
            return not store.about(conn, under) and not store.refused_about(conn, under)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that people read: entries wait, entries were refused in the end."""
        with self._gw.db.connect() as conn:
            waiting, refused = store.counts(conn)
        found = (("entries-wait", waiting), ("entries-refused-late", refused))
        return tuple(code for code, count in found if count)

    def _goes_at_once(self, entry: Entry) -> bool:
        if self.delivery.away:
            return False
        if not self.waiting(entry.subject):
            return True
        with self._gw.ledger.view() as view:
            return view.entry_index(entry.id) is not None

    def _ask(self, text: str) -> Committed | Refusal:
        try:
            return self._answer(text, PATIENCE_S)
        except Unavailable as outage:
            if outage.code != "outcome-unknown":
                raise
        # There are blocks: it waits its turn among many.
        return self._answer(text, WAIT_SECONDS)

    def _answer(self, text: str, seconds: float) -> Committed | Refusal:
        answer: Committed | Refusal = self._gw.ledger.record(text, seconds)
        return answer

    def _keep(self, entry: Entry, tell: str | None) -> Refusal | Queued:
        waiting = self.waiting(entry.subject)
        with self._gw.ledger.view() as view:
            foreseen = Foresight(view, waiting)
            refused = foreseen.apply(entry)
            link = foreseen.get(f"link/{entry.subject}")
            if entry.at > max(view.time, self._gw.clock()) + view.genesis.limits["skew_ms"]:
                # The ledger would refuse it until then, and all that comes later about the link would wait.
                refused = Refusal("entry-early", "the entry's time is ahead of the ledger's")
        if refused is not None and not any(each.id == entry.id for each in waiting):
            if refused.code == TOO_LATE:
                raise Unavailable(NO_QUORUM, "it may not be recorded late, and cannot be now")
            return refused
        institution = link["institution"] if link is not None else ""
        with self._gw.db.begin() as conn:
            kept = store.keep(conn, entry, institution, self._gw.clock(), tell)
        if kept:
            self._gw.log.warning("entry-waits", kind=entry.kind, entry=entry.id)
            self._gw.bus.publish(f"link:{entry.subject}")
        self.delivery.stands_still()
        return Queued(entry.id, entry.subject, entry.at)
