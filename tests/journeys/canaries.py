"""Results with values that occur nowhere else, and a search for them in every table and file of a node.

All institutions of a demonstration share one node, so the custodian's own rows are told from the grantee's by
the institution that a row belongs to; and once the custodian's rows are taken away, no file may hold a trace.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.journeys.node import Node, flask

LOINC = "http://loinc.org"
# Values as a laboratory would print them, but of these digits only here.
HBA1C, LDL, FREE_T4 = "6.7391852", "2.4185936", "15.926384"
WORDS, METHOD = "缄默的金丝雀之结论", "金丝雀色谱法"
ALL = (HBA1C, LDL, FREE_T4, WORDS, METHOD)


@dataclass(frozen=True)
class Found:
    """One cell that holds a canary."""

    database: str
    table: str
    institution: str | None  # of the record that the row is, or belongs to
    row: dict[str, Any]


def import_canaries(node: Node, code: str, chart: str, folder: Path) -> None:
    """A day's results with canaries, imported for the patient with this chart number."""
    at = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")
    subject = {"reference": f"Patient?identifier=urn:yaoshi:demo:{code}:chart|{chart}"}
    results = [
        _result("canary-hba1c", "4548-4", HBA1C, "%", at, subject),
        _result("canary-ldl", "22748-8", LDL, "mmol/L", at, subject),
        _result("canary-ft4", "14920-3", FREE_T4, "pmol/L", at, subject),
    ]
    report = {
        "resourceType": "DiagnosticReport",
        "id": "canary-report",
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB"}]}
        ],
        "code": {"coding": [{"system": LOINC, "code": "11502-2"}]},
        "subject": subject,
        "effectiveDateTime": at,
        "conclusion": WORDS,
    }
    path = folder / "canaries.ndjson"
    lines = [json.dumps(each, ensure_ascii=False) for each in (*results, report)]
    # Numbers are written as they are to be kept, digit by digit.
    path.write_text("\n".join(lines).replace('"<', "").replace('>"', ""), encoding="utf-8")
    done = flask(node, "records", "import", "--institution", code, str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def _result(name: str, code: str, value: str, unit: str, at: str, subject: dict[str, str]) -> dict[str, Any]:
    quantity = {"value": f"<{value}>", "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    laboratory = {
        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
        "code": "laboratory",
    }
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [{"coding": [laboratory]}],
        "code": {"coding": [{"system": LOINC, "code": code}], "text": name},
        "subject": subject,
        "effectiveDateTime": at,
        "valueQuantity": quantity,
        "method": {"text": METHOD},
        "specimen": {"display": "静脉血"},
    }


def in_tables(node: Node) -> list[Found]:
    """Every cell of every table of every database of the node that holds a canary."""
    return [found for path in sorted(node.data.rglob("*.db")) for found in _in_database(path)]


def _in_database(path: Path) -> Iterator[Found]:
    with closing(sqlite3.connect(path)) as conn:
        conn.row_factory = sqlite3.Row
        names = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        owners = {}
        if "record" in names:
            owners = dict(conn.execute("SELECT number, institution FROM record").fetchall())
        for name in names:
            for row in conn.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - names of our own tables
                cells = dict(row)
                if any(_holds(value) for value in cells.values()):
                    owner = cells.get("institution") or owners.get(cells.get("record"))
                    yield Found(path.name, name, owner, cells)


def _holds(value: Any) -> bool:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return any(canary in text for canary in ALL)


def forget_custodian(node: Node, institution: str) -> None:
    """Takes the custodian's own rows out of a stopped node's databases, leaving no old page behind."""
    with closing(sqlite3.connect(node.data / "gateway.db")) as conn:
        conn.execute("PRAGMA foreign_keys = OFF")
        mine = "(SELECT number FROM record WHERE institution = ?)"
        for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = {row[1] for row in conn.execute(f'PRAGMA table_info("{name}")')}
            if name != "record" and "record" in columns:
                conn.execute(f'DELETE FROM "{name}" WHERE record IN {mine}', (institution,))  # noqa: S608
        conn.execute("DELETE FROM record WHERE institution = ?", (institution,))
        conn.commit()
        conn.execute("VACUUM")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def in_files(node: Node) -> dict[str, list[str]]:
    """{file: the canaries that its bytes hold} over everything below the node's folder."""
    found = {}
    for path in sorted(each for each in node.var.rglob("*") if each.is_file()):
        content = path.read_bytes()
        held = [canary for canary in ALL if canary.encode() in content]
        if held:
            found[str(path.relative_to(node.var))] = held
    return found
