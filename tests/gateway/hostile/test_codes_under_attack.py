"""One-time codes: guessing, second claims, races, steps out of order, forged answers to a question."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.checkpoint import sign_checkpoint
from ledger.encoding import b64u, canonical_json, unb64u
from ledger.entry import parse_entry
from ledger.signing import peek_compact, sign_compact
from tests.gateway.hostile.doors import linked_at_clinic
from tests.gateway.hostile.knocks import code_of, from_wallet, knock, same, size
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import HOUR, Story


def post(story: Story, institution: str, path: str, body: Any) -> Any:
    url = f"/i/{institution}/wallet/references/{path}"
    return knock(story.gw, story.client(), "POST", url, json=body, headers=from_wallet())


def test_guessing_is_slow_and_its_answers_are_all_alike(story: Story) -> None:
    made = [story.invite()["reference"], story.ask()["reference"]]
    client, phone = story.client(), story.phone()
    answers = []
    for number in range(40):
        url = f"/i/{story.hospital}/wallet/references/{number:08}"
        answers.append(client.post(url, json={"key": phone.key}, headers=from_wallet()))
    assert [answer.status_code for answer in answers] == [404] * 30 + [429] * 10
    assert all(same(answers[0], answer) for answer in answers[:30])
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[30:])
    # The right code does not help who was told to wait; a claim at another institution is counted apart.
    url = f"/i/{story.hospital}/wallet/references/{made[0]}"
    assert code_of(client.post(url, json={"key": phone.key}, headers=from_wallet())) == "rate-limited"
    story.clock.advance(minutes=1)
    assert client.post(url, json={"key": phone.key}, headers=from_wallet()).status_code == 200


def test_of_sixteen_claims_at_once_one_wins(story: Story) -> None:
    for made in (story.invite()["reference"], story.ask()["reference"]):
        institution = (
            story.hospital if made in story.desk.get(f"/console/api/references/{made}").text else story.clinic
        )
        phones = [story.phone(institution) for _ in range(16)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(
                pool.map(lambda one, of=institution, ref=made: post(story, of, ref, {"key": one.key}), phones)
            )
        assert sorted(answer.status_code for answer in answers) == [200] + [404] * 15
        winner = phones[[answer.status_code for answer in answers].index(200)]
        assert post(story, institution, made, {"key": winner.key}).status_code == 200


WEAK_KEYS = {
    "the neutral point": b"\x01" + bytes(31),
    "a point of order two": b"\xec" + b"\xff" * 30 + b"\x7f",
    "a point of order four": bytes(32),
    "a point of order eight": bytes.fromhex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    ),
    "a coordinate beyond the field": b"\xee" + b"\xff" * 30 + b"\x7f",
    "no point at all": b"\x02" + bytes(31),
}


def test_a_weak_key_claims_nothing(story: Story) -> None:
    reference = story.invite()["reference"]
    nobody = post(story, story.hospital, "00000000", {"key": story.phone().key})
    for name, key in WEAK_KEYS.items():
        assert same(post(story, story.hospital, reference, {"key": b64u(key)}), nobody), name
    assert story.desk.get(f"/console/api/references/{reference}").json["state"] == "waiting"


def test_steps_of_an_invitation_out_of_order_connect_nobody(story: Story) -> None:
    reference, phone = story.invite()["reference"], story.phone()
    confirm = f"/console/api/references/{reference}/confirm"
    assert code_of(knock(story.gw, story.desk, "POST", confirm, json={})) == "proof-pending"
    phone.fetch(reference)
    assert code_of(knock(story.gw, story.desk, "POST", confirm, json={})) == "proof-pending"
    stranger = story.phone()
    stranger.link = phone.link
    for body in (
        {"key": phone.key, "proof": stranger.proof()},
        {"key": stranger.key, "proof": stranger.proof()},
    ):
        assert post(story, story.hospital, f"{reference}/proof", body).status_code in (404, 409)
    assert code_of(knock(story.gw, story.desk, "POST", confirm, json={})) == "proof-pending"
    phone.prove(reference)
    story.clock.advance(minutes=10)
    assert code_of(knock(story.gw, story.desk, "POST", confirm, json={})) == "reference-ended"
    assert code_of(phone.sign_in()) == "wallet-signin-refused"


def test_a_stopped_invitation_takes_no_further_step(story: Story) -> None:
    reference, phone = story.invite()["reference"], story.phone()
    phone.fetch(reference)
    phone.prove(reference)
    assert post(story, story.hospital, f"{reference}/stop", {"key": phone.key}).json == {"state": "stopped"}
    confirm = f"/console/api/references/{reference}/confirm"
    assert code_of(knock(story.gw, story.desk, "POST", confirm, json={})) == "reference-ended"
    assert code_of(post(story, story.hospital, reference, {"key": phone.key})) == "reference-unknown"
    extend = f"/console/api/references/{reference}/extend"
    assert code_of(knock(story.gw, story.desk, "POST", extend, json={})) == "reference-not-extendable"


def test_only_the_doctor_who_asked_confirms_the_digits(story: Story) -> None:
    reference, asker = story.ask()["reference"], story.asker()
    asker.fetch(reference)
    colleague = story.sign_in("clinician", story.clinic)
    url = f"/console/api/references/{reference}"
    for client in (colleague, story.desk, story.clinician, story.sign_in("desk", story.clinic)):
        for step in ("confirm", "cancel", "extend"):
            assert code_of(knock(story.gw, client, "POST", f"{url}/{step}", json={})) == "reference-unknown"
        assert code_of(knock(story.gw, client, "GET", url)) == "reference-unknown"
        assert code_of(knock(story.gw, client, "GET", f"{url}/qr.svg")) == "reference-unknown"
    assert story.doctor.get(url).json["state"] == "claimed"


def test_nothing_is_pulled_before_the_digits_were_confirmed(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask()["reference"], story.asker()
    url = f"/console/api/visits/{reference}"
    early = knock(story.gw, story.doctor, "POST", f"/console/api/references/{reference}/confirm", json={})
    assert code_of(early) == "digits-pending"
    request = asker.fetch(reference).json["request"]
    _, offer = phone.give(request)
    assert (
        post(story, story.clinic, f"{reference}/grants", {"key": asker.key, "grants": [offer]}).status_code
        == 200
    )
    for method, path in (("GET", url), ("POST", f"{url}/refresh")):
        assert code_of(knock(story.gw, story.doctor, method, path)) == "reference-unknown"
    story.doctor.post(f"/console/api/references/{reference}/cancel", json={})
    assert code_of(knock(story.gw, story.doctor, "GET", url)) == "reference-unknown"


@dataclass
class Answer:
    """A right answer to a question, to be spoilt."""

    story: Story
    phone: Phone
    asker: Phone
    reference: str
    request: str
    offer: dict[str, Any]

    def post(self, offer: dict[str, Any]) -> str:
        body = {"key": self.asker.key, "grants": [offer]}
        return code_of(post(self.story, self.story.clinic, f"{self.reference}/grants", body))

    def given(self, request: str | None = None, **changes: Any) -> dict[str, Any]:
        answer, offer = self.phone.give(request or self.request, **changes)
        assert answer.status_code == 201, answer.text
        return offer


@pytest.fixture
def answer(story: Story) -> Answer:
    phone, reference, asker = story.linked(), story.ask(**{"from": "2025-01-01"})["reference"], story.asker()
    request = asker.fetch(reference).json["request"]
    made = Answer(story, phone, asker, reference, request, {})
    made.offer = made.given()
    return made


def spoilt(path: str, change: Callable[[Any], Any]) -> Callable[[Answer], dict[str, Any]]:
    """The right offer with one value changed; `path` like receipt.heads."""

    def make(answer: Answer) -> dict[str, Any]:
        offer = copy.deepcopy(answer.offer)
        *way, last = path.split(".")
        into = offer
        for name in way:
            into = into[name]
        into[last] = change(into[last])
        return offer

    return make


def flipped(coded: str) -> str:
    data = bytearray(unb64u(coded))
    data[len(data) // 2] ^= 1
    return b64u(bytes(data))


def own_checkpoint(answer: Answer) -> dict[str, Any]:
    """The right root, signed by a key that a liar made."""
    offer = copy.deepcopy(answer.offer)
    origin, count, root = offer["receipt"]["checkpoint"].splitlines()[:3]
    note = sign_checkpoint(
        bytes(31) + b"\x07", origin, int(count), base64.b64decode(root), answer.story.clock()
    )
    offer["receipt"]["checkpoint"] = note
    return offer


def receipt_of_another_entry(answer: Answer) -> dict[str, Any]:
    return {**answer.offer, "receipt": answer.given()["receipt"]}


def receipt_of_a_revocation(answer: Answer) -> dict[str, Any]:
    entry = answer.phone.entry("grant.revoke", grant=answer.offer["grant"])
    receipt = answer.phone.post("entries", {"entry": entry}).json["receipt"]
    return {**answer.offer, "grant": parse_entry(entry).id, "receipt": receipt}


def self_signed_request(answer: Answer) -> dict[str, Any]:
    """A grant that answers a request which a stranger signed over the same words."""
    words = {**peek_compact(answer.request)[1], "reason": "体检"}
    return answer.given(request=sign_compact(answer.asker.seed, "yaoshi-request", words))


def at_the_askers_own(answer: Answer) -> dict[str, Any]:
    other = linked_at_clinic(answer.story)
    return {**answer.offer, "custodian": other.institution}


def wide(**scope: Any) -> Callable[[Answer], dict[str, Any]]:
    return lambda answer: answer.given(scope={"kinds": ["laboratory"], "from": "2025-01-01", **scope})


FORGED: dict[str, tuple[Callable[[Answer], dict[str, Any]], str]] = {
    "one bit of the record changed": (spoilt("receipt.record", flipped), "grant-receipt-wrong"),
    "other heads": (spoilt("receipt.heads", flipped), "grant-receipt-wrong"),
    "a proof cut short": (spoilt("receipt.inclusion", lambda proof: proof[:-1]), "grant-receipt-wrong"),
    "a proof that goes on": (
        spoilt("receipt.inclusion", lambda proof: [*proof, "A" * 43]),
        "grant-receipt-wrong",
    ),
    "a proof of other hashes": (
        spoilt("receipt.inclusion", lambda proof: [flipped(one) for one in proof]),
        "grant-receipt-wrong",
    ),
    "a proof without end": (
        spoilt("receipt.inclusion", lambda proof: ["A" * 43] * 5000),
        "grant-receipt-wrong",
    ),
    "a checkpoint of another size": (
        spoilt("receipt.checkpoint", lambda note: note.replace("\n", "\n9", 1)),
        "grant-receipt-wrong",
    ),
    "a checkpoint of another ledger": (
        spoilt("receipt.checkpoint", lambda note: note.replace("localhost", "elsewhere")),
        "grant-receipt-wrong",
    ),
    "a checkpoint without its signatures": (
        spoilt("receipt.checkpoint", lambda note: note.partition("\n\n")[0] + "\n\n"),
        "grant-receipt-wrong",
    ),
    "a checkpoint signed by a liar": (own_checkpoint, "grant-receipt-wrong"),
    "the receipt of another grant": (receipt_of_another_entry, "grant-receipt-wrong"),
    "the receipt of a revocation": (receipt_of_a_revocation, "grant-receipt-wrong"),
    "another grant's name": (spoilt("grant", lambda _: "0" * 64), "grant-receipt-wrong"),
    "the custodian that asks": (at_the_askers_own, "custodian-differs"),
    "a custodian that nobody knows": (spoilt("custodian", lambda _: "0" * 32), "custodian-differs"),
    "another salt": (spoilt("opening.salt", flipped), "grant-opening-wrong"),
    "other details": (
        spoilt("opening.details", lambda text: text.replace("laboratory", "medication")),
        "grant-opening-wrong",
    ),
    "the same details written otherwise": (
        spoilt("opening.details", lambda text: text + " "),
        "grant-opening-wrong",
    ),
    "a request that a stranger signed": (self_signed_request, "grant-request-differs"),
    "a further kind": (wide(kinds=["laboratory", "medication"]), "grant-wider-than-asked"),
    "an earlier first day": (wide(**{"from": "2024-12-31"}), "grant-wider-than-asked"),
    "a later end": (
        lambda answer: answer.given(not_after=peek_compact(answer.request)[1]["not_after"] + 1),
        "grant-wider-than-asked",
    ),
    "another purpose": (lambda answer: answer.given(purpose="HRESCH"), "purpose-differs"),
    "another clinician": (
        lambda answer: answer.given(clinician={"id": "f" * 32, "name": "x", "role": "clinician"}),
        "clinician-differs",
    ),
    "another role": (lambda answer: answer.given(clinician=None, role="desk"), "role-differs"),
}


@pytest.mark.parametrize(("make", "code"), FORGED.values(), ids=FORGED.keys())
def test_an_answer_is_refused_that_has(
    answer: Answer, make: Callable[[Answer], dict[str, Any]], code: str
) -> None:
    assert answer.post(make(answer)) == code
    url = f"/console/api/references/{answer.reference}"
    assert answer.story.doctor.get(url).json["state"] == "claimed"


def test_an_answer_to_one_question_answers_no_other(answer: Answer) -> None:
    story = answer.story
    other, asker = story.ask(**{"from": "2025-01-01"})["reference"], story.asker()
    asker.fetch(other)
    body = {"key": asker.key, "grants": [answer.offer]}
    assert code_of(post(story, story.clinic, f"{other}/grants", body)) == "grant-request-differs"


def test_an_answer_without_a_first_day_is_wider_than_asked(answer: Answer) -> None:
    assert answer.post(answer.given(scope={"kinds": ["laboratory"]})) == "grant-wider-than-asked"


def test_a_question_is_signed_by_the_institution_and_names_nobody(answer: Answer) -> None:
    words = canonical_json(peek_compact(answer.request)[1]).decode()
    assert answer.story.chart not in words
    assert "chart-first" not in words
    assert size(answer.story.gw) > 0


@pytest.mark.parametrize("hours", [-1, 0, 24 * 366])
def test_a_question_out_of_its_time_is_not_asked(story: Story, hours: int) -> None:
    question = {
        "patient": None,
        "purpose": "TREAT",
        "reason": "复诊",
        "kinds": ["laboratory"],
        "from": None,
        "not_after": max(0, story.clock() + hours * HOUR),
    }
    assert code_of(knock(story.gw, story.doctor, "POST", "/console/api/asks", json=question)) in (
        "grant-period-empty",
        "grant-too-long",
    )
