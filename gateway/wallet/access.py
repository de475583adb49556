"""Signs a phone in by its link key, and says at every request what that key may read.

docs/formats/login.md: the phone signs {ledger, aud, link, nonce, at} (typ yaoshi-login) and gets an opaque
token of five minutes. Not here: HTTP (wallet.sessions). Invariants: the nonce is the server's and is used
once; an unknown link, a wrong key and a used nonce are one answer after the same work; a key's rights are
read from the ledger at every request, so a key that was replaced a moment ago reads no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from flask import g, request
from sqlalchemy import delete, insert, select

from consent.state import key_rights, read_until
from gateway.composition import current_gateway
from gateway.wallet.tables import wallet_nonce, wallet_session
from gateway.web.access import guarded
from gateway.web.problems import raise_problem
from ledger.compact import parse_compact
from ledger.encoding import b64u, unb64u
from ledger.errors import Malformed
from ledger.signing import peek_compact, public_key, verify

if TYPE_CHECKING:
    from gateway.composition import Gateway

NONCE_MS = 120_000
TOKEN_MS = 300_000
SKEW_MS = 120_000
# Somebody has to be verified against when the link is unknown, so that the answer takes as long.
_NOBODY = public_key(bytes(32))


@dataclass(frozen=True)
class Phone:
    """A signed-in phone. ``until_index``: the last record that it may read, None when it reads on."""

    institution: str
    link: str
    kid: str
    reading: Literal["full", "until-removed"]
    until_index: int | None


def new_nonce(gw: Gateway, institution: str, link: str) -> str:
    """A nonce of 32 bytes, good for one sign-in within two minutes; given for unknown links as well."""
    now, nonce = gw.clock(), b64u(gw.entropy(32))
    row = {"nonce": nonce, "institution": institution, "link": link, "expires_at": now + NONCE_MS}
    with gw.db.begin() as conn:
        conn.execute(delete(wallet_nonce).where(wallet_nonce.c.expires_at < now))
        conn.execute(insert(wallet_nonce).values(row))
    return nonce


def sign_in(gw: Gateway, institution: str, login: str) -> tuple[str, int, Phone] | None:
    """(token, its end in ms, the phone) for a valid login JWS; None for every other one."""
    try:
        header, said = peek_compact(login)
    except Malformed:
        return None
    link, kid = said.get("link"), header["kid"]
    phone = phone_of(gw, institution, link, kid) if isinstance(link, str) else None
    payload = _verified(gw, login, kid)
    if payload is None or phone is None or not _is_login(gw, payload, phone):
        return None
    if not _use_nonce(gw, phone, payload["nonce"]):
        return None
    token, until = b64u(gw.entropy(32)), gw.clock() + TOKEN_MS
    row = {
        "token_hash": _hash(token),
        "institution": institution,
        "link": phone.link,
        "kid": kid,
        "expires_at": until,
    }
    with gw.db.begin() as conn:
        conn.execute(delete(wallet_session).where(wallet_session.c.expires_at < gw.clock()))
        conn.execute(insert(wallet_session).values(row))
    return token, until, phone


def phone_of(gw: Gateway, institution: str, link: str, kid: str) -> Phone | None:
    """What this key may read of this link now; None when it is no key of a link of this institution."""
    with gw.ledger.view() as view:
        state = view.get(f"link/{link}")
        rights = key_rights(view, link, kid, max(gw.clock(), view.time))
        until = read_until(view, link, kid)
    if state is None or state["institution"] != institution:
        return None
    if "read" in rights:
        return Phone(institution, link, kid, "full", None)
    if "read-until-removed" in rights:
        return Phone(institution, link, kid, "until-removed", until)
    return None


def wallet_required(view: Any) -> Any:
    """Lets in who shows a live token of this institution as ``Authorization: Bearer``."""
    return guarded("wallet", _check)(view)


def current_phone() -> Phone:
    """The signed-in phone; only below @wallet_required."""
    phone: Phone = g.phone
    return phone


def _check(institution: str, **_arguments: Any) -> None:
    gw = current_gateway()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = None
    if scheme.lower() == "bearer" and len(token) == 43:
        with gw.db.connect() as conn:
            row = conn.execute(
                select(wallet_session).where(
                    wallet_session.c.token_hash == _hash(token),
                    wallet_session.c.institution == institution,
                    wallet_session.c.expires_at > gw.clock(),
                )
            ).first()
    phone = phone_of(gw, institution, row.link, row.kid) if row is not None else None
    if phone is None:
        raise_problem("wallet-token-refused", headers={"WWW-Authenticate": "Bearer"})
    g.phone = phone


def _verified(gw: Gateway, login: str, kid: str) -> dict[str, Any] | None:
    with gw.ledger.view() as view:
        known = view.get(f"key/{kid}")
    key = unb64u(known["key"], 32) if known is not None else _NOBODY
    try:
        compact = parse_compact(login, "yaoshi-login")
    except Malformed:
        return None
    genuine = verify(key, compact.signing_input, compact.signature)
    return compact.payload if genuine and known is not None else None


def _is_login(gw: Gateway, payload: dict[str, Any], phone: Phone) -> bool:
    at = payload.get("at")
    wanted = {"ledger": gw.ledger.id, "aud": phone.institution, "link": phone.link}
    return (
        payload.keys() == {*wanted, "nonce", "at"}
        and all(payload[name] == value for name, value in wanted.items())
        and isinstance(payload["nonce"], str)
        and isinstance(at, int)
        and abs(at - gw.clock()) <= SKEW_MS
    )


def _use_nonce(gw: Gateway, phone: Phone, nonce: str) -> bool:
    mine = (
        wallet_nonce.c.nonce == nonce,
        wallet_nonce.c.institution == phone.institution,
        wallet_nonce.c.link == phone.link,
        wallet_nonce.c.expires_at > gw.clock(),
    )
    with gw.db.begin() as conn:
        return conn.execute(delete(wallet_nonce).where(*mine)).rowcount == 1


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8")).hexdigest()
