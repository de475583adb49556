"""Client assertions as callers build and break them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from hashlib import sha384
from typing import Any

from ledger.encoding import b64u, unb64u
from tests.gateway.disclosure.world import World

ONE_TEXT_CLIENT = {"error": "invalid_client", "error_description": "The client assertion was not accepted."}
ONE_TEXT_GRANT = {
    "error": "invalid_grant",
    "error_description": "The named consent cannot be used by this client.",
}


def claims_of(assertion: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(unb64u(assertion.split(".")[1]))
    return claims


def resigned(world: World, claims: dict[str, Any], client: str | None = None) -> str:
    return world.gw.keys.sign(client or world.grantee, "peer", "JWT", claims)


def with_header(assertion: str, header: dict[str, Any], signature: bytes | None = None) -> str:
    """The assertion under another header; the signature stays unless one is given."""
    _, payload, kept = assertion.split(".")
    return f"{b64u(json.dumps(header).encode())}.{payload}.{kept if signature is None else b64u(signature)}"


def with_payload(assertion: str, payload: bytes) -> str:
    header, _, signature = assertion.split(".")
    return f"{header}.{b64u(payload)}.{signature}"


def hs384_with_public_key(world: World, assertion: str) -> str:
    header, payload = {"alg": "HS384", "kid": kid(assertion), "typ": "JWT"}, assertion.split(".")[1]
    signing_input = f"{b64u(json.dumps(header).encode())}.{payload}".encode()
    secret = world.gw.keys.public(world.grantee, "peer")
    return f"{signing_input.decode()}.{b64u(hmac.new(secret, signing_input, sha384).digest())}"


def kid(assertion: str) -> str:
    return str(json.loads(unb64u(assertion.split(".")[0]))["kid"])


Change = Callable[[World, str, dict[str, Any]], str]


def claim(**changes: Any) -> Change:
    def change(world: World, _assertion: str, claims: dict[str, Any]) -> str:
        merged = {**claims, **{name: value for name, value in changes.items() if value is not None}}
        return resigned(world, {name: merged[name] for name in merged if changes.get(name, "") is not None})

    return change
