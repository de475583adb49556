"""The whole journey by API: link, ask, grant, see, revoke; with a phone that verifies what it is given."""

from __future__ import annotations

from typing import Any

from ledger.commitment import commit
from ledger.encoding import b64u, unb64u
from ledger.entry import parse_entry
from ledger.receipt import open_receipt
from ledger.record import decode_record
from ledger.signing import peek_compact, thumbprint
from tests.gateway.wallet.story import Story


def entries_of(timeline: dict[str, Any]) -> list[Any]:
    records = [decode_record(unb64u(one["record"])) for one in timeline["records"]]
    return [parse_entry(record.entry.decode()) for record in records]


def kinds_of(timeline: dict[str, Any]) -> list[str]:
    return [entry.kind for entry in entries_of(timeline)]


def test_from_the_first_link_to_the_revocation(story: Story) -> None:
    opened = story.clinician.post(f"/console/api/patients/{story.patient}/open", json={}).json
    assert opened["link"]["claimed"] is False
    assert {item["source"] for item in opened["items"]} == {story.hospital}

    phone = story.linked()
    assert phone.link == opened["link"]["id"]
    timeline = phone.timeline()
    assert kinds_of(timeline) == ["link.open", "look.made", "link.keys"]
    [look] = timeline["openings"].values()
    assert '"own-care"' in look["details"]

    reference, offer = story.granted(phone)
    visit = story.visit(reference)
    [source] = visit["sources"]
    assert (source["state"], source["custodian"]["id"]) == ("open", story.hospital)
    assert source["verified"]["count"] == len(source["items"]) == 3
    assert {item["source"] for item in source["items"]} == {story.hospital}
    assert visit["match"] == "match"
    assert visit["demographics"] == {"name": "合成测试（合成）", "sex": "female", "birth_date": "1970-01-01"}

    kinds = kinds_of(phone.timeline())
    assert kinds[3] == "grant.give"
    assert set(kinds[4:]) == {"disclosure.made"}

    revoked = phone.submit("grant.revoke", grant=offer["grant"])
    assert revoked.status_code == 201
    [source] = story.visit(reference)["sources"]
    assert (source["state"], source["items"], source["ended_at"]) == ("revoked", [], story.clock())
    assert story.visit(reference)["demographics"] is None
    assert kinds_of(phone.timeline())[-1] == "grant.revoke"


def test_every_opening_of_the_timeline_opens_its_commitment(story: Story) -> None:
    phone = story.linked()
    phone.records()
    story.visit(story.granted(phone)[0])
    timeline = phone.timeline()
    committed = [
        entry.payload["commitment"] for entry in entries_of(timeline) if "commitment" in entry.payload
    ]
    assert set(committed) == timeline["openings"].keys()
    assert len(committed) > 2
    for commitment, opening in timeline["openings"].items():
        assert commit(unb64u(opening["salt"]), opening["details"].encode()) == commitment


def test_the_receipt_of_a_confirmed_invitation_shows_the_phones_own_key(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    phone.prove(reference)
    assert phone.state(reference).json["state"] == "waiting"
    story.desk.post(f"/console/api/references/{reference}/confirm", json={})
    said = phone.state(reference).json
    assert said["person"] == {"name": "合成测试（合成）"}
    operator = story.gw.ledger.genesis.operators[0]
    proven = open_receipt(
        said["receipt"], story.gw.ledger.genesis.origin, unb64u(operator["keys"]["checkpoint"])
    )
    assert proven.entry.payload["key"] == phone.key
    assert proven.entry.kind == "link.open"


def test_both_sides_compute_the_same_digits_and_nobody_sends_them(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    fetched = phone.fetch(reference)
    shown = story.desk.get(f"/console/api/references/{reference}").json
    assert shown["digits"] == phone.digits(reference)
    assert "digits" not in fetched.json

    asked = story.ask()["reference"]
    asker = story.asker()
    asker.fetch(asked)
    shown = story.doctor.get(f"/console/api/references/{asked}").json
    assert shown["digits"] == asker.digits(asked)


def test_the_request_names_what_was_asked_and_no_patient(story: Story) -> None:
    asked = story.ask(**{"from": "2024-01-01"})
    request = story.asker().fetch(asked["reference"]).json["request"]
    header, payload = peek_compact(request)
    with story.gw.ledger.view() as view:
        clinic = view.institution(story.clinic)
    assert header["typ"] == "yaoshi-request"
    assert header["kid"] == thumbprint(clinic.keys["peer"])
    assert payload.keys() == {
        "ledger", "institution", "reference", "clinician", "purpose", "reason", "kinds", "from", "not_after",
        "at", "expires",
    }  # fmt: skip
    assert (payload["institution"], payload["from"]) == (story.clinic, "2024-01-01")
    assert story.chart not in request
    assert b64u(story.chart.encode()) not in request


def test_the_doctor_may_confirm_the_digits_before_the_patient_has_chosen(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask()["reference"], story.asker()
    request = asker.fetch(reference).json["request"]
    early = story.doctor.post(f"/console/api/references/{reference}/confirm", json={})
    assert (early.json["state"], early.json["digits_confirmed"]) == ("claimed", True)
    _, offer = phone.give(request)
    asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [offer]})
    assert asker.state(reference).json["state"] == "accepted"
    assert story.visit(reference)["sources"][0]["state"] == "open"


def test_a_grant_is_not_used_before_the_doctor_confirmed_the_digits(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask()["reference"], story.asker()
    _, offer = phone.give(asker.fetch(reference).json["request"])
    asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [offer]})
    assert story.doctor.get(f"/console/api/references/{reference}").json["state"] == "chosen"
    assert story.doctor.get(f"/console/api/visits/{reference}").json["code"] == "reference-unknown"
    assert "disclosure.made" not in kinds_of(phone.timeline())


def test_the_patients_own_reading_is_an_entry_that_names_the_patient(story: Story) -> None:
    phone = story.linked()
    answer = phone.records(kinds=["laboratory"])
    assert {item["kind"] for item in answer.json["items"]} == {"laboratory"}
    timeline = phone.timeline()
    assert entries_of(timeline)[-1].id == answer.json["look"]
    opening = timeline["openings"][entries_of(timeline)[-1].payload["commitment"]]
    assert '"patient-request"' in opening["details"]


def test_the_timeline_grows_consistently_from_the_size_that_the_phone_kept(story: Story) -> None:
    phone = story.linked()
    size = int(phone.timeline()["checkpoint"].split("\n")[1])
    phone.records()
    again = phone.timeline(kept=size)
    assert isinstance(again["consistency"], list)
    assert int(again["checkpoint"].split("\n")[1]) > size
    beyond = phone.timeline(kept=10**9)
    assert beyond["records"] == again["records"] or len(beyond["records"]) > 0
