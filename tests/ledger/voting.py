"""A ledger of several operators for tests: who proposes what, who votes, who joins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.committed import Committed
from ledger.engine.embedded import EmbeddedEngine
from ledger.errors import Refusal
from ledger.genesis import INSTITUTION_USES
from ledger.members import new_keys
from ledger.possession import prove_possession
from tests.ledger import world

NEW_OPERATOR = "9c" * 16
NEW_INSTITUTION = "cd" * 16


class Clock:
    """Milliseconds that move when told to."""

    def __init__(self) -> None:
        self.now = world.START + 60_000

    def __call__(self) -> int:
        return self.now


class Council:
    """The operators of one ledger, whose vote keys are those of `<id>/vote` unless told otherwise."""

    def __init__(
        self, folder: Path, operators: int = 4, validators: bool = True, rules: int = 1, **limits: int
    ) -> None:
        self.path = folder / "ledger.db"
        self.genesis = world.genesis_bytes(operators=operators, validators=validators, rules=rules, **limits)
        self.operators = world.consortium(operators)
        self.clock = Clock()
        self.contracts: dict[int, Any] = world.contracts()
        self.engine = self.open()
        self.author = world.Author(self.engine.id, at=world.START)

    def open(self) -> EmbeddedEngine:
        return EmbeddedEngine.open(
            self.path,
            self.genesis,
            contracts=self.contracts,
            checkpoint_seed=world.CHECKPOINT_SEED,
            clock=self.clock,
            verifiers=1,
        )

    def submit(self, signer: str, kind: str, subject: str, **members: Any) -> Committed | Refusal:
        return self.engine.submit(self.author.entry(signer, kind, subject, **members)).result(10)

    def done(self, signer: str, kind: str, subject: str, **members: Any) -> Committed:
        answer = self.submit(signer, kind, subject, **members)
        assert isinstance(answer, Committed), answer
        return answer

    def refused(self, signer: str, kind: str, subject: str, **members: Any) -> str:
        answer = self.submit(signer, kind, subject, **members)
        assert isinstance(answer, Refusal), answer
        return answer.code

    def propose(self, change: Any, by: int = 0) -> str:
        operator = self.operators[by]
        return self.done(f"{operator}/vote", "operator.propose", operator, change=change).entry_id

    def propose_refused(self, change: Any, by: int = 0) -> str:
        operator = self.operators[by]
        return self.refused(f"{operator}/vote", "operator.propose", operator, change=change)

    def vote(self, by: int, proposal: str, accept: bool = True) -> Committed | Refusal:
        operator = self.operators[by]
        return self.submit(f"{operator}/vote", "operator.vote", operator, proposal=proposal, accept=accept)

    def decide(self, change: Any) -> str:
        """Propose, and let as many others agree as it takes."""
        proposal = self.propose(change)
        for by in range(1, len(self.operators)):
            if 3 * by > 2 * len(self.operators):  # this many have agreed
                break
            assert isinstance(self.vote(by, proposal), Committed)
        return proposal

    def get(self, key: str) -> Any:
        with self.engine.view() as view:
            return view.get(key)


def new_operator(operator: str = NEW_OPERATOR, validator: bool = True) -> dict[str, Any]:
    uses = ("vote", "checkpoint", "validator") if validator else ("vote", "checkpoint")
    return world.operator_document(operator, uses)


def new_institution(institution: str = NEW_INSTITUTION, **members: Any) -> dict[str, Any]:
    return {
        "id": institution,
        "code": "ZZ",
        "name": {"zh-CN": "新医院", "en": "New hospital"},
        "type": "hospital",
        "operator": world.OPERATOR,
        "base": f"http://localhost:8081/i/{institution}",
        "keys": {use: world.key(f"{institution}/{use}") for use in INSTITUTION_USES},
        **members,
    }


def admit_operator(**members: Any) -> dict[str, Any]:
    return {"do": "operator.admit", "operator": {**new_operator(), **members}}


def admit_institution(**members: Any) -> dict[str, Any]:
    return {"do": "institution.admit", "institution": new_institution(**members)}


def rules(version: int = 3, start: int = 0) -> dict[str, Any]:
    return {"do": "rules.activate", "version": version, "from": start, "release": "yaoshi 9.0"}


def proven(ledger: str, change: dict[str, Any], **names: str) -> dict[str, Any]:
    """The change with a proof of each new key, by `seed(names[use])` or that of `<id>/<use>`."""
    found = new_keys(change)
    assert found is not None
    party, keys = found
    seeds = {use: world.seed(names.get(use, f"{party}/{use}")) for use in keys}
    proofs = {use: prove_possession(seed, ledger, party, use) for use, seed in seeds.items()}
    return {**change, "proofs": proofs}


def rotation(ledger: str, institution: str, **names: str) -> dict[str, Any]:
    """Members of an `institution.keys` entry that names `seed(name)` for each use, with its proofs."""
    proofs = {
        use: prove_possession(world.seed(name), ledger, institution, use) for use, name in names.items()
    }
    return {"keys": {use: world.key(name) for use, name in names.items()}, "proofs": proofs}
