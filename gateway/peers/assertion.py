"""How an institution proves to another who it is, for whom it asks, under which grant or glass, and why.

SMART App Launch 2.2.0 "client-confidential-asymmetric" (private_key_jwt) with the UDAP "hl7-b2b" object.
joserfc enters the project here and nowhere else.
Not here: whether what is named permits anything (consent.decision), and the memory of used nonces
(gateway.fhir.nonces).
Invariants: (1) only EdDSA/Ed25519 with the peer key that the registry shows now; ``none`` and HS* never;
(2) every failure of the assertion itself is one refusal, ``invalid-client``; the cause goes to the log only;
(3) audience and references are compared as exact strings with the configured address, never with a Host
header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from consent.vocabulary import BREAK_GLASS
from ledger.encoding import b64u, parse_json, unb64u
from ledger.errors import Malformed, Refusal
from ledger.signing import thumbprint

if TYPE_CHECKING:
    from gateway.composition import Gateway

ALGORITHMS = ["EdDSA", "Ed25519"]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT_POLICY = "urn:yaoshi:policy:grant:1"
GLASS_POLICY = "urn:yaoshi:policy:break-glass:1"
GLASS_EXTENSION = "yaoshi-glass"
PURPOSE_OID = "urn:oid:2.16.840.1.113883.5.8"
PURPOSE_SYSTEMS = (PURPOSE_OID, "http://terminology.hl7.org/CodeSystem/v3-ActReason")
ROLE_SYSTEM = "urn:yaoshi:role"
LIFETIME_S = 300
SKEW_S = 30
LONGEST = 8192
LONGEST_JTI = 128

_ID = re.compile(r"[0-9a-f]{32}")
_ENTRY_ID = re.compile(r"[0-9a-f]{64}")
_PURPOSE = re.compile(r"[A-Z]{1,16}")
_B2B_MEMBERS = frozenset(
    [
        "version",
        "subject_name",
        "subject_id",
        "subject_role",
        "organization_name",
        "organization_id",
        "purpose_of_use",
        "consent_policy",
        "consent_reference",
    ]
)


@dataclass(frozen=True)
class Assertion:
    """A client assertion whose signature, audience and times hold; ``expires`` in seconds."""

    client: str
    jti: str
    expires: int
    text: str
    claims: dict[str, Any]


@dataclass(frozen=True)
class Claimed:
    """What is claimed: a grant or a glass, one purpose, and the person who asks {id, name, role}."""

    under: str
    purpose: str
    user: dict[str, str]


def organization_uri(institution: str) -> str:
    """The URI by which an institution names itself in assertions."""
    return f"urn:yaoshi:institution:{institution}"


def build_assertion(
    gw: Gateway, *, client: str, custodian_base: str, grant: str, user: dict[str, str], purpose: str
) -> str:
    """A fresh assertion of ``client`` for the token door of the custodian, under a patient's grant."""
    named = {
        "consent_policy": [GRANT_POLICY],
        "consent_reference": [f"{custodian_base}/fhir/Consent/{grant}"],
    }
    return _signed(gw, client, custodian_base, {"hl7-b2b": {**_b2b(client, user, purpose), **named}})


def build_glass_assertion(
    gw: Gateway, *, client: str, custodian_base: str, glass: str, user: dict[str, str]
) -> str:
    """The same under a broken glass: no Consent is named, the glass stands beside the hl7-b2b object."""
    asked = {**_b2b(client, user, BREAK_GLASS), "consent_policy": [GLASS_POLICY]}
    return _signed(gw, client, custodian_base, {"hl7-b2b": asked, GLASS_EXTENSION: {"glass": glass}})


def _b2b(client: str, user: dict[str, str], purpose: str) -> dict[str, Any]:
    return {
        "version": "1",
        "subject_name": user["name"],
        "subject_id": f"urn:yaoshi:clinician:{client}#{user['id']}",
        "subject_role": f"{ROLE_SYSTEM}#{user['role']}",
        "organization_id": organization_uri(client),
        "purpose_of_use": [f"{PURPOSE_OID}#{purpose}"],
    }


def _signed(gw: Gateway, client: str, custodian_base: str, extensions: dict[str, Any]) -> str:
    now = gw.clock() // 1000
    return gw.keys.sign(
        client,
        "peer",
        "JWT",
        {
            "iss": client,
            "sub": client,
            "aud": f"{custodian_base}/token",
            "iat": now,
            "exp": now + LIFETIME_S,
            "jti": b64u(gw.entropy(16)),
            "extensions": extensions,
        },
    )


def verify_assertion(view: Any, text: str, audience: str, now_ms: int) -> Assertion | Refusal:
    """Check who sent the assertion, against the registry in ``view``; one refusal for every cause."""
    if len(text) > LONGEST or not text.isascii():
        return _not_the_client("too long or not ASCII")
    try:
        unverified = jws.extract_compact(text.encode())
        client = parse_json(unverified.payload).get("iss")
        header = unverified.headers()
    except (JoseError, Malformed, ValueError, RecursionError) as broken:
        return _not_the_client(type(broken).__name__)
    if not isinstance(client, str) or not _ID.fullmatch(client):
        return _not_the_client("issuer is not an institution id")
    institution = view.institution(client)
    if institution is None or institution.retired:
        return _not_the_client("institution unknown or retired")
    peer_key = institution.keys["peer"]
    if header.get("kid") != _kid(peer_key) or header.get("typ", "JWT") != "JWT" or "jku" in header:
        return _not_the_client("key, type or key address of the header")
    # No extension is understood here (RFC 7515 4.1.11); the library counts on well-formed values of both.
    if "crit" in header or not isinstance(header.get("alg"), str):
        return _not_the_client("critical member or algorithm of the header")
    try:
        verified = jws.deserialize_compact(
            text, OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": peer_key}), algorithms=ALGORITHMS
        )
        claims = parse_json(verified.payload)
    except (JoseError, Malformed, ValueError, RecursionError) as broken:
        return _not_the_client(type(broken).__name__)
    cause = _claims_fault(claims, client, audience, now_ms // 1000)
    if cause is not None:
        return _not_the_client(cause)
    return Assertion(client, claims["jti"], claims["exp"], text, claims)


def parse_b2b(assertion: Assertion, fhir_base: str) -> Claimed | Refusal:
    """Read the hl7-b2b object by its exact rules, or refuse ``invalid-request``; ``fhir_base`` is ours."""
    stated = assertion.claims.get("extensions")
    extensions: dict[str, Any] = stated if isinstance(stated, dict) else {}
    b2b = extensions.get("hl7-b2b")
    if not isinstance(b2b, dict) or b2b.get("version") != "1":
        return _malformed("hl7-b2b is missing or not version 1")
    if set(b2b) - _B2B_MEMBERS:
        return _malformed("hl7-b2b has a member that is not defined")
    if b2b.get("organization_id") != organization_uri(assertion.client):
        return _malformed("organization_id is not the client's")
    if "consent_reference" in b2b and "consent_policy" not in b2b:
        return _malformed("consent_reference without consent_policy")
    if not _strings(b2b.get("consent_policy")):
        return _malformed("consent_policy is not a list of texts")
    user = _user(b2b, assertion.client)
    purpose = _purpose(b2b.get("purpose_of_use"))
    if user is None:
        return _malformed("subject_id, subject_name or subject_role")
    if purpose is None:
        return _malformed("purpose_of_use must be exactly one purpose")
    if purpose == BREAK_GLASS:
        glass = _glass(extensions, b2b)
        refused = "BTG names one glass in yaoshi-glass, the break-glass policy and no Consent"
        return Claimed(glass, purpose, user) if glass is not None else _malformed(refused)
    grant = _grant(b2b.get("consent_reference"), fhir_base)
    if grant is None or GLASS_EXTENSION in extensions:
        return _malformed("consent_reference must be exactly one Consent of this server")
    return Claimed(grant, purpose, user)


def _claims_fault(claims: dict[str, Any], client: str, audience: str, now: int) -> str | None:
    """The first claim that does not hold, or None. Times in seconds, integers only."""
    iat, exp, jti, aud = (claims.get(name) for name in ("iat", "exp", "jti", "aud"))
    if claims.get("iss") != client or claims.get("sub") != client:
        return "issuer and subject differ"
    if aud != audience and not (isinstance(aud, list) and audience in aud):
        return "audience"
    if type(iat) is not int or type(exp) is not int:
        return "iat and exp are required integers"
    if exp - iat > LIFETIME_S or exp > now + LIFETIME_S + SKEW_S or iat > now + SKEW_S:
        return "period too long or not begun"
    # RFC 7519 4.1.4: on or after exp the token is not accepted; the skew moves the moment, not the rule.
    if now >= exp + SKEW_S:
        return "expired"
    if not _printable(jti, LONGEST_JTI):
        return "jti"
    return None


def _user(b2b: dict[str, Any], client: str) -> dict[str, str] | None:
    prefix = f"urn:yaoshi:clinician:{client}#"
    subject, name, role = (b2b.get(f"subject_{part}") for part in ("id", "name", "role"))
    if not (_printable(subject, 150) and _printable(name, 200) and _printable(role, 150)):
        return None
    user_id, role_code = subject.removeprefix(prefix), role.rpartition("#")[2]
    if not subject.startswith(prefix) or not user_id or not role_code:
        return None
    return {"id": user_id, "name": name, "role": role_code}


def _printable(value: Any, longest: int) -> TypeGuard[str]:
    """Lone surrogates and control characters are not printable, so they never reach a details text."""
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _purpose(stated: Any) -> str | None:
    """The purpose's code from one of the three accepted forms (system#code, OID#code, code)."""
    if not _strings(stated) or len(stated) != 1:
        return None
    system, hash_sign, code = stated[0].rpartition("#")
    if (hash_sign and system not in PURPOSE_SYSTEMS) or not _PURPOSE.fullmatch(code):
        return None
    return str(code)


def _grant(references: Any, fhir_base: str) -> str | None:
    prefix = f"{fhir_base}/Consent/"
    if not _strings(references) or len(references) != 1 or not references[0].startswith(prefix):
        return None
    grant = str(references[0][len(prefix) :])
    return grant if _ENTRY_ID.fullmatch(grant) else None


def _glass(extensions: dict[str, Any], b2b: dict[str, Any]) -> str | None:
    named = extensions.get(GLASS_EXTENSION)
    if "consent_reference" in b2b or b2b["consent_policy"] != [GLASS_POLICY]:
        return None
    if not isinstance(named, dict) or set(named) != {"glass"} or not isinstance(named["glass"], str):
        return None
    return named["glass"] if _ENTRY_ID.fullmatch(named["glass"]) else None


def _strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _kid(peer_key: str) -> str:
    return thumbprint(unb64u(peer_key))


def _not_the_client(cause: str) -> Refusal:
    return Refusal("invalid-client", cause)


def _malformed(cause: str) -> Refusal:
    return Refusal("invalid-request", cause)
