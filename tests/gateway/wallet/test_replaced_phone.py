"""A lost phone: the desk puts a new key on the link, what was given ends, and the old phone still sees it."""

from __future__ import annotations

import pytest

from ledger.encoding import unb64u
from ledger.entry import parse_entry
from ledger.record import decode_record
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import CHECKS, Story

DAY = 86_400_000


def last_entry(phone: Phone) -> str:
    records = phone.timeline()["records"]
    return parse_entry(decode_record(unb64u(records[-1]["record"])).entry.decode()).id


def test_a_replacement_needs_a_fresh_sign_in(story: Story) -> None:
    story.linked()
    story.clock.advance(minutes=6)
    refused = story.desk.post(
        f"/console/api/patients/{story.patient}/invites", json={"checks": CHECKS, "rekey": True}
    )
    assert refused.json["code"] == "signin-fresh-required"


@pytest.mark.parametrize(
    ("linked", "rekey", "code"), [(True, False, "link-claimed"), (False, True, "link-unclaimed")]
)
def test_the_desk_cannot_mistake_an_invitation_for_a_replacement(
    story: Story, linked: bool, rekey: bool, code: str
) -> None:
    if linked:
        story.linked()
    refused = story.desk.post(
        f"/console/api/patients/{story.patient}/invites", json={"checks": CHECKS, "rekey": rekey}
    )
    assert refused.json["code"] == code


def test_the_old_phone_reads_up_to_and_including_its_replacement(story: Story) -> None:
    old = story.linked()
    new = story.linked(rekey=True)
    rekey = last_entry(new)
    story.clinician.post(f"/console/api/patients/{story.patient}/open", json={})
    later = new.timeline()
    timeline = old.timeline()
    records = [decode_record(unb64u(one["record"])) for one in timeline["records"]]
    assert timeline["reading"] == "until-removed"
    assert timeline["until_seq"] == records[-1].seq
    assert parse_entry(records[-1].entry.decode()).id == rekey
    assert timeline["head"]["seq"] == len(later["records"]) > len(records)
    assert timeline["openings"] == {}
    assert later["openings"].keys() != timeline["openings"].keys()


def test_the_old_phone_reads_no_records(story: Story) -> None:
    old = story.linked()
    story.linked(rekey=True)
    assert old.sign_in().json["reading"] == "until-removed"
    assert old.records().json["code"] == "wallet-reading-ended"


def test_a_token_taken_before_the_replacement_reads_no_further(story: Story) -> None:
    old = story.linked()
    bearer = old.bearer()
    story.linked(rekey=True)
    assert old.post("records", {}, **bearer).json["code"] == "wallet-reading-ended"
    assert old.post("timeline", {"kept": None}, **bearer).json["reading"] == "until-removed"


def test_live_grants_end_and_the_doctors_view_empties(story: Story) -> None:
    old = story.linked()
    reference, _ = story.granted(old)
    assert story.visit(reference)["sources"][0]["state"] == "open"
    story.linked(rekey=True)
    [source] = story.visit(reference)["sources"]
    assert (source["state"], source["items"]) == ("ended", [])


def test_the_new_phone_waits_a_day_before_it_gives(story: Story) -> None:
    story.linked()
    made = story.invite(rekey=True)
    assert made["delay_until"] == story.clock() + DAY
    new = story.phone()
    new.fetch(made["reference"])
    new.prove(made["reference"])
    confirmed = story.desk.post(f"/console/api/references/{made['reference']}/confirm", json={}).json
    assert confirmed["delay_until"] == story.clock() + DAY

    request = story.asker().fetch(story.ask()["reference"]).json["request"]
    assert new.give(request)[0].json["code"] == "key-waiting"
    story.days_later(1)
    request = story.asker().fetch(story.ask()["reference"]).json["request"]
    assert new.give(request)[0].status_code == 201


def test_the_old_phone_can_confirm_the_replacement(story: Story) -> None:
    old = story.linked()
    new = story.linked(rekey=True)
    assert old.submit("link.confirm", entry=last_entry(old)).status_code == 201
    request = story.asker().fetch(story.ask()["reference"]).json["request"]
    assert new.give(request)[0].status_code == 201


def test_the_old_phone_can_contest_and_then_nobody_gives(story: Story) -> None:
    old = story.linked()
    new = story.linked(rekey=True)
    assert old.submit("link.contest", entry=last_entry(old)).status_code == 201
    story.days_later(2)
    request = story.asker().fetch(story.ask()["reference"]).json["request"]
    assert new.give(request)[0].json["code"] == "link-contested"
    assert old.give(request)[0].status_code != 201


def test_the_old_phone_can_still_take_back(story: Story) -> None:
    old = story.linked()
    _, offer = story.granted(old)
    story.linked(rekey=True)
    assert old.submit("grant.revoke", grant=offer["grant"]).status_code == 201


def test_after_a_link_was_closed_the_desk_connects_the_person_anew(story: Story) -> None:
    first = story.linked()
    assert first.submit("link.close").status_code == 201
    second = story.linked()
    assert second.link != first.link
    assert first.timeline()["reading"] == "full"
    assert len(second.timeline()["records"]) == 1
