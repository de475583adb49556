"""A declaring institution, written from docs/formats alone, believes the example and no altered answer."""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.signing import verify as ed25519
from tests.docs.test_reader import PAGE, Lie, checkpoint, included, record, sha, un, want


def check_answer(answer: dict[str, Any], declaration: str) -> None:
    """glass.md, "Verify": raises Lie with what does not hold."""
    document = json.loads(PAGE["genesis"])
    declared = json.loads(un(declaration.split(".")[1]))
    custodian = next(one for one in document["institutions"] if one["id"] == declared["custodian"])
    size, root = checkpoint(
        answer["receipt"]["checkpoint"],
        document["origin"],
        un(document["operators"][0]["keys"]["checkpoint"]),
    )
    found = record(answer["receipt"]["record"])
    leaf = sha(b"\x00", un(answer["receipt"]["heads"]), found["hash"])
    proof = [un(value) for value in answer["receipt"]["inclusion"]]
    want(included(leaf, found["index"], size, proof, root), "inclusion")
    signed, _, signature = found["entry"].decode().rpartition(".")
    payload = json.loads(un(signed.split(".")[1]))
    want(ed25519(un(custodian["keys"]["release"]), signed.encode(), un(signature)), "signature")
    want(hashlib.sha256(signed.encode()).hexdigest() == answer["glass"], "the entry's id")
    want((payload["kind"], payload["ttl_ms"]) == ("glass.broken", declared["ttl_ms"]), "the entry")
    want(answer["until"] == found["time"] + declared["ttl_ms"], "until")
    check_opening(answer, payload, declaration)


def check_opening(answer: dict[str, Any], payload: dict[str, Any], declaration: str) -> None:
    """What stands behind the entry is what was declared."""
    declared = json.loads(un(declaration.split(".")[1]))
    opening = answer["opening"]
    opened = sha(b"yaoshi/commit/v1\x00", un(opening["salt"]), opening["details"].encode())
    want(un(payload["commitment"]) == opened, "opening")
    who = declared["clinician"]
    want(
        json.loads(opening["details"])
        == {
            "declaration": declaration,
            "declaring": declared["institution"],
            "user": {name: who[name] for name in ("id", "name", "role")},
            "reason": declared["reason"],
            "basis": "BTG",
        },
        "details",
    )


def check_waiting(answer: dict[str, Any], declaration: str, now: int) -> None:
    """glass.md, "Without a quorum": raises Lie with what does not hold."""
    document = json.loads(PAGE["genesis"])
    declared = json.loads(un(declaration.split(".")[1]))
    custodian = next(one for one in document["institutions"] if one["id"] == declared["custodian"])
    signed, _, signature = answer["entries"][-1].rpartition(".")
    payload = json.loads(un(signed.split(".")[1]))
    want(ed25519(un(custodian["keys"]["release"]), signed.encode(), un(signature)), "signature")
    want(hashlib.sha256(signed.encode()).hexdigest() == answer["glass"], "the entry's id")
    want((payload["kind"], payload["ttl_ms"]) == ("glass.broken", declared["ttl_ms"]), "the entry")
    want(abs(payload["at"] - now) <= document["limits"]["skew_ms"], "its time")
    want(answer["until"] == payload["at"] + min(declared["ttl_ms"], 3_600_000), "until")
    check_opening(answer, payload, declaration)


def example() -> tuple[dict[str, Any], str]:
    return json.loads(PAGE["glass.answer"]), PAGE["declaration"]


def test_the_example_answer_verifies_by_the_pages_alone() -> None:
    check_answer(*example())


def test_the_declaration_is_signed_by_the_clinic() -> None:
    document = json.loads(PAGE["genesis"])
    signed, _, signature = PAGE["declaration"].rpartition(".")
    said = json.loads(un(signed.split(".")[1]))
    assert said == json.loads(PAGE["declaration.payload"])
    clinic = next(one for one in document["institutions"] if one["id"] == said["institution"])
    assert ed25519(un(clinic["keys"]["peer"]), signed.encode(), un(signature))


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "it ends later": lambda answer: answer.update(until=answer["until"] + 1),
    "the glass is another": lambda answer: answer.update(glass="0" * 64),
    "the details are others": lambda answer: answer["opening"].update(details="{}"),
    "the salt is another": lambda answer: answer["opening"].update(salt="A" * 43),
    "a hash of the proof is missing": lambda answer: answer["receipt"]["inclusion"].pop(),
    "the heads root is another": lambda answer: answer["receipt"].update(heads="A" * 43),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_the_declarer_finds_out_when(lie: Callable[[dict[str, Any]], object]) -> None:
    answer, declaration = copy.deepcopy(example())
    lie(answer)
    with pytest.raises(Lie):
        check_answer(answer, declaration)


WAITING_LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "it ends later": lambda answer: answer.update(until=answer["until"] + 1),
    "the glass is another": lambda answer: answer.update(glass="0" * 64),
    "the details are others": lambda answer: answer["opening"].update(details="{}"),
    "the signature is another": lambda answer: answer.update(
        entries=[answer["entries"][0].rpartition(".")[0] + "." + "A" * 86]
    ),
}


def waiting() -> tuple[dict[str, Any], str, int]:
    answer = json.loads(PAGE["glass.answer.waiting"])
    return answer, PAGE["declaration"], json.loads(PAGE["glass.broken.payload"])["at"]


def test_the_example_of_what_waits_verifies_by_the_pages_alone() -> None:
    answer, declaration, at = waiting()
    check_waiting(answer, declaration, at)
    with pytest.raises(Lie):
        check_waiting(answer, declaration, at + 3_600_000)


@pytest.mark.parametrize("lie", WAITING_LIES.values(), ids=WAITING_LIES.keys())
def test_the_declarer_finds_out_of_what_waits_when(lie: Callable[[dict[str, Any]], object]) -> None:
    answer, declaration, at = copy.deepcopy(waiting())
    lie(answer)
    with pytest.raises(Lie):
        check_waiting(answer, declaration, at)
