"""What a patient's answer must be before a hospital relies on it, and how a wrong one is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.encoding import b64u, canonical_json, unb64u
from ledger.errors import Malformed
from ledger.signing import open_compact
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import HOUR, Story

Offer = dict[str, Any]


def post(story: Story, reference: str, asker: Phone, offers: list[Offer]) -> Any:
    return asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": offers})


def prepared(story: Story, **asked: Any) -> tuple[Phone, str, Phone, str]:
    """(linked phone, reference, asker, request)."""
    phone, asker = story.linked(), story.asker()
    reference = story.ask(**asked)["reference"]
    return phone, reference, asker, asker.fetch(reference).json["request"]


# What the patient may leave out
NARROWER: dict[str, dict[str, Any]] = {
    "fewer kinds than asked": {"scope": {"kinds": ["laboratory"]}},
    "a later first day": {"scope": {"kinds": ["imaging", "laboratory"], "from": "2025-06-01"}},
    "a last day": {"scope": {"kinds": ["laboratory"], "from": "2025-01-01", "to": "2026-01-01"}},
    "one code": {
        "scope": {"kinds": ["laboratory"], "from": "2025-01-01", "codes": ["http://loinc.org|4548-4"]}
    },
    "single records": {"scope": {"kinds": [], "records": ["Observation/abc"]}},
    "a sensitive kind that the patient ticked": {
        "scope": {"kinds": ["laboratory"], "from": "2025-01-01", "sensitive": ["HIV"]}
    },
    "the doctor's role instead of the doctor": {"clinician": None, "role": "clinician"},
}
NARROWER["fewer kinds than asked"]["scope"]["from"] = "2025-01-01"


@pytest.mark.parametrize("changes", NARROWER.values(), ids=NARROWER.keys())
def test_an_answer_is_taken_with(story: Story, changes: dict[str, Any]) -> None:
    phone, reference, asker, request = prepared(
        story, kinds=["laboratory", "imaging"], **{"from": "2025-01-01"}
    )
    given, offer = phone.give(request, **changes)
    assert given.status_code == 201, given.text
    assert post(story, reference, asker, [offer]).json == {"state": "chosen"}


DIFFERENT: dict[str, tuple[dict[str, Any], str]] = {
    "it opens a kind that was not asked for": (
        {"scope": {"kinds": ["imaging", "laboratory"], "from": "2025-01-01"}},
        "grant-wider-than-asked",
    ),
    "it begins before the day that was asked for": (
        {"scope": {"kinds": ["laboratory"], "from": "2024-12-31"}},
        "grant-wider-than-asked",
    ),
    "it has no first day though one was asked for": (
        {"scope": {"kinds": ["laboratory"]}},
        "grant-wider-than-asked",
    ),
    "it is for another purpose": ({"purpose": "HRESCH"}, "purpose-differs"),
    "it is for another clinician": (
        {"clinician": {"id": "somebody", "name": "另一位（合成）", "role": "clinician"}},
        "clinician-differs",
    ),
    "it is for another role": ({"clinician": None, "role": "nurse"}, "role-differs"),
    "it answers another request": ({"request": "0" * 64}, "grant-request-differs"),
}


@pytest.mark.parametrize(("changes", "code"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_an_answer_is_refused_when(story: Story, changes: dict[str, Any], code: str) -> None:
    phone, reference, asker, request = prepared(story, **{"from": "2025-01-01"})
    given, offer = phone.give(request, **changes)
    assert given.status_code == 201, given.text
    assert post(story, reference, asker, [offer]).json["code"] == code
    assert asker.state(reference).json["state"] == "claimed"


def test_an_answer_is_refused_when_it_lasts_longer_than_asked(story: Story) -> None:
    phone, reference, asker, request = prepared(story)
    _, offer = phone.give(request, not_after=story.clock() + 73 * HOUR)
    assert post(story, reference, asker, [offer]).json["code"] == "grant-wider-than-asked"


def test_an_answer_is_refused_when_it_is_for_another_institution(
    story: Story, institutions: list[str]
) -> None:
    phone, reference, asker, request = prepared(story)
    _, offer = phone.give(request, grantee=institutions[2])
    assert post(story, reference, asker, [offer]).json["code"] == "grantee-differs"


def _other_custodian(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "custodian": story.clinic}


def _unknown_custodian(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "custodian": "0" * 32}


def _other_receipt(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "receipt": other["receipt"]}


def _cut_proof(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "receipt": {**offer["receipt"], "inclusion": offer["receipt"]["inclusion"][1:]}}


def _other_root(story: Story, offer: Offer, other: Offer) -> Offer:
    name, size, root, *rest = offer["receipt"]["checkpoint"].split("\n")
    turned = ("B" if root[0] == "A" else "A") + root[1:]
    return {**offer, "receipt": {**offer["receipt"], "checkpoint": "\n".join([name, size, turned, *rest])}}


def _receipt_of_a_look(story: Story, offer: Offer, other: Offer) -> Offer:
    with story.gw.ledger.view() as view:
        return {**offer, "receipt": view.receipt(1)}


def _empty_receipt(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "receipt": {}}


def _hostile_receipt(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "receipt": {"record": 7, "heads": None, "inclusion": [[]], "checkpoint": {}}}


def _other_opening(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "opening": other["opening"]}


def _other_salt(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "opening": {**offer["opening"], "salt": b64u(bytes(32))}}


def _rewritten_details(story: Story, offer: Offer, other: Offer) -> Offer:
    return {**offer, "opening": {**offer["opening"], "details": offer["opening"]["details"] + " "}}


TAMPERED: dict[str, tuple[Callable[[Story, Offer, Offer], Offer], str]] = {
    "names another custodian": (_other_custodian, "custodian-differs"),
    "names a custodian that is not registered": (_unknown_custodian, "custodian-differs"),
    "shows the receipt of another grant": (_other_receipt, "grant-receipt-wrong"),
    "shows the receipt of another kind of entry": (_receipt_of_a_look, "grant-receipt-wrong"),
    "shows a shortened proof": (_cut_proof, "grant-receipt-wrong"),
    "shows a checkpoint with another root": (_other_root, "grant-receipt-wrong"),
    "shows an empty receipt": (_empty_receipt, "grant-receipt-wrong"),
    "shows a receipt of the wrong shape": (_hostile_receipt, "grant-receipt-wrong"),
    "opens another grant": (_other_opening, "grant-opening-wrong"),
    "has another salt": (_other_salt, "grant-opening-wrong"),
    "has rewritten details": (_rewritten_details, "grant-opening-wrong"),
}


@pytest.mark.parametrize(("tamper", "code"), TAMPERED.values(), ids=TAMPERED.keys())
def test_an_answer_is_refused_when_it(
    story: Story, tamper: Callable[[Story, Offer, Offer], Offer], code: str
) -> None:
    phone, reference, asker, request = prepared(story)
    _, offer = phone.give(request)
    _, other = phone.give(request, scope={"kinds": ["laboratory"], "to": "2026-01-01"})
    assert post(story, reference, asker, [tamper(story, offer, other)]).json["code"] == code
    assert post(story, reference, asker, [offer]).json == {"state": "chosen"}


def test_one_wrong_grant_refuses_the_whole_answer(story: Story) -> None:
    phone, reference, asker, request = prepared(story)
    _, offer = phone.give(request)
    wrong = {**offer, "custodian": "0" * 32, "grant": "0" * 64}
    assert post(story, reference, asker, [offer, wrong]).json["code"] == "custodian-differs"
    assert asker.state(reference).json["state"] == "claimed"


def test_an_answer_names_each_custodian_once(story: Story) -> None:
    phone, reference, asker, request = prepared(story)
    offers = [phone.give(request)[1], phone.give(request)[1]]
    assert post(story, reference, asker, offers).json["code"] == "ask-answer-twofold"


def test_the_first_answer_stands_and_may_be_repeated(story: Story) -> None:
    phone, reference, asker, request = prepared(story)
    _, first = phone.give(request)
    _, second = phone.give(request)
    assert post(story, reference, asker, [first]).json == {"state": "chosen"}
    assert post(story, reference, asker, [first]).json == {"state": "chosen"}
    assert post(story, reference, asker, [second]).json["code"] == "ask-answered"


def test_an_answer_after_the_code_expired_is_refused(story: Story) -> None:
    phone, reference, asker, request = prepared(story)
    _, offer = phone.give(request)
    story.clock.advance(minutes=10)
    assert post(story, reference, asker, [offer]).json["code"] == "reference-ended"


def test_a_declined_request_reads_stopped_and_takes_no_answer(story: Story) -> None:
    phone, reference, asker, request = prepared(story)
    _, offer = phone.give(request)
    assert asker.post(f"references/{reference}/stop", {"key": asker.key}).json == {"state": "stopped"}
    assert story.doctor.get(f"/console/api/references/{reference}").json["state"] == "stopped"
    assert post(story, reference, asker, [offer]).json["code"] == "reference-ended"


def test_a_changed_request_verifies_nowhere(story: Story) -> None:
    _, _, _, request = prepared(story)
    head, _, signature = request.split(".")
    changed = f"{head}.{b64u(canonical_json({'not': 'this'}))}.{signature}"
    with story.gw.ledger.view() as view:
        key = unb64u(view.institution(story.clinic).keys["peer"])
    assert open_compact(request, "yaoshi-request", key)["institution"] == story.clinic
    with pytest.raises(Malformed):
        open_compact(changed, "yaoshi-request", key)
