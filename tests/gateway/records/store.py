"""A records store of its own for each test, and short ways to make and import resources."""

import itertools
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from gateway.records.elements.json_text import parse
from gateway.records.importing.importer import import_bundle, import_paths
from gateway.records.importing.refusals import Refused
from gateway.records.importing.report import Report
from gateway.records.importing.stated import Stated
from gateway.records.searching.search import Page, Query, parse_query, search
from gateway.records.tables import record
from gateway.store.database import connect_database
from gateway.store.metadata import metadata
from ledger.store.place import Postgres
from tests.postgres import POSTGRES, chosen_kind, shared

WX, WT = "a" * 32, "b" * 32
NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z
DATA = Path(__file__).parents[4] / "shared" / "data"
LOINC, ICD_10, SNOMED = "http://loinc.org", "http://hl7.org/fhir/sid/icd-10", "http://snomed.info/sct"


def open_store(folder: Path, kind: str | None = None) -> Engine:
    """An empty store in a real file, or in a database of the tests' PostgreSQL."""
    if (kind or chosen_kind()) == POSTGRES:
        db = connect_database(Postgres(shared().new_database()))
    else:
        db = connect_database(folder / "gateway.db")
    metadata.create_all(db)
    return db


class Store:
    """One institution's store under test; `report` is that of the last import."""

    def __init__(self, db: Engine) -> None:
        self.db, self.now = db, NOW
        self.refused: list[Refused] = []
        self._ids = itertools.count(1)
        self.report = Report()

    def entropy(self, count: int) -> bytes:
        return next(self._ids).to_bytes(count, "big")

    def take(
        self,
        *resources: Any,
        institution: str = WX,
        type_: str = "collection",
        stated: Stated | None = None,
        **members: Any,
    ) -> Report:
        """Imports resources as one Bundle."""
        entries = [each if "resource" in each else {"resource": each} for each in resources]
        bundle = {"resourceType": "Bundle", "type": type_, **members, "entry": entries}
        return self.take_text(json.dumps(bundle), institution, stated)

    def take_text(self, text: str, institution: str = WX, stated: Stated | None = None) -> Report:
        self.report, self.refused = self._report(), []
        return import_bundle(
            self.db, institution, text, self.report,
            clock=lambda: self.now, entropy=self.entropy, stated=stated,
        )  # fmt: skip

    def take_files(self, *paths: Path, institution: str = WX, stated: Stated | None = None) -> Report:
        self.report, self.refused = self._report(), []
        return import_paths(
            self.db, institution, paths, self.report,
            clock=lambda: self.now, entropy=self.entropy, stated=stated,
        )  # fmt: skip

    def _report(self) -> Report:
        return Report(lambda refused: self.refused.append(refused))

    @property
    def codes(self) -> list[str]:
        """Codes of the refusals of the last import."""
        return [each.code for each in self.refused]

    def rows(self, type_: str | None = None, institution: str = WX) -> list[Any]:
        query = select(record).where(record.c.institution == institution).order_by(record.c.number)
        with self.db.connect() as conn:
            return conn.execute(query if type_ is None else query.where(record.c.type == type_)).all()

    def content(self) -> list[tuple[Any, ...]]:
        """All that is stored, in the sender's names: what two stores of the same files have in common."""
        rows = self.rows()
        names = {f"{row.type}/{row.id}": row.source_id for row in rows}
        return sorted(
            (row.source_id, row.kind, row.own_labels, row.labels, row.sort_date, _plain(row, names))
            for row in rows
        )

    def row(self, type_: str, institution: str = WX) -> Any:
        (only,) = self.rows(type_, institution)
        return only

    def resource(self, type_: str) -> dict[str, Any]:
        return parse(self.row(type_).json_text)

    def patient(self) -> str:
        """The local id of the only Patient."""
        return str(self.row("Patient").id)

    def search(self, type_: str, *pairs: tuple[str, str], scope: Any = None, **more: Any) -> Page:
        """A search of the only patient's records."""
        patient = self.patient()
        whose = [] if type_ == "Patient" else [("patient", patient)]
        query = parse_query(type_, [*whose, *pairs])
        assert isinstance(query, Query), query
        with self.db.connect() as conn:
            return search(conn, WX, patient, query, scope, **more)


def _plain(row: Any, names: dict[str, str]) -> str:
    resource = parse(row.json_text)
    for name in ("id", "meta"):
        resource.pop(name, None)
    text = json.dumps(resource, sort_keys=True)
    for ours, theirs in names.items():
        if ours in text:
            text = text.replace(ours, theirs)
    return text


def patient(id_: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "name": [{"text": "林秀兰（合成）"}], "gender": "female",
            "birthDate": "1946-03-08", **more}  # fmt: skip


def observation(id_: str = "o1", code: str = "4548-4", whose: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "subject": {"reference": f"Patient/{whose}"},
            "effectiveDateTime": "2025-06-02T08:10:00+08:00", **more}  # fmt: skip


def report(id_: str = "r1", whose: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "id": id_, "status": "final",
            "code": {"text": "报告"},
            "subject": {"reference": f"Patient/{whose}"},
            "effectiveDateTime": "2025-06-02", **more}  # fmt: skip


def encounter(id_: str = "e1", whose: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": id_, "status": "finished",
            "subject": {"reference": f"Patient/{whose}"}, **more}  # fmt: skip
