"""What a patient says against an emergency look reaches both privacy officers, once."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.gateway.glass.scene import Scene, linked
from tests.gateway.wallet.phone import Phone

WORDS = "我当时清醒，没有人问过我"


def say(phone: Phone, glass: str, text: str = WORDS, **headers: str) -> TestResponse:
    return phone.post("objections", {"glass": glass, "text": text}, **(headers or phone.bearer()))


def test_an_objection_stands_in_the_case_at_both_sides(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    at = scene.gw.clock()
    answer = say(phone, begun["glass"])
    assert (answer.status_code, answer.json) == (201, {"glass": begun["glass"], "at": at})
    for officer in (scene.officer, scene.officer_there):
        assert scene.case(officer)["objection"] == {"at": at, "text": WORDS}


def test_the_same_words_again_change_nothing(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    first = say(phone, begun["glass"])
    scene.story.clock.advance(minutes=3)
    assert (say(phone, begun["glass"]).status_code, say(phone, begun["glass"]).json) == (201, first.json)


def test_it_is_not_on_the_ledger(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    size = scene.size()
    say(phone, begun["glass"])
    assert scene.size() == size


REFUSED: dict[str, tuple[Any, str]] = {
    "other words were sent before": (
        lambda s, p, g: (say(p, g), say(p, g, "还有"))[1],
        "objection-made",
    ),
    "there is no such emergency": (lambda s, p, g: say(p, "0" * 64), "glass-unknown"),
    "the emergency is somebody else's": (
        lambda s, p, g: say(p, s.declared(identifier={"system": None, "value": "chart-second"})["glass"]),
        "glass-unknown",
    ),
    "there are no words": (lambda s, p, g: say(p, g, ""), "request-invalid"),
    "the words are huge": (lambda s, p, g: say(p, g, "长" * 2001), "request-invalid"),
    "the words hold a NUL": (lambda s, p, g: say(p, g, "a\x00"), "request-invalid"),
    "nobody is signed in": (
        lambda s, p, g: say(p, g, Authorization="Bearer nothing"),
        "wallet-token-refused",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_objection_is_refused_when(case: str, scene: Scene) -> None:
    act, code = REFUSED[case]
    phone = linked(scene)
    begun = scene.declared()
    assert act(scene, phone, begun["glass"]).json["code"] == code


def test_a_replaced_phone_says_nothing_about_what_it_may_not_read(scene: Scene) -> None:
    phone = linked(scene)
    before = scene.declared()
    scene.story.linked(rekey=True)
    after = scene.declared()
    assert say(phone, after["glass"]).json["code"] == "glass-unknown"
    assert say(phone, before["glass"]).status_code == 201


def test_a_replaced_phone_is_not_taken_for_one_that_was_told(scene: Scene) -> None:
    phone = linked(scene)
    new = scene.story.linked(rekey=True)
    scene.declared()
    phone.timeline()
    assert scene.case()["told"] == {"at": None}
    new.timeline()
    assert scene.case()["told"] == {"at": scene.gw.clock()}
