"""Own charts: found within the institution, opened only after the look is written down."""

from __future__ import annotations

import json

import pytest

from gateway.disclosure.openings import openings_of_link
from ledger.encoding import unb64u
from ledger.entry import parse_entry
from ledger.record import decode_record
from tests.gateway.wallet.story import CHECKS, Story


def looks(story: Story, link: str) -> list[dict[str, object]]:
    """The opened details of every look on a link, oldest first."""
    with story.gw.ledger.view() as view:
        chain = view.chain(link)
    with story.gw.db.connect() as conn:
        openings = openings_of_link(conn, link)
    entries = [parse_entry(decode_record(row.record_bytes).entry.decode()) for row in chain]
    return [
        json.loads(openings[entry.payload["commitment"]]["details"])
        for entry in entries
        if entry.kind == "look.made"
    ]


def test_a_search_finds_the_own_institutions_patients_only(story: Story) -> None:
    found = story.desk.post("/console/api/patients/search", json={"text": "chart-first"}).json["patients"]
    assert [one["id"] for one in found] == [story.patient]
    assert found[0] == {
        "id": story.patient,
        "name": "合成测试（合成）",
        "sex": "female",
        "birth_date": "1970-01-01",
        "identifier": "chart-first",
    }


def test_a_look_is_on_the_ledger_before_the_patient_has_a_wallet(story: Story) -> None:
    opened = story.clinician.post(f"/console/api/patients/{story.patient}/open", json={}).json
    [look] = looks(story, opened["link"]["id"])
    assert look == {
        "basis": "own-care",
        "user": {"id": story.clinician.staff_id, "name": "测试员（合成）", "role": "clinician"},
        "what": {"kinds": sorted({item["kind"] for item in opened["items"]}), "count": len(opened["items"])},
    }
    phone = story.linked()
    [shown] = phone.timeline()["openings"].values()
    assert json.loads(shown["details"]) == look
    records = phone.timeline()["records"]
    assert opened["look"] in {
        parse_entry(decode_record(unb64u(one["record"])).entry.decode()).id for one in records
    }


def test_the_desk_sees_who_it_is_and_no_record(story: Story) -> None:
    opened = story.desk.post(f"/console/api/patients/{story.patient}/open", json={}).json
    assert opened["items"] == []
    assert opened["patient"]["name"] == "合成测试（合成）"
    [look] = looks(story, opened["link"]["id"])
    assert (look["basis"], look["what"]) == ("own-administration", {"kinds": [], "count": 0})


def test_a_chart_names_its_accepted_and_still_standing_visits(story: Story) -> None:
    phone = story.linked()
    reference, offer = story.granted(phone)
    chart = f"/console/api/patients/{story.chart}/open"
    assert story.doctor.post(chart, json={}).json["visits"] == [reference]
    phone.submit("grant.revoke", grant=offer["grant"])
    assert story.doctor.post(chart, json={}).json["visits"] == []


ELSEWHERE = ["/open", "/accounting", "/invites"]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_another_institutions_patient_is_as_unknown_as_nobody(story: Story, path: str) -> None:
    role = {"/open": "clinician", "/accounting": "privacy", "/invites": "desk"}[path]
    staff = story.sign_in(role, story.clinic)
    body = {"checks": CHECKS, "rekey": False} if path == "/invites" else {}
    theirs = staff.post(f"/console/api/patients/{story.patient}{path}", json=body)
    nobody = staff.post(f"/console/api/patients/nobody{path}", json=body)
    assert (theirs.status_code, theirs.data) == (nobody.status_code, nobody.data)
    assert theirs.json["code"] == "patient-unknown"


def test_the_privacy_officers_reading_is_itself_a_look(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    story.visit(reference)
    officer = story.sign_in("privacy", story.hospital)
    answer = officer.post(f"/console/api/patients/{story.patient}/accounting", json={}).json
    kinds = [row["kind"] for row in answer["rows"]]
    assert sorted(kinds) == ["disclosure.made", "grant.give", "link.open"]
    [visit] = [row for row in answer["rows"] if row["kind"] == "disclosure.made"]
    assert (visit["institution"], visit["purpose"], visit["state"]) == (story.clinic, "TREAT", "opened")
    assert looks(story, phone.link)[-1]["user"]["id"] == officer.staff_id  # type: ignore[index]


ROLES = {
    "patients/x/open": {"desk", "clinician"},
    "patients/x/accounting": {"privacy"},
    "patients/x/invites": {"desk"},
    "patients/search": {"desk", "clinician", "privacy"},
    "asks": {"clinician"},
    "visits/AAAAAAAA/refresh": {"clinician"},
    "references/AAAAAAAA/confirm": {"desk", "clinician"},
}


@pytest.mark.parametrize(("path", "allowed"), ROLES.items(), ids=ROLES.keys())
def test_only_the_roles_it_is_for_may_use(story: Story, path: str, allowed: set[str]) -> None:
    for role in ("desk", "clinician", "privacy", "auditor", "administrator"):
        answer = story.sign_in(role, story.hospital).post(f"/console/api/{path}", json={})
        assert (answer.json["code"] != "role-not-allowed") is (role in allowed), role
