"""Decides what becomes of each prepared resource: stored, changed, unchanged, or refused and why.

Reads the store and writes nothing. Whose record a resource is, what its references mean, whether it cites
another patient's record, and whether anything changed at all:
1. A record never moves to another patient, and never cites another patient's record.
2. The same source id and content change nothing, and an older version never replaces a newer one.
3. What is refused leaves no name behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from gateway.records.definitions.resource_types import TYPES, belongs_to_patient
from gateway.records.elements.references import Conditional, Pointer
from gateway.records.importing.drugs import Drug, carry, cited_drug, drugs_of
from gateway.records.importing.former import was_replaced
from gateway.records.importing.identities import AT_ONCE, Identities, Local
from gateway.records.importing.preparation import Prepared
from gateway.records.importing.stated import Stated, display_of, named_by_identifier
from gateway.records.tables import record

STORED, CHANGED, UNCHANGED = "stored", "changed", "unchanged"
TAKEN = frozenset({STORED, CHANGED, UNCHANGED})
DRUG_AWAITED = "drug-awaited"  # no refusal: it is stored once the drug is here, or at the end without it


@dataclass
class Desk:
    """What one batch is judged with. `now` is ms UTC; `stated` is whose records the command says they are.

    `may_return`: a content that was replaced may stand again, because it comes from here and not from a file.
    """

    institution: str
    now: int
    identities: Identities
    stated: Stated | None = None
    may_wait: bool = False
    may_return: bool = False
    displays: set[str] = field(default_factory=set)  # whom resources name by a display alone


class Verdict(NamedTuple):
    """What becomes of one resource. `row` is what is stored of it, `local` and `patient_id` are its own."""

    one: Prepared
    code: str
    local: Local | None = None
    patient_id: str | None = None
    row: Row[Any] | None = None


def judge(conn: Connection, desk: Desk, prepared: list[Prepared]) -> list[Verdict]:
    """One verdict for each resource, in order."""
    identities = desk.identities
    identities.load(conn, _source_ids(prepared))
    identities.answer(conn, {each for one in prepared for each in _conditions(one)})
    identities.answer_creates(conn, {one.condition for one in prepared if one.condition})
    piece = _Piece(desk, conn, _stored_rows(conn, desk, prepared))
    piece.drugs.update(drugs_of(conn, desk.institution, _cited_drugs(desk, prepared)))
    return [piece.judge(one) for one in prepared]


def _source_ids(prepared: list[Prepared]) -> Iterable[str]:
    for one in prepared:
        yield one.source_id
        for pointer in one.pointers:
            if pointer.target is not None:
                yield from pointer.target.source_ids


def _conditions(one: Prepared) -> Iterable[Conditional]:
    yield from one.conditions
    yield from filter(None, map(named_by_identifier, _patient_nodes(one)))


def _patient_nodes(one: Prepared) -> list[Any]:
    element = TYPES[one.type].patient
    named = one.resource.get(element) if element else None
    return named if isinstance(named, list) else [] if named is None else [named]


def _stored_rows(conn: Connection, desk: Desk, prepared: list[Prepared]) -> dict[str, Row[Any]]:
    known, by_type = desk.identities.known, dict[str, list[str]]()
    for one in prepared:
        if one.source_id in known:
            by_type.setdefault(one.type, []).append(known[one.source_id].id)
    columns = (
        record.c.number, record.c.id, record.c.patient_id, record.c.version, record.c.source_hash,
        record.c.sent, record.c.labels,
    )  # fmt: skip
    found: dict[str, Row[Any]] = {}
    for type_, ids in by_type.items():
        for start in range(0, len(ids), AT_ONCE):
            query = select(*columns).where(
                record.c.institution == desk.institution,
                record.c.type == type_,
                record.c.id.in_(ids[start : start + AT_ONCE]),
            )
            found.update((row.id, row) for row in conn.execute(query))
    return found


def _cited_drugs(desk: Desk, prepared: list[Prepared]) -> set[str]:
    known = desk.identities.known
    return {
        known[source].id
        for one in prepared
        if (pointer := cited_drug(one)) is not None and pointer.target is not None
        for source in pointer.target.source_ids
        if source in known
    }


@dataclass
class _Piece:
    """The resources that are judged together, with what is stored of them."""

    desk: Desk
    conn: Connection
    stored: dict[str, Row[Any]]
    drugs: dict[str, Drug] = field(default_factory=dict)  # by local id

    def judge(self, one: Prepared) -> Verdict:
        self.desk.identities.begin()
        verdict = self._judge(one)
        if verdict.code not in TAKEN:
            self.desk.identities.undo()
        elif one.type == "Medication" and verdict.local is not None:
            self.drugs[verdict.local.id] = Drug(one.resource, one.source_hash)
        return verdict

    def _judge(self, one: Prepared) -> Verdict:
        desk, identities = self.desk, self.desk.identities
        if one.condition is not None and (matches := identities.creates[one.condition]):
            if len(matches) > 1:
                return Verdict(one, "create-ambiguous")
            identities.stands_for(one.source_id, matches[0])
            return Verdict(one, UNCHANGED, matches[0])
        if any(identities.meant_by(each) is None for each in one.conditions):
            return Verdict(one, "reference-unmatched")
        known = identities.known.get(one.source_id)
        row = self.stored.get(known.id) if known is not None else None
        if self._takes_its_drug(one) and desk.may_wait:
            return Verdict(one, DRUG_AWAITED)
        if row is not None and row.source_hash == one.source_hash:
            return Verdict(one, UNCHANGED, known, row.patient_id, row)
        patient_id, fault = self._patient_of(one)
        if fault is None and row is not None:
            fault = self._is_no_successor(one, row, patient_id)
        if fault is None:
            fault = self._rewrite(one, patient_id)
        if fault is not None:
            return Verdict(one, fault)
        local = identities.settle(one.source_id, one.type, patient_id)
        if one.condition is not None:
            identities.creates[one.condition] = (local,)
        return Verdict(one, STORED if row is None else CHANGED, local, patient_id, row)

    def _takes_its_drug(self, one: Prepared) -> bool:
        """Puts the drug that is cited into the resource; True when it may still come."""
        pointer = cited_drug(one)
        local = None if pointer is None else self._meant(pointer)
        if pointer is None or local is None or local.type != "Medication":
            return False
        drug = self.drugs.get(local.id)
        if drug is None:
            return True
        carry(one, pointer.node, drug)
        one.source_hash = sha256(f"{one.source_hash}\n{drug.source_hash}".encode()).hexdigest()
        return False

    def _is_no_successor(self, one: Prepared, row: Row[Any], patient_id: str | None) -> str | None:
        if row.patient_id != patient_id:
            return "patient-changed"
        is_newer = one.sent is not None and row.sent is not None and one.sent > row.sent
        is_older = one.sent is not None and row.sent is not None and one.sent < row.sent
        is_back = not is_newer and was_replaced(self.conn, self.desk.institution, one.source_hash)
        return "older-version" if (is_older or is_back) and not self.desk.may_return else None

    def _patient_of(self, one: Prepared) -> tuple[str | None, str | None]:
        """Whose record this is, and the refusal when that cannot be said."""
        stated = self.desk.stated
        if one.type == "Patient":
            if stated is not None:
                return None, "patient-stated"
            id_ = self.desk.identities.name(one.source_id, "Patient", None).id
            return self.desk.identities.settle(one.source_id, "Patient", id_).id, None
        if not TYPES[one.type].patient:
            return None, None
        nodes = _patient_nodes(one)
        pointers = {id(each.node): each for each in one.pointers}
        named = {self._whose(pointers.get(id(node)), node) for node in nodes} - {None}
        if len(named) > 1 or (named and stated is not None and named != {stated.patient_id}):
            return None, "mixed-patients"
        if named:
            return named.pop(), None
        if stated is None or any(display_of(node) is None for node in nodes):
            return None, "no-patient"
        displays = self.desk.displays
        displays.update(filter(None, map(display_of, nodes)))
        if len(displays) > 1 and not stated.is_one_person:
            return None, "names-differ"
        return stated.patient_id, None

    def _whose(self, pointer: Pointer | None, node: Any) -> str | None:
        """The patient to whom what a node refers to belongs."""
        local = None if pointer is None else self._meant(pointer)
        if pointer is None and (condition := named_by_identifier(node)) is not None:
            local = self.desk.identities.meant_by(condition)
        return local.patient_id if local is not None and belongs_to_patient(local.type) else None

    def _meant(self, pointer: Pointer, patient_id: str | None = None) -> Local | None:
        """The resource that a Reference means, when it is or will be in this store."""
        stated, identities = self.desk.stated, self.desk.identities
        if stated is not None and pointer.node["reference"] in stated.names:
            return Local("Patient", stated.patient_id, stated.patient_id)
        if pointer.condition is not None:
            return identities.meant_by(pointer.condition)
        return None if pointer.target is None else identities.target(pointer.target, patient_id)

    def _rewrite(self, one: Prepared, patient_id: str | None) -> str | None:
        """Puts local ids into every reference; the refusal when one leads to another patient."""
        meant = [(each.node, self._meant(each, patient_id)) for each in one.pointers]
        for _, local in meant:
            foreign = local is not None and local.patient_id not in (None, patient_id)
            if foreign and one.type != "Patient":
                return "mixed-patients"
        known = self.desk.identities.known.get(one.source_id)
        if known is not None and known.patient_id not in (None, patient_id):
            return "mixed-patients"
        for node, local in meant:
            if local is not None:
                node["reference"] = f"{local.type}/{local.id}"
        _name_patient(one, patient_id)
        return None


def _name_patient(one: Prepared, patient_id: str | None) -> None:
    """Writes the patient's reference where the sender named them in another way, or not at all."""
    element = TYPES[one.type].patient
    named = one.resource.get(element, {}) if element else None
    if patient_id is not None and isinstance(named, dict) and "reference" not in named:
        one.resource[element] = {**named, "reference": f"Patient/{patient_id}"}
