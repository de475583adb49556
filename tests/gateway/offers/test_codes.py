"""Whatever a doctor's camera may read: one answer, nothing opened, nothing sent anywhere."""

from __future__ import annotations

import pytest

from tests.gateway.hostile.knocks import NAUGHTY
from tests.gateway.offers.patient import UNKNOWN, offering, qr_text, question, take
from tests.gateway.qr.test_code import FOREIGN
from tests.gateway.wallet.story import HOUR, Story

TEXTS = {
    **FOREIGN,
    "an institution that is not registered": "ZZ7HPR3C8N",
    "controls": "\x00\x07\x1b[2J",
    "all that a QR code can hold": "9" * 7089,
    **{f"naughty {place}": text for place, text in enumerate(NAUGHTY) if 0 < len(text) <= 7089},
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_it_is_told_to_be_no_patients_code(story: Story, text: str) -> None:
    answer = take(story, text.replace("https://wallet.example", "http://127.0.0.1:8080"))
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        assert answer.json["code"] == "json-malformed"
    else:
        assert (answer.status_code, answer.json["code"]) == (409, "offer-code-foreign")
    assert len(answer.data) < 1000, "nothing of it comes back"
    with story.gw.db.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM reference").scalar() == 0


def test_a_code_of_another_ledger_is_foreign(story: Story) -> None:
    name = offering(story).make()["reference"]
    other = qr_text(story, "WX", name).replace(qr_text(story, "WX", name).split("#")[1][:22], "A" * 22)
    assert take(story, other).json["code"] == "offer-code-foreign"


WRONG = {
    "no code": ({"code": ""}, 422, "request-invalid"),
    "a code that is a number": ({"code": 7}, 422, "request-invalid"),
    "a code longer than any QR code": ({"code": "9" * 7090}, 422, "request-invalid"),
    "no kinds": ({"kinds": []}, 422, "request-invalid"),
    "a purpose that nobody has": ({"purpose": "HMARKT"}, 422, "request-invalid"),
    "one member more": ({"scope": {}}, 422, "request-invalid"),
    "a patient who is not here": ({"patient": "nobody"}, 404, "patient-unknown"),
    "an end in the past": ({"not_after": 1}, 409, "grant-period-empty"),
    "an end in ten years": ({"not_after": 1_767_225_600_000 + 87_600 * HOUR}, 409, "grant-too-long"),
}


@pytest.mark.parametrize(("changes", "status", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_question_that_will_not_do_leaves_the_offer_waiting(
    story: Story, changes: dict[str, object], status: int, code: str
) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    body = {**question(story, patient.url(name)), **changes}
    answer = story.doctor.post("/console/api/offers", json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert patient.state(name).json["state"] == "waiting"


def test_a_doctor_cannot_try_codes_without_end(story: Story) -> None:
    codes = [take(story, f"WX{number:08}").status_code for number in range(31)]
    assert codes == [404] * 30 + [429]


def test_staff_who_ask_nothing_may_not_take_offers(story: Story) -> None:
    for role in ("desk", "privacy", "auditor", "administrator"):
        answer = take(story, f"WX{UNKNOWN}", story.sign_in(role, story.clinic))
        assert (answer.status_code, answer.json["code"]) == (403, "role-not-allowed")
