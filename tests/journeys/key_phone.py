"""A phone without a browser: one key, its signatures, the wallet's HTTP calls; for what is only counted."""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.request
from typing import Any

from ledger.commitment import commit
from ledger.encoding import b64u, canonical_json
from ledger.signing import peek_compact, public_key, sign_compact
from tests.journeys.node import Node, fetch
from tests.journeys.staff import Staff, send


class KeyPhone:
    """One link key of one person at one institution."""

    def __init__(self, node: Node, code: str) -> None:
        self.node, self.code, self.institution = node, code, node.institution(code)["id"]
        self.seed, self.link = os.urandom(32), ""
        self.ledger = json.loads(fetch(f"{node.wallet}/registry.json"))["ledger"]
        self._opener = urllib.request.build_opener()

    @property
    def key(self) -> str:
        return b64u(public_key(self.seed))

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def post(self, path: str, body: Any, code: str | None = None) -> Any:
        url = f"{self.node.institution(code or self.code)['base']}/wallet/{path}"
        return send(self._opener, "POST", url, body, {"Origin": self.node.wallet})

    def fetch(self, reference: str, code: str | None = None) -> dict[str, Any]:
        return dict(self.post(f"references/{reference}", {"key": self.key}, code))

    def link_at(self, desk: Staff, patient: str) -> None:
        reference = desk.invite(patient)["reference"]
        self.link = self.fetch(reference)["link"]["subject"]
        payload = {"ledger": self.ledger, "subject": self.link, "institution": self.institution}
        proof = sign_compact(self.seed, "yaoshi-proof", payload)
        self.post(f"references/{reference}/proof", {"key": self.key, "proof": proof})
        desk.confirm(reference)

    def entry(self, kind: str, **members: Any) -> str:
        payload = {"ledger": self.ledger, "subject": self.link, "kind": kind, "at": self.now(), **members}
        return sign_compact(self.seed, "yaoshi-entry", payload)

    def allow(self, request: str) -> dict[str, Any]:
        """Grants all that was asked: {custodian, grant, receipt, opening}, as whoever asked is handed it."""
        asked = peek_compact(request)[1]
        terms = {
            "grantee": asked["institution"],
            "clinician": {name: asked["clinician"][name] for name in ("id", "name", "role")},
            "role": None,
            "purpose": asked["purpose"],
            "scope": {"kinds": sorted(asked["kinds"])},
            "request": hashlib.sha256(request.encode()).hexdigest(),
        }
        text, salt = canonical_json(terms), os.urandom(32)
        opening = {"salt": b64u(salt), "details": text.decode()}
        entry = self.entry("grant.give", commitment=commit(salt, text), not_after=asked["not_after"])
        made = self.post("entries", {"entry": entry, "opening": opening})
        return {
            "custodian": self.institution,
            "grant": made["entry_id"],
            "receipt": made["receipt"],
            "opening": opening,
        }

    def give(self, request: str, reference: str, code: str) -> str:
        """Grants all that was asked and hands it to who asked; gives the grant's id."""
        offer = self.allow(request)
        self.post(f"references/{reference}/grants", {"key": self.key, "grants": [offer]}, code)
        return str(offer["grant"])

    def revoke(self, grant: str) -> str:
        return str(self.post("entries", {"entry": self.entry("grant.revoke", grant=grant)})["entry_id"])
