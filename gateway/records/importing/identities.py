"""Gives each source id one local id, and finds the local resource that a reference means.

A local id is random and given once, at the first mention; the resource may arrive later. Conditional
references are answered from the store, then from the batch at hand. Not here: rewriting the resource.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from gateway.records.elements.references import Conditional, Target
from gateway.records.tables import record, record_source, record_token
from ledger.store.prepared import Prepared

AT_ONCE = 500

AtHand = Callable[[Conditional], list[str]]  # source ids of the batch that fit a condition


class Local(NamedTuple):
    """A resource of ours. `patient_id` is whose it is; of a Patient only once it has arrived."""

    type: str
    id: str
    patient_id: str | None


@dataclass
class Identities:
    """The local ids that a batch, or one piece of it, needs; `fresh` are source ids named the first time."""

    institution: str
    new_id: Callable[[], str]
    at_hand: AtHand
    known: dict[str, Local] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    arrived: list[str] = field(default_factory=list)  # only mentioned before, by nobody's resource
    conditions: dict[Conditional, tuple[Local | str, ...]] = field(default_factory=dict)  # of references
    creates: dict[Conditional, tuple[Local, ...]] = field(default_factory=dict)  # of ifNoneExist
    _asked: set[str] = field(default_factory=set)
    _named: list[str] = field(default_factory=list)  # since the last `begin`

    def load(self, conn: Connection, sources: Iterable[str]) -> None:
        """Reads the local ids of these source ids."""
        wanted = sorted(set(sources) - self._asked - self.known.keys())
        self._asked.update(wanted)
        for start in range(0, len(wanted), AT_ONCE):
            rows = conn.execute(
                select(record_source).where(
                    record_source.c.institution == self.institution,
                    record_source.c.source_id.in_(wanted[start : start + AT_ONCE]),
                )
            )
            self.known.update((row.source_id, Local(row.type, row.id, row.patient_id)) for row in rows)

    def begin(self) -> None:
        """From here on names are those of one resource."""
        self._named.clear()

    def undo(self) -> None:
        """Forgets what was named since `begin`: what is refused leaves nothing behind."""
        for source_id in self._named:
            del self.known[source_id]
            self.fresh.discard(source_id)
        self._named.clear()

    def name(self, source_id: str, type_: str, patient_id: str | None) -> Local:
        """The local id of a source id, given now if it has none."""
        local = self.known.get(source_id)
        if local is None:
            local = self.known[source_id] = Local(type_, self.new_id(), patient_id)
            self.fresh.add(source_id)
            self._named.append(source_id)
        return local

    def settle(self, source_id: str, type_: str, patient_id: str | None) -> Local:
        """The local resource of a source id, whose patient is known from now on."""
        local = self.name(source_id, type_, patient_id)
        if local.patient_id != patient_id:
            local = self.known[source_id] = local._replace(patient_id=patient_id)
            if source_id not in self.fresh:
                self.arrived.append(source_id)
        return local

    def target(self, target: Target, patient_id: str | None) -> Local | None:
        """The resource that a reference leads to; named now when it is expected later."""
        for source in target.source_ids:
            if source in self.known:
                return self.known[source]
        if not target.expected:
            return None
        return self.name(target.source_ids[0], target.type, None if target.type == "Patient" else patient_id)

    def save(self, conn: Connection) -> None:
        """Writes what was named for the first time."""
        rows = [
            {"institution": self.institution, "source_id": source, **self.known[source]._asdict()}
            for source in sorted(self.fresh)
        ]
        if rows:
            _INSERT.run_many(conn, rows)
        for source in self.arrived:
            conn.execute(
                update(record_source)
                .where(record_source.c.institution == self.institution, record_source.c.source_id == source)
                .values(patient_id=self.known[source].patient_id)
            )
        self.fresh.clear()
        self.arrived.clear()

    def answer(self, conn: Connection, conditions: Iterable[Conditional]) -> None:
        """Finds what each conditional reference means: none, one or several resources."""
        for condition in conditions:
            if condition not in self.conditions:
                stored = _stored(conn, self.institution, condition)
                self.conditions[condition] = stored or tuple(self.at_hand(condition))

    def answer_creates(self, conn: Connection, conditions: Iterable[Conditional]) -> None:
        """Finds what is in the store already for each ifNoneExist."""
        for condition in conditions:
            if condition not in self.creates:
                self.creates[condition] = _stored(conn, self.institution, condition)

    def meant_by(self, condition: Conditional) -> Local | None:
        """The only resource that a conditional reference fits, None when there is not exactly one."""
        answers = self.conditions[condition]
        if len(answers) != 1:
            return None
        (answer,) = answers
        return self.name(answer, condition.type, None) if isinstance(answer, str) else answer

    def stands_for(self, source_id: str, local: Local) -> None:
        """Lets a source id mean a resource that is in the store under another name."""
        if source_id not in self.known:
            self.known[source_id] = local
            self.fresh.add(source_id)


_INSERT = Prepared(insert(record_source))


def _stored(conn: Connection, institution: str, condition: Conditional) -> tuple[Local, ...]:
    statement = _BY_VALUE if condition.system is None else _BY_IDENTIFIER
    rows = statement.all(
        conn, institution=institution, type=condition.type, value=condition.value, system=condition.system
    )
    return tuple(Local(*row) for row in rows)


def _matching(*more: ColumnElement[bool]) -> Prepared:
    """Two at most: whether there are more makes no difference."""
    fits = (
        record_token.c.param == "identifier",
        record_token.c.code == bindparam("value"),
        record.c.institution == bindparam("institution"),
        record.c.type == bindparam("type"),
        *more,
    )
    columns = select(record.c.type, record.c.id, record.c.patient_id).distinct().limit(2)
    return Prepared(columns.join(record_token, record_token.c.record == record.c.number).where(*fits))


_BY_VALUE = _matching()
_BY_IDENTIFIER = _matching(record_token.c.system == bindparam("system"))
