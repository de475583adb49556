"""Four operators with one hospital each, their keys, their patients' links, and what is put on the ledger."""

from __future__ import annotations

import os
from collections.abc import Sequence

from consent.links import own_id
from gateway.cli.opening import now_ms
from ledger.encoding import b64u
from ledger.genesis import INSTITUTION_USES, OPERATOR_QUOTA, build_genesis, parse_genesis, sign_genesis
from ledger.signing import SigningKey, public_key, sign_batch, signing_input, signing_key, thumbprint

NODES = 4
LINKS = 64  # of each hospital
DAY_MS = 86_400_000
# What is measured must not be the quotas.
LIMITS = {"link_entries_per_hour": 10_000_000, OPERATOR_QUOTA: 100_000_000}


class Town:
    """Everything that signs; `genesis` is there once the validators' keys are known."""

    def __init__(self) -> None:
        self.genesis = b""
        self.id = ""
        self.checkpoints = [os.urandom(32) for _ in range(NODES)]
        self._votes = [os.urandom(32) for _ in range(NODES)]
        self._operators = [os.urandom(16).hex() for _ in range(NODES)]
        self._hospitals = [os.urandom(16).hex() for _ in range(NODES)]
        self._keys = [{use: os.urandom(32) for use in INSTITUTION_USES} for _ in range(NODES)]
        self._phones: list[list[SigningKey]] = [[] for _ in range(NODES)]
        self._links = [[own_id(one, os.urandom) for _ in range(LINKS)] for one in self._hospitals]

    def found(self, validators: Sequence[str]) -> Town:
        """Write the genesis with these consensus keys (base64url)."""
        operators, institutions = [], []
        for number, operator in enumerate(self._operators):
            keys = {"vote": self._votes[number], "checkpoint": self.checkpoints[number]}
            shown = {use: b64u(public_key(seed)) for use, seed in keys.items()}
            named = {**shown, "validator": validators[number]}
            operators.append({"id": operator, "name": f"Bench {number}", "keys": named})
            institutions.append(self._institution(number))
        document = build_genesis(
            name="Bench",
            origin="localhost/bench",
            wallet="http://127.0.0.1:8080",
            at=now_ms(),
            operators=operators,
            institutions=institutions,
            limits=LIMITS,
        )
        self.genesis = sign_genesis(document, [*self._votes, *(keys["offline"] for keys in self._keys)])
        self.id = parse_genesis(self.genesis).id
        return self

    def openings(self, number: int) -> list[str]:
        """link.open of all links of a hospital, with the phones' keys."""
        desk, found = signing_key(self._keys[number]["desk"]), []
        for link in self._links[number]:
            seed = os.urandom(32)
            phone = signing_key(seed)
            self._phones[number].append(phone)
            said = {"ledger": self.id, "subject": link, "institution": self._hospitals[number]}
            members = {"key": b64u(public_key(seed)), "proof": phone.sign_compact("yaoshi-proof", said)}
            payload = self._payload("link.open", link, institution=self._hospitals[number], **members)
            found.append(desk.sign_compact("yaoshi-entry", payload))
        return found

    def grants(self, number: int, count: int) -> list[str]:
        """grant.give by patients of a hospital, signed one by one."""
        found = []
        for place in range(count):
            phone, link = self._phones[number][place % LINKS], self._links[number][place % LINKS]
            members = {"not_after": now_ms() + DAY_MS, "commitment": b64u(os.urandom(32))}
            found.append(phone.sign_compact("yaoshi-entry", self._payload("grant.give", link, **members)))
        return found

    def revocation(self, number: int, place: int, grant: str) -> str:
        """grant.revoke by the phone that gave the grant at this place of `grants`."""
        phone, link = self._phones[number][place % LINKS], self._links[number][place % LINKS]
        return phone.sign_compact("yaoshi-entry", self._payload("grant.revoke", link, grant=grant))

    def looks(self, number: int, count: int) -> list[str]:
        """look.made by a hospital, signed one by one."""
        release = signing_key(self._keys[number]["release"])
        return [release.sign_compact("yaoshi-entry", payload) for payload in self._looks(number, count)]

    def batches(self, number: int, count: int, size: int) -> list[list[str]]:
        """look.made by a hospital, `count` batches of `size` under one signature each."""
        release = self._keys[number]["release"]
        kid = thumbprint(public_key(release))
        return [
            sign_batch(
                release, [signing_input(kid, "yaoshi-entry", one) for one in self._looks(number, size)]
            )
            for _ in range(count)
        ]

    def _looks(self, number: int, count: int) -> list[dict[str, object]]:
        links = self._links[number]
        return [
            self._payload("look.made", links[place % LINKS], commitment=b64u(os.urandom(32)))
            for place in range(count)
        ]

    def _payload(self, kind: str, subject: str, **members: object) -> dict[str, object]:
        return {"ledger": self.id, "subject": subject, "kind": kind, "at": now_ms(), **members}

    def _institution(self, number: int) -> dict[str, object]:
        return {
            "id": self._hospitals[number],
            "code": f"B{number}",
            "name": {"zh-CN": f"测量{number}", "en": f"Bench {number}"},
            "type": "hospital",
            "operator": self._operators[number],
            "base": f"http://localhost:{8080 + number}/i/{self._hospitals[number]}",
            "keys": {use: b64u(public_key(seed)) for use, seed in self._keys[number].items()},
        }
