"""A patient who offers, a doctor who takes the offer, and requests that somebody signs by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.offers.store import LONGEST_MS
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import HOUR, Story

UNKNOWN = "00000000"


@dataclass
class Offering:
    """A phone linked at the hospital, which keeps the box; the clinic's doctor takes offers."""

    story: Story
    phone: Phone
    bearer: dict[str, str]

    def post(self, path: str) -> TestResponse:
        return self.phone.post(path, {}, **self.bearer)

    def make(self) -> dict[str, Any]:
        answer = self.post("offers")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def state(self, reference: str) -> TestResponse:
        return self.phone.client.get(
            f"/i/{self.story.hospital}/wallet/offers/{reference}", headers=self.bearer
        )

    def url(self, reference: str) -> str:
        return qr_text(self.story, "WX", reference)

    def bring(self, reference: str, request: str) -> TestResponse:
        """What another node does: the signed request over HTTP."""
        return self.story.client().post(
            f"/i/{self.story.hospital}/offers/{reference}", json={"request": request}
        )


def offering(story: Story) -> Offering:
    phone = story.linked()
    return Offering(story, phone, phone.bearer())


def qr_text(story: Story, code: str, reference: str) -> str:
    from gateway.references.code import qr_address

    return qr_address(story.gw.ledger.genesis.doc["wallet"], story.gw.ledger.id, code, reference)


def question(story: Story, code: str, **changes: Any) -> dict[str, Any]:
    asked = {
        "patient": story.chart,
        "purpose": "TREAT",
        "reason": "糖尿病复诊",
        "kinds": ["laboratory"],
        "from": None,
        "not_after": story.gw.clock() + 72 * HOUR,
        "code": code,
    }
    return {**asked, **changes}


def take(story: Story, code: str, doctor: FlaskClient | None = None, **changes: Any) -> TestResponse:
    """A doctor of the clinic takes the offer that the code names."""
    body = json.dumps(question(story, code, **changes))  # escaped: JSON may say what UTF-8 cannot
    return (doctor or story.doctor).post("/console/api/offers", data=body, content_type="application/json")


def payload(story: Story, reference: str, /, **changes: Any) -> dict[str, Any]:
    """A right request of the clinic for this offer, but for ``changes`` (``...`` leaves a member out)."""
    now = story.gw.clock()
    right = {
        "ledger": story.gw.ledger.id,
        "institution": story.clinic,
        "reference": "7HPR3C8N",
        "clinician": {"id": "d", "name": "林医生（合成）", "role": "clinician", "department": "内科"},
        "purpose": "TREAT",
        "reason": "糖尿病复诊",
        "kinds": ["laboratory"],
        "from": None,
        "not_after": now + 72 * HOUR,
        "at": now,
        "expires": now + LONGEST_MS,
        "offer": {"institution": story.hospital, "reference": reference},
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not ...}


def signed(story: Story, said: dict[str, Any], use: str = "peer", typ: str = "yaoshi-request") -> str:
    return story.gw.keys.sign(story.clinic, use, typ, said)
