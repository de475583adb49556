"""Reads what an institution declared, and says whether that institution can be held to it.

docs/formats/glass.md: a compact JWS, typ yaoshi-declaration, by the declaring institution's peer key as the
registry shows it now. Not here: whom it is about, budgets (gateway.glass.receive). Invariant: whatever is
wrong, one signature is verified, so an unknown institution and a wrong key take the same work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consent.declaration import Declaration, parse_declaration
from consent.details import is_id
from ledger.compact import Compact, parse_compact
from ledger.encoding import unb64u
from ledger.errors import Malformed
from ledger.signing import public_key, thumbprint, verify

if TYPE_CHECKING:
    from gateway.composition import Gateway

DECLARATION_TYP = "yaoshi-declaration"
LONGEST = 8192
# Somebody has to be verified against when the institution is unknown.
_NOBODY = public_key(bytes(32))


@dataclass(frozen=True)
class Read:
    """`cause` is None for a declaration that counts as made; `declaring` is None where nobody is held to it.

    A declaration that is genuine but cannot be granted (its form, its length) has a cause and a `declaring`.
    """

    cause: str | None
    declaring: str | None = None
    declaration: Declaration | None = None


def read_declaration(gw: Gateway, custodian: str, text: str, now: int) -> Read:
    """Judge the text of one declaration that came to this custodian at ``now`` (ms)."""
    compact = _compact(text)
    declaring = _institution_of(compact)
    with gw.ledger.view() as view:
        registered = view.institution(declaring) if declaring else None
        own = view.institution(custodian)
    if registered is not None and registered.retired:
        registered = None
    key = _NOBODY if registered is None else unb64u(registered.keys["peer"], 32)
    if not _is_by(compact, key) or registered is None:
        return Read("declaration-forged")
    payload = compact.payload if compact is not None else {}
    cause = _not_for_us(gw, payload, custodian, now)
    if cause is not None or declaring == custodian or own.retired:
        return Read(cause or "declaration-not-for-us")
    declaration = parse_declaration(payload)
    if not isinstance(declaration, Declaration):
        return Read(declaration.code, declaring)
    if declaration.ttl_ms > gw.ledger.genesis.doc["limits"]["glass_ttl_max_ms"]:
        return Read("glass-ttl-wrong", declaring, declaration)
    return Read(None, declaring, declaration)


def _compact(text: str) -> Compact | None:
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        return parse_compact(text, DECLARATION_TYP)
    except Malformed:
        return None


def _institution_of(compact: Compact | None) -> str | None:
    named = compact.payload.get("institution") if compact is not None else None
    return named if isinstance(named, str) and is_id(named) else None


def _is_by(compact: Compact | None, key: bytes) -> bool:
    """Whether this key signed it; takes the same work when there is nothing to verify."""
    message, signature = (compact.signing_input, compact.signature) if compact else (b"", bytes(64))
    genuine = verify(key, message, signature)
    return genuine and compact is not None and compact.kid == thumbprint(key)


def _not_for_us(gw: Gateway, payload: dict[str, Any], custodian: str, now: int) -> str | None:
    """Why a genuine declaration is not for this custodian now: then others may have brought it."""
    if payload.get("ledger") != gw.ledger.id or payload.get("custodian") != custodian:
        return "declaration-not-for-us"
    at = payload.get("at")
    if type(at) is not int or abs(now - at) > gw.ledger.genesis.doc["limits"]["skew_ms"]:
        return "at-out-of-skew"
    return None
