"""Makes signed texts that no honest program makes: any header, any payload, second signatures."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nacl import bindings

from ledger.encoding import b64u
from ledger.signing import public_key, sign, thumbprint

ORDER = 2**252 + 27742317777372353535851937790883648493
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def head(seed: bytes, **changes: Any) -> dict[str, Any]:
    """The right header, but for `changes` (None leaves a member out)."""
    right = {"alg": "Ed25519", "kid": thumbprint(public_key(seed)), "typ": "yaoshi-entry"}
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def compact(seed: bytes, header: Any, payload: Any) -> str:
    """A compact JWS over any header and payload (bytes stay as they are), truly signed."""
    said = f"{b64u(text(header))}.{b64u(text(payload))}"
    return f"{said}.{b64u(sign(seed, said.encode()))}"


def spellings(coded: str) -> list[str]:
    """Every other spelling of base64url text that a lax reader takes for the same bytes."""
    spare = {0: 0, 2: 4, 3: 2}[len(coded) % 4]
    value = ALPHABET.index(coded[-1])
    return [coded[:-1] + ALPHABET[value + extra] for extra in range(1, 2**spare)]


def second_signature(seed: bytes, message: bytes) -> bytes:
    """Another valid signature of the same message by the same key: RFC 8032 with a nonce of our own."""
    expanded = hashlib.sha512(seed).digest()
    clamped = bytearray(expanded[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    secret = int.from_bytes(clamped, "little") % ORDER
    nonce = int.from_bytes(hashlib.sha512(b"another nonce" + message).digest(), "little") % ORDER
    point = bindings.crypto_scalarmult_ed25519_base_noclamp(nonce.to_bytes(32, "little"))
    challenge = hashlib.sha512(point + public_key(seed) + message).digest()
    scalar = (nonce + int.from_bytes(challenge, "little") * secret) % ORDER
    return bytes(point + scalar.to_bytes(32, "little"))


def lengthened(signature: bytes) -> bytes:
    """The same signature with S + L: equal to who does not reduce (RFC 8032 5.1.7 forbids it)."""
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + scalar.to_bytes(32, "little")
