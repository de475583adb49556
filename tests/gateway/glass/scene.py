"""What happens in an emergency, as calls of the doors: a clinic's doctor declares it to a hospital."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from gateway.composition import Gateway
from gateway.glass.reading import DECLARATION_TYP
from gateway.glass.tables import glass_attempt
from ledger.entry import parse_entry
from ledger.record import decode_record
from tests.gateway.disclosure.world import bundle, observation
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import Story

NUMBER, SYSTEM, BIRTH = "chart-first", "urn:test:chart", "1970-01-01"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
TTL = 4 * 3_600_000


@dataclass
class Scene:
    """`officer` is the hospital's (the custodian's) privacy officer, `officer_there` the clinic's."""

    story: Story
    officer: FlaskClient
    officer_there: FlaskClient

    @property
    def gw(self) -> Gateway:
        return self.story.gw

    @property
    def doctor(self) -> FlaskClient:
        return self.story.doctor

    def wanted(self, **changes: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "custodian": self.story.hospital,
            "identifier": {"system": SYSTEM, "value": NUMBER},
            "birth_date": BIRTH,
            "reason": "unconscious",
            "text": None,
            "ttl_ms": None,
            "patient": None,
        }
        return {**body, **changes}

    def declare(self, client: FlaskClient | None = None, **changes: Any) -> TestResponse:
        return (client or self.doctor).post("/console/api/emergencies", json=self.wanted(**changes))

    def declared(self, **changes: Any) -> dict[str, Any]:
        answer = self.declare(**changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def look(self, emergency: str, client: FlaskClient | None = None) -> TestResponse:
        return (client or self.doctor).get(f"/console/api/emergencies/{emergency}")

    def seen(self, emergency: str) -> dict[str, Any]:
        answer = self.look(emergency)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def source(self, emergency: str) -> dict[str, Any]:
        [source] = self.seen(emergency)["sources"]
        return dict(source)

    def refresh(self, emergency: str) -> TestResponse:
        return self.doctor.post(f"/console/api/emergencies/{emergency}/refresh", json={})

    def queue(self, officer: FlaskClient | None = None) -> dict[str, Any]:
        answer = (officer or self.officer).get("/console/api/reviews")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def case(self, officer: FlaskClient | None = None) -> dict[str, Any]:
        """The only case that waits or is done."""
        queue = self.queue(officer)
        [case] = queue["waiting"] + queue["done"]
        return dict(case)

    def review(
        self, glass: str, verdict: str, words: str = "", officer: FlaskClient | None = None
    ) -> TestResponse:
        body = {"verdict": verdict, "words": words}
        return (officer or self.officer).post(f"/console/api/reviews/{glass}", json=body)

    def stop(self, glass: str, officer: FlaskClient | None = None) -> TestResponse:
        return (officer or self.officer).post(f"/console/api/reviews/{glass}/close", json={})

    def entries(self, link: str) -> list[Any]:
        """Parsed entries of a link, in order."""
        with self.gw.ledger.view() as view:
            rows = view.chain(link)
        return [parse_entry(decode_record(row.record_bytes).entry.decode()) for row in rows]

    def kinds(self, link: str) -> list[str]:
        return [entry.kind for entry in self.entries(link)]

    def size(self) -> int:
        with self.gw.ledger.view() as view:
            return int(view.size)

    def attempts(self) -> list[tuple[str | None, str]]:
        """(clinician, outcome) of the hospital's attempts, oldest first."""
        query = select(glass_attempt).order_by(glass_attempt.c.number)
        with self.gw.db.connect() as conn:
            return [(row.clinician, row.outcome) for row in conn.execute(query)]

    # The other institution's own hand, for what the console would never send

    def payload(self, **changes: Any) -> dict[str, Any]:
        clinician = {"id": "dr-9", "name": "合成医生", "role": "physician", "department": "急诊科"}
        body: dict[str, Any] = {
            "ledger": self.gw.ledger.id,
            "institution": self.story.clinic,
            "custodian": self.story.hospital,
            "identifier": {"system": SYSTEM, "value": NUMBER},
            "birth_date": BIRTH,
            "clinician": clinician,
            "reason": "unconscious",
            "text": None,
            "ttl_ms": TTL,
            "at": self.gw.clock(),
            "nonce": self.gw.entropy(16).hex(),
        }
        return {**body, **changes}

    def signed(self, use: str = "peer", by: str | None = None, **changes: Any) -> str:
        signer = by or self.story.clinic
        return self.gw.keys.sign(signer, use, DECLARATION_TYP, self.payload(**changes))

    def send(self, declaration: str, address: str = "10.0.0.1") -> TestResponse:
        """The peer's door at the hospital."""
        return self.story.client().post(
            f"/i/{self.story.hospital}/glass",
            json={"declaration": declaration},
            environ_overrides={"REMOTE_ADDR": address},
        )


def linked(scene: Scene) -> Phone:
    return scene.story.linked()


def more_charts() -> list[dict[str, Any]]:
    """More of the first person, another person, two charts with one number, and a chart with half a date."""
    first = bundle("first", 0)
    very = labelled(observation("first", 5001), CONFIDENTIALITY, "V")
    hidden = labelled(observation("first", 5002), ACT_CODE, "HIDDEN")
    restricted = labelled(observation("first", 5003), CONFIDENTIALITY, "R")
    person = first["entry"][0]
    first["entry"] = [person, *({"fullUrl": f"urn:test:Observation-{o['id']}", "resource": o}
                               for o in (very, hidden, restricted))]  # fmt: skip
    twins = [numbered(bundle(name, 0), "chart-twin") for name in ("twin-a", "twin-b")]
    young = bundle("young", 0)
    young["entry"][0]["resource"]["birthDate"] = "1970"
    return [first, bundle("second", 1), *twins, young]


def labelled(resource: dict[str, Any], system: str, code: str) -> dict[str, Any]:
    return {**resource, "meta": {"security": [{"system": system, "code": code}]}}


def numbered(one: dict[str, Any], number: str) -> dict[str, Any]:
    text = json.dumps(one, ensure_ascii=False)
    made: dict[str, Any] = json.loads(text)
    made["entry"][0]["resource"]["identifier"].append({"system": SYSTEM, "value": number})
    return made
