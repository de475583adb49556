"""Gives an institution a token for one grant or glass, one purpose and one person, for five minutes.

SMART Backend Services (App Launch 2.2.0): client_credentials with private_key_jwt; errors as RFC 6749
section 5.2.
Not here: HTTP (gateway.fhir.token_door); what a token opens is decided again at every use
(gateway.disclosure).
Invariants: (1) a token is 32 random bytes, kept as SHA-256 only; (2) it is bound to custodian, client, grant
or glass, purpose, patient, visit and person; (3) an assertion gives one token at most, even to two callers at
once; (4) every unusable grant or glass gets one text, and every failed assertion one text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select

from gateway.disclosure.release import Ask, Denied, Standing, stand
from gateway.fhir.nonces import use_once
from gateway.fhir.search_types import SERVED
from gateway.fhir.tables import access_token
from gateway.fhir.token_scopes import narrow, types_of_scope
from gateway.peers.assertion import ASSERTION_TYPE, Assertion, Claimed, parse_b2b, verify_assertion
from ledger.encoding import b64u
from ledger.errors import Refusal, Unavailable
from ledger.store.prepared import Prepared

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.records.searching.query import Query

TOKEN_BYTES = 32
TTL_S = 300
LONGEST_SCOPE = 2000
_REQUIRED = ("grant_type", "scope", "client_assertion_type", "client_assertion")
_KNOWN = frozenset((*_REQUIRED, "udap"))
_COLUMNS = (
    access_token.c.custodian, access_token.c.client, access_token.c.grant_id, access_token.c.purpose,
    access_token.c.patient_id, access_token.c.visit, access_token.c.token_scopes, access_token.c.assertion,
    access_token.c.expires, access_token.c.user_id, access_token.c.user_name, access_token.c.user_role,
)  # fmt: skip
_BY_HASH = Prepared(select(*_COLUMNS).where(access_token.c.token_hash == bindparam("token_hash")))


@dataclass(frozen=True)
class TokenRefusal:
    """An RFC 6749 error: ``code`` and ``detail`` for the answer, ``status`` of HTTP; no secret cause."""

    code: str
    status: int
    detail: str


INVALID_CLIENT = TokenRefusal("invalid_client", 401, "The client assertion was not accepted.")
INVALID_GRANT = TokenRefusal("invalid_grant", 400, "The named consent cannot be used by this client.")


@dataclass(frozen=True)
class Token:
    """A live access token's binding; ``user`` is {id, name, role}, ``expires`` integer ms UTC."""

    custodian: str
    client: str
    under: str
    purpose: str
    patient_id: str
    visit: str
    scopes: str
    assertion: str
    expires: int
    user: dict[str, str]


def issue_token(
    gw: Gateway, custodian: str, form: Sequence[tuple[str, str]]
) -> dict[str, Any] | TokenRefusal:
    """Answer a token request's form fields with the RFC 6749 members plus ``patient``, or the refusal.

    Raises Unavailable when the ledger cannot be read, or when the client asks for too many.
    """
    fields = _fields(form)
    if isinstance(fields, TokenRefusal):
        return fields
    now = gw.clock()
    with gw.ledger.view() as view:
        base = view.institution(custodian).base
        assertion = verify_assertion(view, fields["client_assertion"], f"{base}/token", now)
    if isinstance(assertion, Refusal):
        gw.log.info("assertion-refused", custodian=custodian, cause=assertion.detail)
        return INVALID_CLIENT
    # Each assertion leaves a row that is synced; who can sign them can sign any number.
    if gw.peer_rate.wait_ms(f"token {custodian}", assertion.client):
        raise Unavailable("custodian-busy", "this client asks for too many tokens")
    with gw.db.begin() as conn:
        first_use = use_once(conn, assertion.client, assertion.jti, assertion.expires, now)
    if not first_use:
        gw.log.info("assertion-refused", custodian=custodian, cause="nonce used before")
        return INVALID_CLIENT
    claimed = parse_b2b(assertion, f"{base}/fhir")
    if isinstance(claimed, Refusal):
        return TokenRefusal("invalid_request", 400, claimed.detail)
    standing = stand(
        gw,
        custodian=custodian,
        under=claimed.under,
        grantee=assertion.client,
        user=claimed.user,
        purpose=claimed.purpose,
    )
    if isinstance(standing, Denied):
        return INVALID_GRANT
    scope = standing.permit.scope
    granted = narrow(fields["scope"], types_of_scope(scope.kinds, scope.records or (), SERVED))
    if not granted:
        return TokenRefusal("invalid_scope", 400, "No scope is left that this grant and this server allow.")
    return _issue(gw, custodian, assertion, claimed, standing, " ".join(granted), now)


def find_token(gw: Gateway, custodian: str, bearer: str) -> Token | None:
    """The binding of a token that is alive at this custodian, else None."""
    if not bearer.isascii() or len(bearer) > 100:
        return None
    with gw.db.connect() as conn:
        row = _BY_HASH.first(conn, token_hash=_hash(bearer))
    if row is None:
        return None
    *binding, user_id, name, role = row
    token = Token(*binding, {"id": user_id, "name": name, "role": role})
    return token if token.custodian == custodian and token.expires > gw.clock() else None


def ask_of(token: Token, query: Query, after: Any = None, upper_revision: int | None = None) -> Ask:
    """What the token's holder asks of its custodian; ``after`` and ``upper_revision`` continue a search."""
    return Ask(
        custodian=token.custodian,
        under=token.under,
        grantee=token.client,
        user=token.user,
        purpose=token.purpose,
        assertion=token.assertion,
        query=query,
        visit=token.visit,
        after=after,
        upper_revision=upper_revision,
    )


def _issue(
    gw: Gateway,
    custodian: str,
    assertion: Assertion,
    claimed: Claimed,
    standing: Standing,
    scopes: str,
    now: int,
) -> dict[str, Any]:
    bearer = b64u(gw.entropy(TOKEN_BYTES))
    row = {
        "token_hash": _hash(bearer),
        "custodian": custodian,
        "client": assertion.client,
        "grant_id": claimed.under,
        "purpose": claimed.purpose,
        "patient_id": standing.patient_id,
        "visit": standing.visit,
        "user_id": claimed.user["id"],
        "user_name": claimed.user["name"],
        "user_role": claimed.user["role"],
        "token_scopes": scopes,
        "assertion": assertion.text,
        "expires": now + TTL_S * 1000,
    }
    with gw.db.begin() as conn:
        conn.execute(delete(access_token).where(access_token.c.expires <= now))
        conn.execute(insert(access_token).values(row))
    return {
        "access_token": bearer,
        "token_type": "Bearer",
        "expires_in": TTL_S,
        "scope": scopes,
        "patient": standing.patient_id,
    }


def _fields(form: Sequence[tuple[str, str]]) -> dict[str, str] | TokenRefusal:
    """The form's members, each given once; a UDAP caller's ``udap`` is accepted and ignored."""
    fields = dict(form)
    if len(fields) != len(form):
        return _invalid("A parameter was given twice.")
    if "grant_type" in fields and fields["grant_type"] != "client_credentials":
        return TokenRefusal("unsupported_grant_type", 400, "Only client_credentials is offered here.")
    if set(fields) - _KNOWN or any(not fields.get(name) for name in _REQUIRED):
        return _invalid("A parameter is missing, empty or not known here.")
    if fields["client_assertion_type"] != ASSERTION_TYPE:
        return _invalid("client_assertion_type is not jwt-bearer.")
    return fields if len(fields["scope"]) <= LONGEST_SCOPE else _invalid("The scope is too long.")


def _invalid(detail: str) -> TokenRefusal:
    return TokenRefusal("invalid_request", 400, detail)


def _hash(bearer: str) -> str:
    return hashlib.sha256(bearer.encode()).hexdigest()
