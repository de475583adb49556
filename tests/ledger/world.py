"""A small world for the ledger's tests: two institutions, a counting contract, entries valid by default."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from ledger.encoding import b64u
from ledger.errors import Refusal
from ledger.genesis import INSTITUTION_USES, build_genesis, sign_genesis
from ledger.signing import PROOF_TYP, public_key, sign_batch, sign_compact, signing_input, thumbprint

OPERATOR = "0a" * 16
HOSPITAL = "1a" * 16
CLINIC = "2a" * 16
START = 1_767_225_600_000


def seed(name: str) -> bytes:
    """A key seed by name."""
    return hashlib.sha256(name.encode()).digest()


def key(name: str) -> str:
    """The public key of `seed(name)` in base64url."""
    return b64u(public_key(seed(name)))


def _institution(institution: str, code: str, english: str, operator: str = OPERATOR) -> dict[str, Any]:
    return {
        "id": institution,
        "code": code,
        "name": {"zh-CN": "医院", "en": english},
        "type": "hospital",
        "operator": operator,
        "base": f"http://localhost:8080/i/{institution}",
        "keys": {use: key(f"{institution}/{use}") for use in INSTITUTION_USES},
    }


def operator_document(operator: str, uses: Iterable[str] = ("vote", "checkpoint")) -> dict[str, Any]:
    """An operator whose keys are those of `<id>/<use>`."""
    return {"id": operator, "name": "Operator", "keys": {use: key(f"{operator}/{use}") for use in uses}}


def consortium(size: int = 4) -> list[str]:
    """The ids of the operators of a ledger that several run together."""
    return [OPERATOR, *(f"{number}b" * 16 for number in range(1, size))]


def genesis_bytes(
    operators: int = 1, validators: bool = False, clinic: str = OPERATOR, rules: int = 1, **limits: int
) -> bytes:
    """A signed genesis; limits by name override the usual ones. `clinic`: whose the clinic is."""
    uses = ("vote", "checkpoint", "validator") if validators else ("vote", "checkpoint")
    members = consortium(operators)
    institutions = [_institution(HOSPITAL, "WX", "Hospital"), _institution(CLINIC, "WY", "Clinic", clinic)]
    doc = build_genesis(
        name="Test",
        origin="localhost:8080/ledger",
        wallet="http://127.0.0.1:8080",
        at=START,
        operators=[operator_document(each, uses) for each in members],
        institutions=institutions,
        limits=limits,
        rules=rules,
    )
    names = [f"{each}/vote" for each in members] + [f"{HOSPITAL}/offline", f"{CLINIC}/offline"]
    return sign_genesis(doc, [seed(name) for name in names])


CHECKPOINT_SEED = seed(f"{OPERATOR}/checkpoint")


class CountingContract:
    """Counts looks of each link; a link's own key may raise the count by `step`, and `step` 13 is refused."""

    kinds = MappingProxyType(
        dict.fromkeys(("link.open", "link.add", "look.made", "link.faulty", "link.greedy"), "link")
    )
    creates = frozenset({"link.open"})

    def institution_of(self, get: Any, subject: str) -> str | None:
        link = get(f"link/{subject}")
        return None if link is None else str(link.get("institution", HOSPITAL))

    def apply(self, view: Any, entry: Any, signer: Any, time: int) -> Any:
        if entry.kind == "link.open":
            changes: dict[str, Any] = {f"link/{entry.subject}": {"count": 0, "opened": view.index}}
            if entry.proven:
                changes[f"key/{entry.proven}"] = {
                    "kid": entry.proven,
                    "key": entry.payload["key"],
                    "subject": entry.subject,
                    "subject_type": "link",
                    "use": None,
                }
            return changes
        if entry.kind == "link.faulty":
            raise ZeroDivisionError
        if entry.kind == "link.greedy":
            return {"limits": None}
        step = entry.payload.get("step", 1)
        if step == 13:
            return Refusal("step-unlucky", "thirteen is refused")
        link = view.get(f"link/{entry.subject}")
        return {f"link/{entry.subject}": {**link, "count": link["count"] + step}}


class Author:
    """Makes entries for one ledger, each a little later than the one before."""

    def __init__(self, ledger_id: str, at: int = START) -> None:
        self.ledger = ledger_id
        self.at = at

    def entry(self, signer: str, kind: str, subject: str, typ: str = "yaoshi-entry", **members: Any) -> str:
        """An entry signed by `seed(signer)`."""
        self.at += 1
        payload = {"ledger": self.ledger, "subject": subject, "kind": kind, "at": self.at, **members}
        return sign_compact(
            seed(signer), typ, {name: value for name, value in payload.items() if value is not ...}
        )

    def open_link(self, link: str, key_name: str | None = None, **members: Any) -> str:
        """link.open by the hospital's desk, with the phone's key and proof when it is named."""
        if key_name is not None:
            proof = {"ledger": self.ledger, "subject": link, "institution": HOSPITAL}
            members = {
                "key": key(key_name),
                "proof": sign_compact(seed(key_name), PROOF_TYP, proof),
                **members,
            }
        return self.entry(f"{HOSPITAL}/desk", "link.open", link, **{"institution": HOSPITAL, **members})

    def look(self, link: str, **members: Any) -> str:
        """look.made by the hospital's release key."""
        return self.entry(f"{HOSPITAL}/release", "look.made", link, **members)

    def looks_together(self, links: Iterable[str]) -> list[str]:
        """look.made on each of these links, all under one signature of the hospital's release key."""
        signer, inputs = f"{HOSPITAL}/release", []
        for link in links:
            self.at += 1
            payload = {"ledger": self.ledger, "subject": link, "kind": "look.made", "at": self.at}
            inputs.append(signing_input(kid(signer), "yaoshi-entry", payload))
        return sign_batch(seed(signer), inputs)


def link_id(number: int) -> str:
    """A link's id by number."""
    return hashlib.sha256(b"link %d" % number).hexdigest()[:32]


def own_link(number: int, institution: str = HOSPITAL) -> str:
    """A link's id that begins like its institution's, by number."""
    return institution[:8] + link_id(number)[8:]


def contracts() -> dict[int, Iterable[Any]]:
    return {1: [CountingContract()], 2: [CountingContract()]}


def kid(name: str) -> str:
    return thumbprint(key(name))
