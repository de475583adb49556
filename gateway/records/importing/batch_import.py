"""Takes one batch of resources into the store: piece by piece, or whole or not at all.

FHIR R4 Bundle: a transaction is stored whole or not at all; so are a document, which is about one patient,
and a Bundle whose patient the command states. Each is refused whole when it is mixed up about who is meant:
then nothing of it can be trusted. What is left out for another reason (type, form) is left out alone.
Everything else goes in pieces, each a short transaction of the store, so that the node goes on working; a
Bundle too large for one transaction is judged whole first and then goes in pieces as well, which a crash can
leave half-done until the same import runs again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter, sleep

from sqlalchemy import Connection, Engine

from gateway.records.importing.at_hand import AtHand
from gateway.records.importing.identities import Identities
from gateway.records.importing.judging import TAKEN, UNCHANGED, Desk, Verdict, judge
from gateway.records.importing.preparation import Prepared, in_order, names_of, prepare
from gateway.records.importing.stated import Stated
from gateway.records.importing.writer import write_verdicts
from gateway.records.reading.batches import Batch
from gateway.records.reading.bundle_text import Spot

Told = tuple[int, str, str, str]  # place, type, what became of it (judging.TAKEN or a refusal), detail
Tell = Callable[[int, str, str, str], None]
Finish = Callable[[Connection, list[Verdict]], None]  # what else is written with the last piece

RESOURCES_AT_ONCE = 500
BYTES_AT_ONCE = 8 * 2**20
WHOLE_AT_ONCE = 5000  # resources: a few seconds, within which the node's own writing waits
REST = 0.2  # of the time that a transaction took

# A Bundle that is to be stored whole is refused whole for these; a later file may cure the first.
_UNMATCHED = "reference-unmatched"
_MIXED_UP = frozenset({_UNMATCHED, "mixed-patients", "create-ambiguous", "twice-in-bundle", "names-differ"})
BUNDLE_AWAITED = "bundle-awaited"  # no refusal: it is judged again once more is here
_WHOLE = frozenset({"transaction", "document"})


@dataclass
class Hall:
    """What an import writes to. `may_wait`: what could be cured by a later file is not stored without it."""

    db: Engine
    institution: str
    clock: Callable[[], int]
    entropy: Callable[[int], bytes]
    stated: Stated | None = None
    may_wait: bool = True
    displays: set[str] = field(default_factory=set)  # of the file at hand
    _locked: float = 0.0
    _released: float = 0.0

    def desk(self, at_hand: AtHand, is_whole: bool) -> Desk:
        """A desk for one batch or one piece of it."""
        identities = Identities(self.institution, lambda: self.entropy(16).hex(), at_hand)
        may_wait = self.may_wait and not is_whole
        return Desk(self.institution, self.clock(), identities, self.stated, may_wait, self.displays)

    def rest(self) -> None:
        """Leaves the store to the node for a while: SQLite gives waiting writers no queue."""
        sleep(max(0.0, REST * self._locked - (perf_counter() - self._released)))

    def note_lock(self, started: float) -> None:
        """Remembers how long a transaction took."""
        self._released = perf_counter()
        self._locked = self._released - started


class _MixedUp(Exception):  # noqa: N818 - takes a transaction back, and is no error
    """A Bundle that is refused whole."""


def take_batch(hall: Hall, batch: Batch, only: Iterable[int] | None, tell: Tell, finish: Finish) -> None:
    """Takes a batch, or only these places of it, and tells once what became of each resource."""
    is_whole = batch.form in _WHOLE or (batch.form != "" and hall.stated is not None)
    if batch.form:
        hall.displays.clear()
    wanted = None if only is None else frozenset(only)
    spots = in_order(spot for spot in batch.spots if wanted is None or spot.place in wanted)
    taking = _Taking(hall, batch, spots, is_whole)
    if is_whole and len(spots) <= WHOLE_AT_ONCE:
        taking.take_whole(tell, finish)
    elif not is_whole or taking.is_sound(tell):
        taking.take_apart(tell, finish)


class _Taking:
    """One batch on its way into the store."""

    def __init__(self, hall: Hall, batch: Batch, spots: list[Spot], is_whole: bool) -> None:
        self._hall, self._batch, self._spots, self._is_whole = hall, batch, spots, is_whole
        self._names, self._at_hand = names_of(batch.spots), AtHand(batch)

    def take_apart(self, tell: Tell, finish: Finish) -> None:
        """Each piece in a transaction of its own."""
        fates = _Fates(tell)
        pieces = list(_cut(self._spots))
        for number, piece in enumerate(pieces, 1):
            prepared = self._prepare(piece, fates)
            is_last = number == len(pieces)
            if not prepared and not (is_last and self._batch.mark):
                continue
            self._hall.rest()
            started = perf_counter()
            with self._hall.db.begin() as conn:
                desk = self._hall.desk(self._at_hand, self._is_whole)
                verdicts = judge(conn, desk, prepared)
                write_verdicts(conn, desk, verdicts)
                if is_last:
                    finish(conn, verdicts)
            self._hall.note_lock(started)
            fates.settle(verdicts)
        fates.settle_twins()

    def take_whole(self, tell: Tell, finish: Finish) -> None:
        """All pieces in one transaction, which is taken back when the Bundle is mixed up."""
        told: list[Told] = []
        fates = _Fates(lambda *what: told.append(what))
        self._hall.rest()
        started = perf_counter()
        try:
            with self._hall.db.begin() as conn:
                desk = self._hall.desk(self._at_hand, self._is_whole)
                for verdicts in self._judged(conn, desk, fates):
                    write_verdicts(conn, desk, verdicts)
                _refuse_mixed_up(told)
                finish(conn, [])
        except _MixedUp:
            told = self._refused_whole(told)
        self._hall.note_lock(started)
        for what in told:
            tell(*what)

    def is_sound(self, tell: Tell) -> bool:
        """Judges the whole Bundle without writing; False when it is mixed up, and then tells so."""
        told: list[Told] = []
        fates = _Fates(lambda *what: told.append(what))
        try:
            with self._hall.db.connect() as conn:
                for _ in self._judged(conn, self._hall.desk(self._at_hand, self._is_whole), fates):
                    pass
                _refuse_mixed_up(told)
        except _MixedUp:
            for what in self._refused_whole(told):
                tell(*what)
            return False
        return True

    def _judged(self, conn: Connection, desk: Desk, fates: "_Fates") -> Iterator[list[Verdict]]:
        patients: set[str] = set()
        for piece in _cut(self._spots):
            verdicts = judge(conn, desk, self._prepare(piece, fates))
            if self._batch.form == "document":
                verdicts = [_of_one_patient(patients, verdict) for verdict in verdicts]
            fates.settle(verdicts)
            yield verdicts
        fates.settle_twins()

    def _refused_whole(self, told: list[Told]) -> list[Told]:
        mixed_up = {code for _, _, code, _ in told if code in _MIXED_UP}
        waits = self._hall.may_wait and mixed_up == {_UNMATCHED}
        instead = BUNDLE_AWAITED if waits else "transaction-refused"
        return [
            (place, type_, instead if code in TAKEN else code, detail) for place, type_, code, detail in told
        ]

    def _prepare(self, piece: list[Spot], fates: "_Fates") -> list[Prepared]:
        first, again = prepare(self._batch, piece, self._names, fates.seen, fates.tell)
        fates.twins.extend((one.place, one.type, one.source_id) for one in again)
        return first


class _Fates:
    """What became of each resource of a batch; those that stand there twice share one fate."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.seen: dict[str, str] = {}  # source id -> hash
        self.twins: list[tuple[int, str, str]] = []  # place, type, source id
        self._codes: dict[str, str] = {}

    def settle(self, verdicts: list[Verdict]) -> None:
        for verdict in verdicts:
            self._codes[verdict.one.source_id] = verdict.code
            self.tell(verdict.one.place, verdict.one.type, verdict.code, "")

    def settle_twins(self) -> None:
        for place, type_, source_id in self.twins:
            code = self._codes[source_id]
            self.tell(place, type_, UNCHANGED if code in TAKEN else code, "")


def _cut(spots: list[Spot]) -> Iterator[list[Spot]]:
    """Pieces of bounded number and size."""
    piece: list[Spot] = []
    size = 0
    for spot in spots:
        if piece and (len(piece) == RESOURCES_AT_ONCE or size + spot.end - spot.start > BYTES_AT_ONCE):
            yield piece
            piece, size = [], 0
        piece.append(spot)
        size += spot.end - spot.start
    if piece:
        yield piece


def _of_one_patient(patients: set[str], verdict: Verdict) -> Verdict:
    """A document is about one patient; the record of a second one does not belong into it."""
    if verdict.patient_id is None or verdict.one.type == "Patient":
        return verdict
    patients.add(verdict.patient_id)
    return verdict if len(patients) == 1 else Verdict(verdict.one, "mixed-patients")


def _refuse_mixed_up(told: list[Told]) -> None:
    if any(code in _MIXED_UP for _, _, code, _ in told):
        raise _MixedUp
