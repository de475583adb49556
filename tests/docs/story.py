"""One small ledger with fixed keys, times and salts: every worked example of the format pages is from it.

A hospital links a phone; a clinic asks; the phone gives; the hospital discloses and looks; the phone revokes.
Later, and in a view of its own: the clinic declares an emergency, the phone ends it, the hospital reviews it.
Seeds are SHA-256 of "yaoshi/example/<name>", ids the first 16 bytes of SHA-256 of "yaoshi/example/id/<name>",
so a reader can rebuild all of it. The engine is the real one, on a file that is thrown away.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.contracts import CONTRACTS
from ledger.commitment import commit
from ledger.committed import Committed
from ledger.encoding import b64u, canonical_json
from ledger.engine.embedded import EmbeddedEngine
from ledger.genesis import INSTITUTION_USES, OPERATOR_USES, build_genesis, sign_genesis
from ledger.signing import PROOF_TYP, public_key, sign_compact
from ledger.view import View

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MINUTE = 60_000
REFERENCE, INVITE, OFFER = "7HPR3C8N", "2M4KQ9TZ", "5T0WXC3E"


def digest(name: str) -> bytes:
    return hashlib.sha256(f"yaoshi/example/{name}".encode()).digest()


def identity(name: str) -> str:
    return digest(f"id/{name}")[:16].hex()


def key(name: str) -> str:
    return b64u(public_key(digest(name)))


OPERATOR, HOSPITAL, CLINIC = identity("operator"), identity("hospital"), identity("clinic")
LINK, VISIT = HOSPITAL[:8] + identity("link")[8:], identity("visit")
DOCTOR = {"id": identity("doctor"), "name": "林医生（合成）", "role": "physician"}
SCOPE = {
    "codes": ["http://loinc.org|2345-7", "http://loinc.org|4548-4"],
    "from": "2025-07-01",
    "kinds": ["laboratory"],
    "records": ["DiagnosticReport/r-17"],
    "sensitive": ["PSY"],
}


def institution(name: str, code: str, kind: str, chinese: str, english: str) -> dict[str, Any]:
    return {
        "id": identity(name),
        "code": code,
        "name": {"zh-CN": chinese, "en": english},
        "type": kind,
        "operator": OPERATOR,
        "base": f"http://localhost:8080/i/{identity(name)}",
        "keys": {use: key(f"{name}/{use}") for use in INSTITUTION_USES},
    }


def genesis() -> tuple[dict[str, Any], bytes]:
    """The document without signatures, and the signed bytes."""
    document = build_genesis(
        name="Example",
        origin="localhost:8080/ledger",
        wallet="http://127.0.0.1:8080",
        at=START,
        operators=[
            {
                "id": OPERATOR,
                "name": "Example operator",
                "keys": {use: key(f"operator/{use}") for use in OPERATOR_USES},
            }
        ],
        institutions=[
            institution("hospital", "WX", "hospital", "示例医院（合成）", "Example hospital (synthetic)"),
            institution("clinic", "WT", "clinic", "示例社区诊所（合成）", "Example clinic (synthetic)"),
        ],
    )
    signers = ["operator/vote", "hospital/offline", "clinic/offline"]
    return document, sign_genesis(document, [digest(name) for name in signers])


@dataclass(frozen=True)
class Opened:
    """Details, their salt, and the commitment that stands for them."""

    salt: bytes
    details: str

    @property
    def commitment(self) -> str:
        return commit(self.salt, self.details.encode())

    @property
    def opening(self) -> dict[str, str]:
        return {"salt": b64u(self.salt), "details": self.details}


def opened(name: str, details: dict[str, Any]) -> Opened:
    return Opened(digest(f"salt/{name}"), canonical_json(details).decode())


@dataclass(frozen=True)
class Story:
    """All that was signed, the answers of the ledger by name, and one view at the end."""

    ledger: str
    unsigned_genesis: dict[str, Any]
    genesis: bytes
    request: str
    proof: str
    login: str
    assertion: str
    entries: dict[str, str]
    details: dict[str, Opened]
    committed: dict[str, Committed]
    view: View
    declaration: str
    glass_receipt: dict[str, Any]

    def receipt(self, name: str) -> dict[str, Any]:
        return self.view.receipt(self.committed[name].index)


class _Teller:
    """Signs and submits, a minute apart."""

    def __init__(self, engine: EmbeddedEngine, clock: list[int]) -> None:
        self.engine, self.clock = engine, clock
        self.entries: dict[str, str] = {}
        self.committed: dict[str, Committed] = {}

    def tell(self, name: str, signer: str, kind: str, **members: Any) -> None:
        self.clock[0] += MINUTE
        payload = {"ledger": self.engine.id, "subject": LINK, "kind": kind, "at": self.clock[0], **members}
        self.entries[name] = sign_compact(digest(signer), "yaoshi-entry", payload)
        answer = self.engine.submit(self.entries[name]).result(timeout=30)
        if not isinstance(answer, Committed):
            raise TypeError(answer.code)
        self.committed[name] = answer


def request(ledger: str, offer: dict[str, str] | None = None) -> str:
    """The clinic's request; `offer`: the patient's offer that it answers."""
    payload: dict[str, Any] = {
        "ledger": ledger,
        "institution": CLINIC,
        "reference": REFERENCE,
        "clinician": {**DOCTOR, "department": "内分泌科"},
        "purpose": "TREAT",
        "reason": "糖尿病复诊",
        "kinds": ["laboratory", "medication"],
        "from": "2025-07-01",
        "not_after": START + 24 * 60 * MINUTE,
        "at": START + MINUTE,
        "expires": START + 61 * MINUTE,
    }
    if offer is not None:
        payload["offer"] = offer
    return sign_compact(digest("clinic/peer"), "yaoshi-request", payload)


def declaration(ledger: str) -> str:
    payload = {
        "ledger": ledger,
        "institution": CLINIC,
        "custodian": HOSPITAL,
        "identifier": {"system": None, "value": "EX20180417"},
        "birth_date": "1946-03-08",
        "clinician": {**DOCTOR, "department": "急诊科"},
        "reason": "unconscious",
        "text": "路边昏倒，无家属陪同",
        "ttl_ms": 240 * MINUTE,
        "at": START + 60 * MINUTE,
        "nonce": digest("nonce/declaration")[:16].hex(),
    }
    return sign_compact(digest("clinic/peer"), "yaoshi-declaration", payload)


def assertion(grant: str) -> str:
    base, now = f"http://localhost:8080/i/{HOSPITAL}", (START + 3 * MINUTE) // 1000
    claims = {
        "iss": CLINIC,
        "sub": CLINIC,
        "aud": f"{base}/token",
        "iat": now,
        "exp": now + 300,
        "jti": b64u(digest("jti")[:16]),
        "extensions": {
            "hl7-b2b": {
                "version": "1",
                "subject_name": DOCTOR["name"],
                "subject_id": f"urn:yaoshi:clinician:{CLINIC}#{DOCTOR['id']}",
                "subject_role": f"urn:yaoshi:role#{DOCTOR['role']}",
                "organization_id": f"urn:yaoshi:institution:{CLINIC}",
                "purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#TREAT"],
                "consent_policy": ["urn:yaoshi:policy:grant:1"],
                "consent_reference": [f"{base}/fhir/Consent/{grant}"],
            }
        },
    }
    return sign_compact(digest("clinic/peer"), "JWT", claims)


@contextmanager
def told() -> Iterator[Story]:
    """The story, told once from the beginning."""
    unsigned, data = genesis()
    clock = [START]
    with tempfile.TemporaryDirectory() as folder:
        engine = EmbeddedEngine.open(
            Path(folder) / "ledger.db",
            data,
            contracts=CONTRACTS,
            checkpoint_seed=digest("operator/checkpoint"),
            clock=lambda: clock[0],
        )
        try:
            teller = _Teller(engine, clock)
            proof = {"ledger": engine.id, "subject": LINK, "institution": HOSPITAL}
            signed_proof = sign_compact(digest("phone"), PROOF_TYP, proof)
            teller.tell(
                "link.open",
                "hospital/desk",
                "link.open",
                institution=HOSPITAL,
                key=key("phone"),
                proof=signed_proof,
            )
            details, signed_request, signed_assertion = _live(teller)
            login = {
                "ledger": engine.id,
                "aud": HOSPITAL,
                "link": LINK,
                "nonce": b64u(digest("nonce")),
                "at": START + 6 * MINUTE,
            }
            with engine.view() as view:
                then = clock[0]
                signed_declaration = _emergency(teller, clock, details)
                with engine.view() as later:
                    receipt = later.receipt(teller.committed["glass.broken"].index)
                clock[0] = then  # checkpoints of the earlier view are signed when they are asked for
                yield Story(
                    ledger=engine.id,
                    unsigned_genesis=unsigned,
                    genesis=data,
                    request=signed_request,
                    proof=signed_proof,
                    login=sign_compact(digest("phone"), "yaoshi-login", login),
                    assertion=signed_assertion,
                    entries=teller.entries,
                    details=details,
                    committed=teller.committed,
                    view=view,
                    declaration=signed_declaration,
                    glass_receipt=receipt,
                )
        finally:
            engine.close()


def _live(teller: _Teller) -> tuple[dict[str, Opened], str, str]:
    signed_request = request(teller.engine.id)
    terms = {
        "grantee": CLINIC,
        "clinician": DOCTOR,
        "role": None,
        "purpose": "TREAT",
        "scope": SCOPE,
        "request": hashlib.sha256(signed_request.encode()).hexdigest(),
    }
    details = {"grant.give": opened("grant", terms)}
    teller.tell(
        "grant.give",
        "phone",
        "grant.give",
        not_after=START + 24 * 60 * MINUTE,
        max_visits=3,
        commitment=details["grant.give"].commitment,
    )
    grant = teller.committed["grant.give"].entry_id
    signed_assertion = assertion(grant)
    observation = '{"resourceType":"Observation","id":"o-1","status":"final"}'
    disclosed = {
        "assertion": signed_assertion,
        "query": "Observation?_count=200&patient=p-1",
        "user": DOCTOR,
        "grantee": CLINIC,
        "purpose": "TREAT",
        "counts": {"Observation": 1},
        "records": [["Observation/o-1", hashlib.sha256(observation.encode()).hexdigest()]],
    }
    details["disclosure.made"] = opened("disclosure", disclosed)
    teller.tell(
        "disclosure.made",
        "hospital/release",
        "disclosure.made",
        under=grant,
        visit=VISIT,
        commitment=details["disclosure.made"].commitment,
    )
    look = {"basis": "own-care", "user": DOCTOR, "what": {"kinds": ["laboratory"], "count": 12}}
    details["look.made"] = opened("look", look)
    teller.tell("look.made", "hospital/release", "look.made", commitment=details["look.made"].commitment)
    teller.tell("grant.revoke", "phone", "grant.revoke", grant=grant)
    return details, signed_request, signed_assertion


def _emergency(teller: _Teller, clock: list[int], details: dict[str, Opened]) -> str:
    """An hour after the beginning; adds the details to those of the story."""
    clock[0] = START + 60 * MINUTE
    signed = declaration(teller.engine.id)
    broken = {
        "declaration": signed,
        "declaring": CLINIC,
        "user": DOCTOR,
        "reason": "unconscious",
        "basis": "BTG",
    }
    details["glass.broken"] = opened("glass", broken)
    teller.tell(
        "glass.broken",
        "hospital/release",
        "glass.broken",
        ttl_ms=240 * MINUTE,
        commitment=details["glass.broken"].commitment,
    )
    glass = teller.committed["glass.broken"].entry_id
    teller.tell("glass.closed", "phone", "glass.closed", glass=glass)
    reviewer = {"id": identity("privacy officer"), "name": "顾清越（合成）", "role": "privacy"}
    found = {"institution": HOSPITAL, "verdict": "justified", "words": "抢救需要", "reviewer": reviewer}
    details["glass.reviewed"] = opened("review", found)
    teller.tell(
        "glass.reviewed",
        "hospital/review",
        "glass.reviewed",
        glass=glass,
        commitment=details["glass.reviewed"].commitment,
    )
    return signed
