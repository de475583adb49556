"""Whatever is wrong with a declaration, the answer is one: the same bytes, the same status, the same work."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from gateway.glass import reading
from gateway.glass.receive import MISSED, receive
from gateway.web.logs import make_log
from ledger.encoding import b64u, canonical_json
from ledger.signing import sign_compact
from tests.gateway.glass.scene import BIRTH, NUMBER, SYSTEM, TTL, Scene
from tests.gateway.hostile.knocks import seen

HOUR = 3_600_000
Make = Callable[[Scene], str]


def with_member(name: str, value: Any) -> Make:
    return lambda scene: scene.signed(**{name: value})


def identifier(value: object, system: object = SYSTEM) -> Make:
    return with_member("identifier", {"system": system, "value": value})


def clinician(**changes: Any) -> Make:
    person = {"id": "dr-9", "name": "合成医生", "role": "physician", "department": "急诊科"}
    return with_member("clinician", {**person, **changes})


def stranger(scene: Scene) -> str:
    return sign_compact(bytes(range(32)), "yaoshi-declaration", scene.payload())


def tampered(scene: Scene) -> str:
    header, _, signature = scene.signed().split(".")
    return f"{header}.{b64u(canonical_json(scene.payload()))}.{signature}"


def without(name: str) -> Make:
    def make(scene: Scene) -> str:
        payload = scene.payload()
        del payload[name]
        return scene.gw.keys.sign(scene.story.clinic, "peer", "yaoshi-declaration", payload)

    return make


# What a genuine declaration can have wrong, with the cause in the custodian's own log.
MISSES: dict[str, tuple[Make, str]] = {
    "nobody has this number": (identifier("chart-nobody"), "no-match"),
    "the birth date is a day off": (with_member("birth_date", "1970-01-02"), "no-match"),
    "the number is another system's": (identifier(NUMBER, "urn:test:national"), "no-match"),
    "the number is only alike": (identifier("CHART-FIRST"), "no-match"),
    "the number has a blank before it": (identifier(f" {NUMBER}"), "no-match"),
    "the number is a part of one": (identifier("chart-firs"), "no-match"),
    "the number is a pattern": (identifier("chart-%"), "no-match"),
    "two charts have this number and birth date": (identifier("chart-twin"), "several-match"),
    "the chart knows only the year of birth": (identifier("chart-young"), "no-match"),
    "the birth date is a year": (with_member("birth_date", "1970"), "declaration-malformed"),
    "the birth date is no day": (with_member("birth_date", "1970-02-30"), "declaration-malformed"),
    "the number is empty": (identifier(""), "declaration-malformed"),
    "the number is no text": (identifier(17), "declaration-malformed"),
    "the number has a control character": (identifier("chart\x00first"), "declaration-malformed"),
    "the system is empty": (identifier(NUMBER, ""), "declaration-malformed"),
    "the reason is not on the list": (with_member("reason", "curiosity"), "declaration-reason-unknown"),
    "another emergency has no words": (with_member("reason", "other-emergency"), "declaration-text-missing"),
    "the words are huge": (with_member("text", "急" * 501), "declaration-malformed"),
    "the words turn the line around": (with_member("text", "abc\u202edef"), "declaration-malformed"),
    "the words have a line break": (with_member("text", "a\nb"), "declaration-malformed"),
    "it would last for no time": (with_member("ttl_ms", 0), "declaration-malformed"),
    "it would last for longer than a day": (with_member("ttl_ms", 24 * HOUR + 1), "glass-ttl-wrong"),
    "its length is a truth": (with_member("ttl_ms", True), "declaration-malformed"),
    "the clinician has no id": (clinician(id=""), "declaration-malformed"),
    "the clinician's name has a control character": (clinician(name="a\x07"), "declaration-malformed"),
    "the clinician says more": (clinician(password="x"), "declaration-malformed"),
    "a member is missing": (without("text"), "declaration-malformed"),
    "a member is too many": (with_member("more", 1), "declaration-malformed"),
    "the nonce is short": (with_member("nonce", "00"), "declaration-malformed"),
    "it is for another custodian": (
        lambda scene: scene.signed(custodian=scene.gw.ledger.genesis.institutions[2]["id"]),
        "declaration-not-for-us",
    ),
    "it is for another ledger": (with_member("ledger", "0" * 64), "declaration-not-for-us"),
    "it was signed too long ago": (
        lambda scene: scene.signed(at=scene.gw.clock() - 120_001),
        "at-out-of-skew",
    ),
    "it is signed ahead of time": (
        lambda scene: scene.signed(at=scene.gw.clock() + 120_001),
        "at-out-of-skew",
    ),
    "its time is no number": (with_member("at", "now"), "at-out-of-skew"),
    "the custodian declares to itself": (
        lambda scene: scene.signed(by=scene.story.hospital, institution=scene.story.hospital),
        "declaration-not-for-us",
    ),
    "a key of another use signed it": (lambda scene: scene.signed(use="release"), "declaration-forged"),
    "another institution signed it": (
        lambda scene: scene.signed(by=scene.gw.ledger.genesis.institutions[2]["id"]),
        "declaration-forged",
    ),
    "a stranger's key signed it": (stranger, "declaration-forged"),
    "it was changed after it was signed": (tampered, "declaration-forged"),
    "no such institution is registered": (
        lambda scene: scene.signed(institution="f" * 32),
        "declaration-forged",
    ),
    "the institution's id is no id": (with_member("institution", "../x\x00"), "declaration-forged"),
    "it is of another type": (
        lambda scene: scene.gw.keys.sign(scene.story.clinic, "peer", "yaoshi-request", scene.payload()),
        "declaration-forged",
    ),
    "it is no declaration": (lambda scene: "x", "declaration-forged"),
    "it is empty": (lambda scene: "", "declaration-forged"),
    "it is huge": (lambda scene: "a" * 200_000, "declaration-forged"),
    "it is not ASCII": (lambda scene: "急诊", "declaration-forged"),
}  # fmt: skip


@contextmanager
def worked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a custodian does for one declaration: each statement's first words, each signature checked."""
    done: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        done.append(" ".join(statement.split()[:3]))

    genuine = reading.verify

    def verify(*given: Any) -> bool:
        done.append("signature")
        return genuine(*given)

    monkeypatch.setattr(reading, "verify", verify)
    engines = [scene.gw.db, scene.gw.db.begin.__self__]  # type: ignore[attr-defined]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield done
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    monkeypatch.setattr(reading, "verify", genuine)


@pytest.mark.parametrize("case", MISSES)
def test_nothing_is_opened_and_nothing_is_told_when(
    case: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, cause = MISSES[case]
    text, size = make(scene), scene.size()
    unknown = scene.signed(identifier={"system": SYSTEM, "value": "chart-nobody"})
    with worked(scene, monkeypatch) as usual:
        assert receive(scene.gw, scene.story.hospital, unknown) == MISSED
    with worked(scene, monkeypatch) as done:
        assert receive(scene.gw, scene.story.hospital, text) == MISSED
    assert usual.count("signature") == 1
    assert len(usual) > 5
    assert done == usual
    assert scene.attempts()[-1][1] == cause
    assert scene.size() == size


@pytest.mark.parametrize("case", MISSES)
def test_the_answer_is_the_same_to_the_last_byte_when(case: str, scene: Scene) -> None:
    usual = scene.send(scene.signed(identifier={"system": SYSTEM, "value": "chart-nobody"}))
    assert (usual.status_code, usual.json["code"]) == (404, "glass-not-possible")
    assert seen(scene.send(MISSES[case][0](scene))) == seen(usual)


def test_a_retired_institution_opens_nothing(scene: Scene) -> None:
    class Retired:
        """The engine, in whose registry the clinic has been retired."""

        def __init__(self, engine: Any) -> None:
            self._engine = engine

        def __getattr__(self, name: str) -> Any:
            return getattr(self._engine, name)

        @contextmanager
        def view(self) -> Iterator[Any]:
            with self._engine.view() as view:
                found = view.institution
                view.institution = lambda name: (
                    replace(found(name), retired=True) if name == scene.story.clinic else found(name)
                )
                yield view

    gw = replace(scene.gw, ledger=Retired(scene.gw.ledger))
    assert receive(gw, scene.story.hospital, scene.signed()) == MISSED
    assert scene.attempts()[-1][1] == "declaration-forged"


def test_the_same_declaration_again_gives_nothing_new(scene: Scene) -> None:
    signed = scene.signed()
    assert scene.send(signed).status_code == 201
    size = scene.size()
    again = scene.send(signed)
    assert (again.status_code, again.json["code"]) == (404, "glass-not-possible")
    assert scene.size() == size
    assert [outcome for _, outcome in scene.attempts()] == ["matched", "declaration-repeated"]


def test_the_same_nonce_in_another_declaration_gives_nothing(scene: Scene) -> None:
    nonce = "ab" * 16
    assert scene.send(scene.signed(nonce=nonce)).status_code == 201
    assert scene.send(scene.signed(nonce=nonce, ttl_ms=TTL + 1)).status_code == 404


def test_the_clinic_hears_the_same_through_its_console(scene: Scene) -> None:
    answers = [
        scene.declare(birth_date="1970-01-02"),
        scene.declare(identifier={"system": None, "value": "chart-nobody"}),
    ]
    assert {(one.status_code, one.data) for one in answers} == {(404, answers[0].data)}
    assert answers[0].json["code"] == "glass-not-possible"


def test_no_log_and_no_entry_holds_a_word_of_a_declaration(
    scene: Scene,
) -> None:
    written = io.StringIO()
    object.__setattr__(scene.gw, "log", make_log(written))  # the node is put together already, and frozen
    words, number = "路边昏倒无家属", "CHART-88172635"
    scene.declare(reason="other-emergency", text=words, identifier={"system": SYSTEM, "value": number})
    scene.declare(reason="other-emergency", text=words)
    logged = written.getvalue()
    assert "glass-not-broken" in logged
    assert "no-match" in logged
    with scene.gw.ledger.view() as view:
        ledger = b"".join(row.record_bytes for row in view.records(0, int(view.size)))
    for word in (words, number, NUMBER, BIRTH, "unconscious", "合成测试"):
        assert word not in logged
        assert word.encode() not in ledger
        assert b64u(word.encode())[:-2].encode() not in ledger
