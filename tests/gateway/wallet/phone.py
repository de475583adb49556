"""A patient's phone for tests: keys, signatures and the HTTP calls of the wallet, without a browser."""

from __future__ import annotations

import hashlib
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.composition import Gateway
from ledger.commitment import commit
from ledger.digits import digits
from ledger.encoding import b64u, canonical_json
from ledger.entry import parse_entry
from ledger.signing import peek_compact, public_key, sign_compact, thumbprint

WALLET = "http://127.0.0.1:8080"


class Phone:
    """One link key of one person at one institution."""

    def __init__(self, gw: Gateway, client: FlaskClient, institution: str) -> None:
        self.gw, self.client, self.institution = gw, client, institution
        self.seed = gw.entropy(32)
        self.link = ""

    @property
    def key(self) -> str:
        return b64u(public_key(self.seed))

    @property
    def kid(self) -> str:
        return thumbprint(public_key(self.seed))

    def post(self, path: str, body: Any, institution: str | None = None, **headers: str) -> TestResponse:
        url = f"/i/{institution or self.institution}/wallet/{path}"
        return self.client.post(url, json=body, headers={"Origin": WALLET, **headers})

    # Link

    def fetch(self, reference: str) -> TestResponse:
        answer = self.post(f"references/{reference}", {"key": self.key})
        if answer.status_code == 200 and answer.json["type"] == "invite":
            self.link = answer.json["link"]["subject"]
        return answer

    def proof(self) -> str:
        payload = {"ledger": self.gw.ledger.id, "subject": self.link, "institution": self.institution}
        return sign_compact(self.seed, "yaoshi-proof", payload)

    def prove(self, reference: str) -> TestResponse:
        return self.post(f"references/{reference}/proof", {"key": self.key, "proof": self.proof()})

    def state(self, reference: str, institution: str | None = None) -> TestResponse:
        return self.post(f"references/{reference}/state", {"key": self.key}, institution)

    def digits(self, reference: str, institution: str | None = None) -> str:
        return digits(self.gw.ledger.id, institution or self.institution, reference, public_key(self.seed))

    # Sign-in and reading

    def login(self, **changes: Any) -> str:
        nonce = self.post("nonce", {"link": self.link}).json["nonce"]
        payload = {
            "ledger": self.gw.ledger.id,
            "aud": self.institution,
            "link": self.link,
            "nonce": nonce,
            "at": self.gw.clock(),
        }
        return sign_compact(self.seed, "yaoshi-login", {**payload, **changes})

    def sign_in(self) -> TestResponse:
        return self.post("sessions", {"login": self.login()})

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sign_in().json['token']}"}

    def timeline(self, kept: int | None = None) -> dict[str, Any]:
        answer = self.post("timeline", {"kept": kept}, **self.bearer())
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def records(self, **body: Any) -> TestResponse:
        return self.post("records", body, **self.bearer())

    # Entries

    def entry(self, kind: str, **members: Any) -> str:
        payload = {
            "ledger": self.gw.ledger.id,
            "subject": self.link,
            "kind": kind,
            "at": self.gw.clock(),
            **members,
        }
        return sign_compact(self.seed, "yaoshi-entry", payload)

    def submit(self, kind: str, **members: Any) -> TestResponse:
        return self.post("entries", {"entry": self.entry(kind, **members)})

    def give(self, request: str, /, **changes: Any) -> tuple[TestResponse, dict[str, Any]]:
        """Grant what the request asks for, but for ``changes`` of its terms (``members``: of the entry)."""
        asked = peek_compact(request)[1]
        terms = {
            "grantee": asked["institution"],
            "clinician": {name: asked["clinician"][name] for name in ("id", "name", "role")},
            "role": None,
            "purpose": asked["purpose"],
            "scope": scope_of(asked),
            "request": hashlib.sha256(request.encode()).hexdigest(),
        }
        members = {"not_after": asked["not_after"], **changes.pop("members", {})}
        if "not_after" in changes:
            members["not_after"] = changes.pop("not_after")
        text = canonical_json({**terms, **changes})
        salt = self.gw.entropy(32)
        opening = {"salt": b64u(salt), "details": text.decode()}
        entry = self.entry("grant.give", commitment=commit(salt, text), **members)
        answer = self.post("entries", {"entry": entry, "opening": opening})
        receipt = answer.json.get("receipt") if answer.status_code == 201 else None
        offer = {
            "custodian": self.institution,
            "grant": parse_entry(entry).id,
            "receipt": receipt,
            "opening": opening,
        }
        return answer, offer


def scope_of(asked: dict[str, Any]) -> dict[str, Any]:
    scope: dict[str, Any] = {"kinds": sorted(asked["kinds"])}
    if asked["from"] is not None:
        scope["from"] = asked["from"]
    return scope
