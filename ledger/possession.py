"""A new key of an operator or institution shows that whoever names it holds it, for one use of one subject.

Proof of possession as in RFC 4211 section 4.1 and RFC 2986: the new key itself signs what it is to be, the
canonical JSON of {key, ledger, subject, use} behind a tag of its own (docs/formats/governance.md). Without it
a member could register somebody else's key that it sees on its way, and nobody could use it any more. A
validator's key can sign it, too: what CometBFT has it sign begins with a length and then 08 (field 1 of
CanonicalVote and CanonicalProposal), which the tag does not. No time stands in it: a key serves one subject
and one use, once.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.encoding import b64u, canonical_json, unb64u
from ledger.errors import Malformed, Refusal
from ledger.signing import KEY_BYTES, SIGNATURE_BYTES, public_key, sign, verify

_TAG = b"yaoshi/key/v1\x00"


def possession_message(ledger: str, subject: str, use: str, key: str) -> bytes:
    """What a new key (base64url) signs: that it is to serve this use of this subject of this ledger."""
    return _TAG + canonical_json({"key": key, "ledger": ledger, "subject": subject, "use": use})


def prove_possession(seed: bytes, ledger: str, subject: str, use: str) -> str:
    """The proof by the key of a 32-byte seed, in base64url."""
    return b64u(sign(seed, possession_message(ledger, subject, use, b64u(public_key(seed)))))


def possession_fault(ledger: str, subject: str, keys: Mapping[str, str], proofs: object) -> Refusal | None:
    """Why `proofs` do not show possession of exactly these `keys`, both by use."""
    if not isinstance(proofs, dict) or proofs.keys() != keys.keys():
        return Refusal("key-unproven", "each new key, and nothing else, has a proof")
    signatures = {use: _bytes(proof, SIGNATURE_BYTES) for use, proof in proofs.items()}
    for use, key in sorted(keys.items()):
        raw = _bytes(key, KEY_BYTES)
        if not raw or not verify(raw, possession_message(ledger, subject, use, key), signatures[use]):
            return Refusal("key-unproven", f"no proof that the new {use} key is held")
    return None


def _bytes(text: object, length: int) -> bytes:
    try:
        return unb64u(text, length) if isinstance(text, str) else b""
    except Malformed:
        return b""
