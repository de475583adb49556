"""One-time codes as phones see them: one owner, one answer for everybody else, and an end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from gateway.references.code import ALPHABET, fold, new_reference
from tests.gateway.wallet.story import Story


def _stopped(story: Story) -> str:
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    phone.post(f"references/{reference}/stop", {"key": phone.key})
    return reference


def _cancelled(story: Story) -> str:
    reference = story.invite()["reference"]
    assert story.desk.post(f"/console/api/references/{reference}/cancel", json={}).json["state"] == "stopped"
    return reference


def _taken(story: Story) -> str:
    reference = story.invite()["reference"]
    assert story.phone().fetch(reference).status_code == 200
    return reference


def _expired(story: Story) -> str:
    reference = story.invite()["reference"]
    story.clock.advance(minutes=10)
    return reference


CLOSED: dict[str, Callable[[Story], str]] = {
    "another phone has taken it": _taken,
    "it is ten minutes old": _expired,
    "the person stopped it": _stopped,
    "the desk cancelled it": _cancelled,
    "another institution made it": lambda story: story.ask()["reference"],
    "it is no code at all": lambda story: "%F0%9F%94%91%00",
    "it is far too long": lambda story: "A" * 4000,
}


@pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED.keys())
def test_a_code_tells_a_phone_nothing_when(story: Story, make: Callable[[Story], str]) -> None:
    reference = make(story)
    unknown = story.phone().fetch("00000000")
    answer = story.phone().fetch(reference)
    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data)
    assert answer.json["code"] == "reference-unknown"


@pytest.mark.parametrize("step", ["state", "stop", "proof", "grants"])
def test_whoever_did_not_claim_the_code_cannot(story: Story, step: str) -> None:
    reference, phone = story.invite()["reference"], story.phone()
    phone.fetch(reference)
    stranger = story.phone()
    body = {"key": stranger.key}
    if step == "proof":
        body["proof"] = phone.proof()
    if step == "grants":
        receipt = {"record": "", "heads": "", "inclusion": "", "checkpoint": ""}
        opening = {"salt": "A" * 43, "details": "{}"}
        grant = {"custodian": story.hospital, "grant": "0" * 64, "receipt": receipt, "opening": opening}
        body["grants"] = [grant]  # type: ignore[assignment]
    answer = stranger.post(f"references/{reference}/{step}", body)
    unknown = stranger.fetch("00000000")
    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data)


def test_a_photographed_code_gives_the_photographer_nothing(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask()["reference"], story.asker()
    request = asker.fetch(reference).json["request"]
    photographer = story.asker()
    assert photographer.fetch(reference).json["code"] == "reference-unknown"
    _, offer = phone.give(request)
    posted = photographer.post(f"references/{reference}/grants", {"key": photographer.key, "grants": [offer]})
    assert posted.json["code"] == "reference-unknown"


def test_a_retry_by_the_same_key_gets_the_same_answer(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    assert phone.fetch(reference).data == phone.fetch(reference).data
    asker, asked = story.asker(), story.ask()["reference"]
    assert asker.fetch(asked).data == asker.fetch(asked).data


def test_a_typed_code_is_read_as_people_write_it(story: Story) -> None:
    reference = story.invite()["reference"]
    written = f"{reference[:4].lower()} {reference[4:]}".replace("0", "o").replace("1", "l")
    assert story.phone().fetch(written).status_code == 200


def test_of_many_phones_at_once_exactly_one_gets_the_code(story: Story) -> None:
    reference = story.invite()["reference"]
    phones = [story.phone() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda phone: phone.fetch(reference).status_code, phones))
    assert sorted(answers) == [200] + [404] * 7


def test_staff_can_give_ten_more_minutes_up_to_an_hour(story: Story) -> None:
    made = story.invite()
    expires = [made["expires"]]
    for _ in range(5):
        more = story.desk.post(f"/console/api/references/{made['reference']}/extend", json={})
        expires.append(more.json["expires"])
    assert [later - earlier for earlier, later in pairwise(expires)] == [600_000] * 5
    refused = story.desk.post(f"/console/api/references/{made['reference']}/extend", json={})
    assert refused.json["code"] == "reference-not-extendable"


def test_an_expired_code_is_not_revived(story: Story) -> None:
    made = story.invite()
    story.clock.advance(minutes=10)
    refused = story.desk.post(f"/console/api/references/{made['reference']}/extend", json={})
    assert refused.json["code"] == "reference-not-extendable"
    assert story.desk.get(f"/console/api/references/{made['reference']}").json["state"] == "expired"


def test_every_change_of_a_code_wakes_the_staffs_screens(story: Story) -> None:
    channels = [f"staff:{story.hospital}"]
    seen = story.gw.bus.cursor(*channels)
    phone, reference = story.phone(), story.invite()["reference"]
    steps: list[Callable[[], object]] = [
        lambda: phone.fetch(reference),
        lambda: phone.prove(reference),
        lambda: story.desk.post(f"/console/api/references/{reference}/confirm", json={}),
    ]
    for step in steps:
        seen = story.gw.bus.cursor(*channels)
        step()
        assert story.gw.bus.cursor(*channels) > seen
        assert story.gw.bus.cursor(f"reference:{reference}") > seen


def test_one_address_cannot_try_codes_without_end(story: Story) -> None:
    answers = {story.phone().fetch(f"{number:08}").status_code for number in range(31)}
    assert answers == {404, 429}
    made = story.invite()["reference"]
    assert story.phone().fetch(made).json["code"] == "rate-limited"


def test_a_reference_has_eight_characters_that_are_not_mistaken(story: Story) -> None:
    for _ in range(100):
        reference = new_reference(story.gw)
        assert len(reference) == 8
        assert set(reference) <= set(ALPHABET)
        assert fold(reference) == reference
