"""Lets four operators govern a real ledger and writes down what a phone would be served about a link.

Synthetic throughout, by version 2 of the rules. An institution is admitted, joins, opens a link, logs looks
under one signature, changes a key and is retired; then entries one by one, for a liar to put together another
way, and what shows possession of a key and what does not.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.contracts import CONTRACTS
from ledger.checkpoint import sign_checkpoint
from ledger.commitment import commit
from ledger.encoding import b64u, canonical_json
from ledger.genesis import INSTITUTION_USES
from ledger.possession import possession_fault
from ledger.signing import PROOF_TYP, sign_batch, sign_compact, signing_input
from tests.ledger.test_possession import LEDGER, RIGHT, UNPROVEN
from tests.ledger.voting import (
    NEW_INSTITUTION,
    NEW_OPERATOR,
    Council,
    admit_institution,
    admit_operator,
    proven,
    rotation,
)
from tests.ledger.world import CLINIC, HOSPITAL, key, kid, own_link, seed

LINK = own_link(1, NEW_INSTITUTION)


class Consented(Council):
    """The council of a ledger with the rules of consent."""

    openings: dict[str, dict[str, str]]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, rules=2)
        self.engine.close()
        self.contracts = CONTRACTS
        self.engine = self.open()
        self.openings = {}

    def looked(self, number: int) -> dict[str, Any]:
        details = {
            "basis": "own-care",
            "user": {"id": f"u{number}", "name": "x", "role": "nurse"},
            "what": {},
        }
        text, salt = canonical_json(details), seed(f"salt {number}")
        commitment = commit(salt, text)
        self.openings[commitment] = {"salt": b64u(salt), "details": text.decode()}
        return {"commitment": commitment}

    def looks(self, signer: str, count: int) -> list[str]:
        """So many looks under one signature."""
        inputs = []
        for number in range(count):
            about = {
                "ledger": self.engine.id,
                "subject": LINK,
                "kind": "look.made",
                "at": self.clock.now - 1000,
            }
            payload = {**about, **self.looked(len(self.openings) + number)}
            inputs.append(signing_input(kid(signer), "yaoshi-entry", payload))
        return sign_batch(seed(signer), inputs)

    def proof(self) -> dict[str, Any]:
        with self.engine.view() as view:
            found = view.link_proof(LINK)
            assert found is not None
            return {**found, "openings": self.openings, "time": self.clock.now, "reading": "full"}


def tell(council: Consented) -> dict[str, Any]:
    council.done(f"{HOSPITAL}/desk", "link.open", own_link(2), institution=HOSPITAL)
    proposal = council.decide(proven(council.engine.id, admit_institution()))
    council.done(f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION, proposal=proposal)
    about = {"ledger": council.engine.id, "subject": LINK, "institution": NEW_INSTITUTION}
    phone = {"key": key("phone"), "proof": sign_compact(seed("phone"), PROOF_TYP, about)}
    desk, release = f"{NEW_INSTITUTION}/desk", f"{NEW_INSTITUTION}/release"
    council.done(desk, "link.open", LINK, institution=NEW_INSTITUTION, **phone)
    council.clock.now += 60_000
    for text in council.looks(release, 5):
        assert not hasattr(council.engine.submit(text).result(10), "code")
    council.done(release, "look.made", LINK, **council.looked(90))
    rotated = rotation(council.engine.id, NEW_INSTITUTION, release="next release")
    council.done(f"{NEW_INSTITUTION}/offline", "institution.keys", NEW_INSTITUTION, **rotated)
    for text in council.looks("next release", 2):
        assert not hasattr(council.engine.submit(text).result(10), "code")
    out: dict[str, Any] = {"proof": council.proof()}
    admitted = council.decide(proven(council.engine.id, admit_operator()))
    council.done(f"{NEW_OPERATOR}/vote", "operator.join", NEW_OPERATOR, proposal=admitted)
    council.operators.append(NEW_OPERATOR)
    out |= newcomer(council)
    change = {"do": "institution.change", "institution": NEW_INSTITUTION, "base": "https://new.example/i/1"}
    council.decide(change)
    council.decide({"do": "operator.retire", "operator": council.operators[3]})
    del council.operators[3]
    council.decide({"do": "institution.retire", "institution": NEW_INSTITUTION})
    return out | {"after": council.proof(), "now": council.clock.now}


def newcomer(council: Consented) -> dict[str, Any]:
    """What the operator that joined says of the log, and the votes by which it may."""
    with council.engine.view() as view:
        note = sign_checkpoint(
            seed(f"{NEW_OPERATOR}/checkpoint"),
            council.engine.genesis.origin,
            view.size,
            view.root,
            council.clock.now,
        )
        return {
            "operators": view.registry_proof(),
            "newcomer": {"checkpoint": note, "key": key(f"{NEW_OPERATOR}/checkpoint")},
        }


def entries_of(council: Consented) -> dict[str, str]:
    """Entries by name, which a test puts together as no ledger would."""
    council.author.at = council.clock.now
    made: dict[str, str] = {}

    def make(name: str, signer: str, kind: str, subject: str, **members: Any) -> str:
        text = council.author.entry(signer, kind, subject, **members)
        made[name] = text
        return hashlib.sha256(text.rpartition(".")[0].encode()).hexdigest()

    first, second, third, fourth = (each["id"] for each in json.loads(council.genesis)["operators"])
    other = "ef" * 16
    admission = {
        "do": "institution.admit",
        "institution": {**admit_institution()["institution"], "id": other},
    }
    names = {use: f"{NEW_INSTITUTION}/{use}" for use in INSTITUTION_USES}
    change = proven(council.engine.id, admission, **names)
    proposal = make("propose", f"{first}/vote", "operator.propose", first, change=change)
    yes = {"proposal": proposal, "accept": True}
    make("yes 2", f"{second}/vote", "operator.vote", second, **yes)
    make("yes 3", f"{third}/vote", "operator.vote", third, **yes)
    make("yes 3 again", f"{third}/vote", "operator.vote", third, **yes)
    make("no 4", f"{fourth}/vote", "operator.vote", fourth, proposal=proposal, accept=False)
    make("yes by a checkpoint key", f"{third}/checkpoint", "operator.vote", third, **yes)
    make("yes by an institution", f"{HOSPITAL}/offline", "operator.vote", third, **yes)
    retire = {"do": "operator.retire", "operator": second}
    leaving = make("propose 2 leaves", f"{first}/vote", "operator.propose", first, change=retire)
    for name, operator in (("3", third), ("4", fourth)):
        make(
            f"2 leaves, {name}", f"{operator}/vote", "operator.vote", operator, proposal=leaving, accept=True
        )
    make("join", f"{NEW_INSTITUTION}/offline", "institution.join", other, proposal=proposal)
    make("join by a desk", f"{NEW_INSTITUTION}/desk", "institution.join", other, proposal=proposal)
    make(
        "join of another proposal", f"{NEW_INSTITUTION}/offline", "institution.join", other, proposal=leaving
    )
    _unproven(council, make, admission)
    return made


def _unproven(council: Consented, make: Callable[..., str], admission: dict[str, Any]) -> None:
    """Changes with proofs, without, and with another's."""
    first, *others = (each["id"] for each in json.loads(council.genesis)["operators"][:3])
    changes = {
        "propose unproven": admission,
        "propose another's": {**admission, "proofs": proven(council.engine.id, admission)["proofs"]},
        "propose rules 2": {"do": "rules.activate", "version": 2, "from": 0, "release": "Yaoshi"},
    }
    for name, change in changes.items():
        proposal = make(name, f"{first}/vote", "operator.propose", first, change=change)
        for number, operator in enumerate(others, 2):
            vote = {"proposal": proposal, "accept": True}
            make(f"{name}, {number}", f"{operator}/vote", "operator.vote", operator, **vote)
    right = rotation(council.engine.id, HOSPITAL, release="rotated")
    rotations = {
        "rotate": right,
        "rotate unproven": {"keys": right["keys"]},
        "rotate another's": {
            **right,
            "proofs": rotation(council.engine.id, CLINIC, release="rotated")["proofs"],
        },
    }
    for name, members in rotations.items():
        make(name, f"{HOSPITAL}/offline", "institution.keys", HOSPITAL, **members)


def possession() -> dict[str, Any]:
    """Keys and proofs by what is the matter with them, and whether the ledger says that they are held."""
    cases = {"each key shows it": ({"release": key("new")}, {"release": RIGHT})} | UNPROVEN
    del cases["the key is no key"]  # a text that UTF-8 cannot write
    return {
        "ledger": LEDGER,
        "subject": HOSPITAL,
        "cases": {
            name: {
                "keys": keys,
                "proofs": proofs,
                "held": possession_fault(LEDGER, HOSPITAL, keys, proofs) is None,
            }
            for name, (keys, proofs) in cases.items()
        },
    }


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        council = Consented(Path(folder))
        try:
            out = tell(council) | {
                "genesis": b64u(council.genesis),
                "subject": LINK,
                "institution": NEW_INSTITUTION,
                "kid": kid("phone"),
                "entries": entries_of(council),
                "possession": possession(),
                "rotated": key("rotated"),
                "foreign": council.author.entry(
                    f"{HOSPITAL}/desk", "link.open", own_link(7, CLINIC), institution=HOSPITAL
                ),
                "batch": council.looks(f"{HOSPITAL}/release", 5),
                "phones_batch": council.looks("phone", 2),
                "release": key(f"{HOSPITAL}/release"),
                "phone": key("phone"),
            }
        finally:
            council.engine.close()
    target.write_text(json.dumps(out, ensure_ascii=False), encoding="utf-8")
