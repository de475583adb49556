"""A doctor's order form for tests: a clinic with approved rules, a hospital with results, one patient."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from consent.reuse.rule_file import parse_rules
from gateway.disclosure.tables import opening
from gateway.links.links import links_of_patient
from gateway.records.tables import record
from gateway.reuse.rules.rulings import rule_on
from gateway.reuse.rules.stored import load_rules, stored_rules
from gateway.reuse.tables import reuse_order
from ledger.entry import parse_entry
from ledger.record import decode_record
from tests.gateway.disclosure.world import category, import_into
from tests.gateway.wallet.story import Story

DAY = 86_400_000
LOINC = "http://loinc.org"
HBA1C, LDL, TG = "4548-4", "22748-8", "14927-8"
RULES = """
[group.hba1c]
words = { zh = "糖化血红蛋白", en = "HbA1c" }
codes = ["4548-4"]

[[group.hba1c.rule]]
situation = "default"
version = 1
min_interval_d = 40
sources = ["LEEDS"]

[[group.hba1c.rule]]
situation = "stable"
words = { zh = "控制稳定", en = "stable" }
version = 3
min_interval_d = 60
window_d = 90
sources = ["G147:B-E19"]

[group.lipids]
words = { zh = "血脂", en = "lipids" }
codes = ["22748-8", "14927-8"]
members = ["22748-8", "14927-8"]

[[group.lipids.rule]]
situation = "default"
version = 1
min_interval_d = 30
sources = ["CN-HB"]

[group.afp]
words = { zh = "甲胎蛋白", en = "AFP" }
codes = ["1834-1"]

[[group.afp.rule]]
situation = "default"
version = 1
min_interval_d = 90
sources = ["G147:B-TM1"]
"""


def iso(at: int) -> str:
    """A moment (ms) as a FHIR dateTime."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def result(name: str, code: str, value: str, at: int, **more: Any) -> dict[str, Any]:
    """A laboratory result of the patient "first", collected at a moment (ms)."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [category("laboratory")],
        "code": {"coding": [{"system": LOINC, "code": code}], "text": "糖化血红蛋白"},
        "subject": {"reference": "Patient/p-first"},
        "effectiveDateTime": iso(at),
        "valueQuantity": {
            "value": float(value),
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
        "referenceRange": [{"low": {"value": 4.0, "unit": "%"}, "high": {"value": 6.0, "unit": "%"}}],
        **more,
    }


def add_records(story: Story, institution: str, *resources: dict[str, Any]) -> None:
    entries = [{"fullUrl": f"urn:test:{each['id']}", "resource": each} for each in resources]
    import_into(story.gw, institution, {"resourceType": "Bundle", "type": "collection", "entry": entries})


def adopt(story: Story, text: str = RULES, *, approved: bool = True, but: str = "afp") -> None:
    """The clinic loads these rules and approves all but one group's."""
    gw, read = story.gw, parse_rules(text)
    assert read.faults == ()
    with gw.db.begin() as conn:
        assert load_rules(conn, story.clinic, read.rules, gw.clock()).faults == ()
        for stored in stored_rules(conn, story.clinic) if approved else ():
            if stored.rule.group != but:
                who = "检验科主任（合成）"
                assert rule_on(gw, conn, gw.ledger.id, story.clinic, stored, "approve", who) is None


@dataclass
class Form:
    """The clinic's doctor before the order form of the patient's chart."""

    story: Story
    visits: list[str]
    phone: Any = None  # the patient's, with the grant that opened the view
    grant: str = ""

    @property
    def doctor(self) -> FlaskClient:
        return self.story.doctor

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.doctor.post(f"/console/api/orders{path}", json=body)

    def body(self, **more: Any) -> dict[str, Any]:
        return {"patient": self.story.chart, "visits": self.visits, **more}

    def check(self, group: str = "hba1c", **more: Any) -> dict[str, Any]:
        order = {name: more.pop(name) for name in ("code", "situation") if name in more}
        answer = self.post("/check", self.body(orders=[{"group": group, **order}], **more))
        assert answer.status_code == 200, answer.text
        return dict(answer.json["checks"][0])

    def use(self, check: dict[str, Any]) -> Any:
        return self.post(f"/{check['order']['id']}/use", {"visits": self.visits})

    def repeat(self, check: dict[str, Any], **more: Any) -> Any:
        body = {"reason": "condition-changed", "informed": "yes", **more}
        return self.post(f"/{check['order']['id']}/repeat", body)

    def undo(self, order: str) -> Any:
        return self.post(f"/{order}/undo", {})

    def place(self, group: str = "hba1c", **more: Any) -> Any:
        return self.post("", self.body(order={"group": group}, **more))


def entries_of(story: Story) -> list[dict[str, Any]]:
    """The opened details of the result.reused entries on the chart's own links, in order."""
    with story.gw.db.connect() as conn:
        links = links_of_patient(conn, story.clinic, story.chart)
        found = []
        for link in links:
            with story.gw.ledger.view() as view:
                chain = view.chain(link)
            for row in chain:
                payload = parse_entry(decode_record(row.record_bytes).entry.decode()).payload
                if payload["kind"] == "result.reused":
                    details = select(opening.c.details).where(opening.c.commitment == payload["commitment"])
                    found.append(json.loads(conn.execute(details).scalar_one()))
    return found


def filed(story: Story, kind: str = "Observation") -> list[dict[str, Any]]:
    """What lies filed in the clinic's own chart as copies (or their Provenance, or orders)."""
    query = select(record.c.json_text).where(record.c.institution == story.clinic, record.c.type == kind)
    if kind == "Observation":
        query = query.where(record.c.source_id.startswith("urn:yaoshi:copy:"))
    with story.gw.db.connect() as conn:
        return [json.loads(text) for text in conn.execute(query.order_by(record.c.number)).scalars()]


def rows(story: Story) -> list[Any]:
    with story.gw.db.connect() as conn:
        return list(conn.execute(select(reuse_order).order_by(reuse_order.c.offered_at)))
