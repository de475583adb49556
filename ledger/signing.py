"""Signatures: who may say that a key signed something, and the one library that decides it.

RFC 8032 (Ed25519), RFC 7638 with RFC 8037 (key thumbprints), RFC 7515 (compact envelopes). PyNaCl enters the
ledger here and nowhere else: validity is what libsodium's verification says, so that all nodes agree on edge
cases. A key is admitted only when it is a canonical point of prime order. Entropy comes from the caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nacl import bindings
from nacl.exceptions import BadSignatureError

from ledger.compact import ALGORITHM, parse_compact
from ledger.encoding import b64u, canonical_json, unb64u
from ledger.errors import Malformed
from ledger.signed_batch import batch_message, batch_parts

KEY_BYTES = 32
SIGNATURE_BYTES = 64

PROOF_TYP = "yaoshi-proof"


def public_key(seed: bytes) -> bytes:
    """The 32-byte public key of a 32-byte seed."""
    return bindings.crypto_sign_seed_keypair(seed)[0]


def thumbprint(key: bytes | str) -> str:
    """The kid of a public key (32 bytes, or their base64url): RFC 7638 over crv, kty, x."""
    x = key if isinstance(key, str) else b64u(key)
    return b64u(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode("ascii")).digest())


def is_admissible(key: bytes) -> bool:
    """Whether a public key may enter the registry: canonical, on the curve, of prime order."""
    return len(key) == KEY_BYTES and bool(bindings.crypto_core_ed25519_is_valid_point(key))


def admit_key(text: object) -> bytes:
    """The 32 bytes of a key that may enter the registry. Raises Malformed(key-invalid)."""
    try:
        key = unb64u(text, KEY_BYTES) if isinstance(text, str) else b""
    except Malformed:
        key = b""
    if not is_admissible(key):
        raise Malformed("key-invalid", "not an admissible Ed25519 public key")
    return key


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte Ed25519 signature of a message by the key of a 32-byte seed."""
    _, secret = bindings.crypto_sign_seed_keypair(seed)
    return bindings.crypto_sign(message, secret)[:SIGNATURE_BYTES]


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether libsodium accepts the signature; any wrong length is a no."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """What a seed expands to, for those who sign often: libsodium's 64-byte secret, and the kid."""

    secret: bytes
    kid: str

    def sign_compact(self, typ: str, payload: dict[str, Any]) -> str:
        """A compact envelope of type `typ` over the payload, signed by this key."""
        text = signing_input(self.kid, typ, payload)
        signed = bindings.crypto_sign(text, self.secret)
        return f"{text.decode('ascii')}.{b64u(signed[:SIGNATURE_BYTES])}"


def signing_input(kid: str, typ: str, payload: dict[str, Any]) -> bytes:
    """`header.payload` of a compact envelope, which a signature is over."""
    header = {"alg": ALGORITHM, "kid": kid, "typ": typ}
    return f"{b64u(canonical_json(header))}.{b64u(canonical_json(payload))}".encode("ascii")


def sign_batch(seed: bytes, signing_inputs: Sequence[bytes]) -> list[str]:
    """Entries (texts) of 2 to 256 signing inputs, all under one signature. Raises Malformed(batch-form)."""
    signature = sign(seed, batch_message(signing_inputs))
    parts = batch_parts(signing_inputs, signature)
    return [f"{text.decode('ascii')}.{b64u(part)}" for text, part in zip(signing_inputs, parts, strict=True)]


def signing_key(seed: bytes) -> SigningKey:
    """The key of a 32-byte seed."""
    public, secret = bindings.crypto_sign_seed_keypair(seed)
    return SigningKey(secret, thumbprint(public))


def sign_compact(seed: bytes, typ: str, payload: dict[str, Any]) -> str:
    """A compact envelope of type `typ` over the payload, signed by the key of the seed."""
    return signing_key(seed).sign_compact(typ, payload)


def open_compact(jws: str, typ: str, key: bytes) -> dict[str, Any]:
    """The payload of an envelope of type `typ` that `key` signed.

    Raises Malformed: a code of `parse_compact`, kid-wrong, or signature-invalid.
    """
    compact = parse_compact(jws, typ)
    if compact.kid != thumbprint(key):
        raise Malformed("kid-wrong", "kid names another key")
    if not verify(key, compact.message, compact.signature):
        raise Malformed("signature-invalid", "the signature does not verify")
    return compact.payload


def peek_compact(jws: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Header and payload of an envelope that is NOT verified: to find the key, never to believe."""
    compact = parse_compact(jws)
    return {"alg": ALGORITHM, "kid": compact.kid, "typ": compact.typ}, compact.payload
