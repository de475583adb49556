"""What patients and doctors of different hospitals do: a phone, a grant for another node, a look at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from tests.gateway.disclosure.world import bundle
from tests.gateway.peers.town import Node, Town
from tests.gateway.wallet.phone import Phone

HOUR = 3_600_000
CHECKS = {"document": True, "match": True, "present": True}


@dataclass
class Story:
    """One person with a chart at every hospital; ``doctor`` works at B."""

    town: Town
    doctor: Any

    def linked(self, node: Node) -> Phone:
        """The person's phone, linked at a hospital's desk."""
        desk, patient = node.staff("desk"), patient_of(node)
        body = {"checks": CHECKS, "rekey": False}
        invited = desk.post(f"/console/api/patients/{patient}/invites", json=body)
        assert invited.status_code == 200, invited.text
        reference = invited.json["reference"]
        phone = Phone(node.gw, node.client(), node.institution)
        assert phone.fetch(reference).status_code == 200
        assert phone.prove(reference).status_code == 200
        confirmed = desk.post(f"/console/api/references/{reference}/confirm", json={})
        assert confirmed.json["state"] == "confirmed", confirmed.text
        return phone

    def asked(self, **changes: Any) -> tuple[str, Phone, str]:
        """(reference, the one-time key that fetched it, request) of a question by the doctor at B."""
        b = self.town.b
        question = {
            "patient": None,
            "purpose": "TREAT",
            "reason": "糖尿病复诊",
            "kinds": ["laboratory"],
            "from": None,
            "not_after": self.town.clock() + 72 * HOUR,
        }
        answer = self.doctor.post("/console/api/asks", json={**question, **changes})
        assert answer.status_code == 200, answer.text
        reference = str(answer.json["reference"])
        asker = Phone(b.gw, b.client(), b.institution)
        return reference, asker, asker.fetch(reference).json["request"]

    def granted(self, *phones: Phone, **changes: Any) -> tuple[str, list[dict[str, Any]]]:
        """(reference, offers): each phone's hospital gives what the doctor at B asked for."""
        reference, asker, request = self.asked()
        offers = []
        for phone in phones:
            given, offer = phone.give(request, **changes)
            assert given.status_code == 201, given.text
            offers.append(offer)
        answer = self.answered(reference, asker, offers)
        assert answer.json == {"state": "chosen"}, answer.text
        accepted = self.doctor.post(f"/console/api/references/{reference}/confirm", json={})
        assert accepted.json["state"] == "accepted", accepted.text
        return reference, offers

    def answered(self, reference: str, asker: Phone, offers: list[dict[str, Any]]) -> TestResponse:
        return asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": offers})

    def look(self, reference: str, again: bool = False) -> TestResponse:
        address = f"/console/api/visits/{reference}"
        return self.doctor.post(f"{address}/refresh", json={}) if again else self.doctor.get(address)

    def seen(self, reference: str, again: bool = False) -> dict[str, Any]:
        answer = self.look(reference, again)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)


def bring_records(node: Node, folder: Path, laboratory: int = 3) -> None:
    path = folder / f"records-{node.institution}.json"
    path.write_text(json.dumps(bundle("first", laboratory), ensure_ascii=False))
    gw = node.gw
    import_paths(gw.db, node.institution, [path], Report(), clock=gw.clock, entropy=gw.entropy)


def patient_of(node: Node) -> str:
    with node.gw.db.connect() as conn:
        return str(find_patients(conn, node.institution, "chart-first")[0].id)
