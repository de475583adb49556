"""What the declaring institution refuses by itself, and what it does not believe of a custodian's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from consent.declaration import Declaration, parse_declaration
from gateway.glass.declare import Declared, Emergency, declare
from gateway.glass.proof import answer_fault
from gateway.glass.receive import Broken, receive
from gateway.identity.roles import Staff
from ledger.encoding import b64u, unb64u
from ledger.errors import Unavailable
from ledger.signing import peek_compact
from tests.gateway.glass.scene import NUMBER, SYSTEM, Scene

HOUR = 3_600_000
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "the birth date is no day": ({"birth_date": "1970-02-30"}, 409, "declaration-malformed"),
    "the number has a control character": (
        {"identifier": {"system": None, "value": "a\x07b"}},
        409,
        "declaration-malformed",
    ),
    "the reason is not on the list": ({"reason": "curiosity"}, 409, "declaration-reason-unknown"),
    "another emergency says no words": (
        {"reason": "other-emergency", "text": " \n "},
        409,
        "declaration-text-missing",
    ),
    "it would last for no time": ({"ttl_ms": 0}, 409, "declaration-malformed"),
    "it would last for more than a day": ({"ttl_ms": 24 * HOUR + 1}, 409, "glass-ttl-wrong"),
    "nobody knows the custodian": ({"custodian": "0" * 32}, 409, "institution-unknown"),
    "the custodian is no id": ({"custodian": "x"}, 422, "request-invalid"),
    "the own chart is nobody's": ({"patient": "nobody"}, 404, "patient-unknown"),
    "a member is too many": ({"more": 1}, 422, "request-invalid"),
    "the words are huge": ({"text": "急" * 501}, 422, "request-invalid"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_sent_when(case: str, scene: Scene) -> None:
    changes, status, code = REFUSED[case]
    answer = scene.declare(**changes)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert scene.attempts() == []


def test_an_institution_declares_nothing_to_itself(scene: Scene) -> None:
    answer = scene.declare(scene.story.clinician)
    assert (answer.status_code, answer.json["code"]) == (409, "glass-own-records")


def test_a_member_that_is_missing_is_named(scene: Scene) -> None:
    body = scene.wanted()
    del body["text"]
    answer = scene.doctor.post("/console/api/emergencies", json=body)
    assert (answer.status_code, list(answer.json["fields"]["json"])) == (422, ["text"])


@pytest.mark.parametrize("role", ["desk", "privacy", "auditor", "administrator"])
def test_only_a_clinician_declares(role: str, scene: Scene) -> None:
    somebody = scene.story.sign_in(role, scene.story.clinic)
    assert scene.declare(somebody).json["code"] == "role-not-allowed"


def doctor(scene: Scene) -> Staff:
    return Staff(
        id="dr-9",
        institution=scene.story.clinic,
        user="dr",
        name="合成医生",
        role="clinician",
        department="急诊科",
        role_code="physician",
        fresh=True,
    )


def wanted(scene: Scene) -> Emergency:
    return Emergency(scene.story.hospital, SYSTEM, NUMBER, "1970-01-01", "unconscious", None, None, None)


class Down:
    """The real engine, which records nothing of one kind."""

    def __init__(self, engine: Any, kind: str) -> None:
        self._engine, self._kind = engine, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def record(self, entry: str, timeout: float) -> Any:
        if peek_compact(entry)[1]["kind"] == self._kind:
            raise Unavailable("unavailable", "the disk is full")
        return self._engine.record(entry, timeout)


@pytest.mark.parametrize("kind", ["glass.broken", "link.open"])
def test_an_outage_is_not_a_miss_and_opens_nothing(kind: str, scene: Scene) -> None:
    down = replace(scene.gw, ledger=Down(scene.gw.ledger, kind))
    asked = replace(wanted(scene), value="chart-second")
    with pytest.raises(Unavailable):
        declare(down, doctor(scene), asked)
    assert scene.queue() == scene.queue(scene.officer_there) == {"waiting": [], "done": []}
    assert isinstance(declare(scene.gw, doctor(scene), asked), Declared)
    assert len(scene.queue()["waiting"]) == 1


Lie = Callable[[Broken], Broken]


def other_receipt(**changes: Any) -> Lie:
    return lambda answer: replace(answer, receipt={**answer.receipt, **changes})


def other_opening(**changes: str) -> Lie:
    return lambda answer: replace(answer, opening={**answer.opening, **changes})


def flipped(text: str) -> str:
    data = bytearray(unb64u(text))
    data[-1] ^= 1
    return b64u(bytes(data))


LIES: dict[str, Lie] = {
    "it ends later": lambda answer: replace(answer, until=answer.until + 1),
    "the glass is another": lambda answer: replace(answer, glass="0" * 64),
    "the salt is another": lambda answer: replace(
        answer, opening={**answer.opening, "salt": flipped(answer.opening["salt"])}
    ),
    "the salt is short": other_opening(salt="AA"),
    "the details are others": other_opening(details="{}"),
    "the receipt has no proof": other_receipt(inclusion=[]),
    "the receipt is of another checkpoint": other_receipt(checkpoint="x"),
    "the record is broken": lambda answer: replace(
        answer, receipt={**answer.receipt, "record": flipped(answer.receipt["record"])}
    ),
}


def answered(scene: Scene, **changes: Any) -> tuple[Broken, Declaration, str]:
    payload = scene.payload(**changes)
    signed = scene.gw.keys.sign(scene.story.clinic, "peer", "yaoshi-declaration", payload)
    answer, declared = receive(scene.gw, scene.story.hospital, signed), parse_declaration(payload)
    assert isinstance(answer, Broken)
    assert isinstance(declared, Declaration)
    return answer, declared, signed


def test_a_custodians_answer_is_believed_when_it_holds(scene: Scene) -> None:
    assert answer_fault(scene.gw, *answered(scene)) is None


@pytest.mark.parametrize("case", LIES)
def test_a_custodians_answer_is_not_believed_when(case: str, scene: Scene) -> None:
    answer, declared, signed = answered(scene)
    fault = answer_fault(scene.gw, LIES[case](answer), declared, signed)
    assert fault is not None
    assert fault.code == "disclosure-unproven"


def test_an_answer_to_another_declaration_is_not_believed(scene: Scene) -> None:
    answer, declared, _ = answered(scene)
    _, other, signed = answered(scene)
    assert answer_fault(scene.gw, answer, declared, signed) is not None
    assert answer_fault(scene.gw, answer, replace(other, ttl_ms=1), signed) is not None
