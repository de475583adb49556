"""A small town for the exchange's tests: two institutions' staff, one person with charts, a phone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.composition import Gateway
from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from tests.gateway.disclosure.world import bundle
from tests.gateway.wallet.phone import Phone

HOUR = 3_600_000
CHECKS = {"document": True, "match": True, "present": True}


@dataclass
class Story:
    """``hospital`` holds records, ``clinic`` asks; ``patient`` and ``chart`` are the person's ids at each."""

    gw: Gateway
    clock: Any
    app: Flask
    hospital: str
    clinic: str
    patient: str
    chart: str
    desk: FlaskClient
    clinician: FlaskClient
    doctor: FlaskClient
    sign_in: Callable[..., FlaskClient]

    def days_later(self, days: int) -> None:
        """Sessions do not last that long: the doctor signs in again."""
        self.clock.advance(days=days)
        self.doctor = self.sign_in("clinician", self.clinic)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def phone(self, institution: str | None = None) -> Phone:
        return Phone(self.gw, self.client(), institution or self.hospital)

    def invite(self, rekey: bool = False, patient: str | None = None) -> dict[str, Any]:
        answer = self.desk.post(
            f"/console/api/patients/{patient or self.patient}/invites",
            json={"checks": CHECKS, "rekey": rekey},
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def linked(self, rekey: bool = False) -> Phone:
        """A phone that was linked at the hospital's desk."""
        phone, reference = self.phone(), self.invite(rekey)["reference"]
        assert phone.fetch(reference).status_code == 200
        assert phone.prove(reference).json == {"state": "waiting"}
        confirmed = self.desk.post(f"/console/api/references/{reference}/confirm", json={})
        assert confirmed.json["state"] == "confirmed", confirmed.text
        return phone

    def ask(self, **changes: Any) -> dict[str, Any]:
        question = {
            "patient": self.chart,
            "purpose": "TREAT",
            "reason": "糖尿病复诊",
            "kinds": ["laboratory"],
            "from": None,
            "not_after": self.gw.clock() + 72 * HOUR,
        }
        answer = self.doctor.post("/console/api/asks", json={**question, **changes})
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def asker(self) -> Phone:
        """The one-time key with which a phone fetches a doctor's request."""
        return self.phone(self.clinic)

    def granted(self, phone: Phone, **changes: Any) -> tuple[str, dict[str, Any]]:
        """Ask, fetch, give, answer, compare digits: (reference, what was offered)."""
        reference, asker = self.ask()["reference"], self.asker()
        request = asker.fetch(reference).json["request"]
        given, offer = phone.give(request, **changes)
        assert given.status_code == 201, given.text
        answer = asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [offer]})
        assert answer.json == {"state": "chosen"}, answer.text
        accepted = self.doctor.post(f"/console/api/references/{reference}/confirm", json={})
        assert accepted.json["state"] == "accepted", accepted.text
        return reference, offer

    def visit(self, reference: str) -> dict[str, Any]:
        answer = self.doctor.get(f"/console/api/visits/{reference}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)


@pytest.fixture
def story(
    gw: Gateway,
    clock: Any,
    flask_app: Flask,
    institutions: list[str],
    console_as: Callable[..., FlaskClient],
    tmp_path: Path,
) -> Story:
    hospital, clinic = institutions[:2]
    path = tmp_path / "records.json"
    path.write_text(json.dumps(bundle("first", 3), ensure_ascii=False))
    charts = []
    for institution in (hospital, clinic):
        import_paths(gw.db, institution, [path], Report(), clock=gw.clock, entropy=gw.entropy)
        with gw.db.connect() as conn:
            charts.append(find_patients(conn, institution, "chart-first")[0].id)
    return Story(
        gw=gw,
        clock=clock,
        app=flask_app,
        hospital=hospital,
        clinic=clinic,
        patient=charts[0],
        chart=charts[1],
        desk=console_as("desk", hospital),
        clinician=console_as("clinician", hospital),
        doctor=console_as("clinician", clinic),
        sign_in=console_as,
    )
