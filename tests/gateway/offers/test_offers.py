"""The patient starts: a code that one doctor takes, once; then the asking flow as always."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.gateway.hostile.knocks import from_wallet, same
from tests.gateway.offers.patient import UNKNOWN, offering, take
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import Story


def test_an_offer_leads_by_the_digits_to_what_the_patient_chose(story: Story) -> None:
    patient = offering(story)
    offer = patient.make()
    assert patient.state(offer["reference"]).json == {
        "state": "waiting",
        "expires": offer["expires"],
        "claim": None,
    }
    taken = take(story, patient.url(offer["reference"]))
    assert taken.status_code == 200, taken.text
    assert (taken.json["type"], taken.json["state"], taken.json["offered"]) == ("ask", "waiting", True)
    claimed = patient.state(offer["reference"]).json
    assert claimed["state"] == "claimed"
    assert claimed["claim"]["institution"] == story.clinic

    reference, asker = taken.json["reference"], story.asker()
    fetched = asker.fetch(reference).json["request"]
    assert fetched == claimed["claim"]["request"], "byte for byte"
    given, answer = patient.phone.give(fetched)
    assert given.status_code == 201, given.text
    asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [answer]})
    shown = story.doctor.get(f"/console/api/references/{reference}").json
    assert shown["digits"] == asker.digits(reference)
    accepted = story.doctor.post(f"/console/api/references/{reference}/confirm", json={})
    assert accepted.json["state"] == "accepted", accepted.text
    assert story.visit(reference)["sources"][0]["state"] == "open"


@pytest.mark.parametrize("written", ["WX{}", "wx {}", " wx-{} ", "ＷＸ　{}", "WX–{}"])
def test_a_doctor_may_type_the_code_as_people_write_it(story: Story, written: str) -> None:
    name = offering(story).make()["reference"]
    typed = written.format(f"{name[:4].lower()} {name[4:]}".replace("0", "o").replace("1", "l"))
    assert take(story, typed).status_code == 200


def test_a_doctor_of_the_institution_that_keeps_the_box_may_take_it_too(story: Story) -> None:
    patient = offering(story)
    taken = take(story, patient.url(patient.make()["reference"]), story.clinician, patient=story.patient)
    assert taken.status_code == 200, taken.text


def test_the_box_is_empty_and_closed_once_the_phone_has_what_was_put_in(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    take(story, patient.url(name))
    ended = patient.post(f"offers/{name}/stop").json
    assert (ended["state"], ended["claim"]) == ("stopped", None)
    with story.gw.db.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM offer WHERE request IS NOT NULL").scalar() == 0


def test_what_was_put_in_can_be_fetched_for_ten_minutes_even_from_the_last_second(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    story.clock.advance(minutes=9, seconds=59)
    taken = take(story, patient.url(name))
    assert taken.status_code == 200, taken.text
    story.clock.advance(minutes=9)
    patient.bearer = patient.phone.bearer()
    assert patient.state(name).json["state"] == "claimed"
    story.clock.advance(minutes=1)
    assert patient.state(name).json == {
        "state": "expired",
        "expires": taken.json["expires"] - 599_000,
        "claim": None,
    }


def test_ten_more_minutes_by_a_tap_up_to_an_hour(story: Story) -> None:
    patient = offering(story)
    offer = patient.make()
    more = f"offers/{offer['reference']}/extend"
    expires = [offer["expires"], *(patient.post(more).json["expires"] for _ in range(5))]
    assert [later - earlier for earlier, later in pairwise(expires)] == [600_000] * 5
    refused = patient.post(f"offers/{offer['reference']}/extend")
    assert (refused.status_code, refused.json["code"]) == (409, "reference-not-extendable")


@pytest.mark.parametrize("end", ["expired", "stopped", "claimed"])
def test_an_offer_that_ended_is_not_revived(story: Story, end: str) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    if end == "expired":
        story.clock.advance(minutes=10)
        patient.bearer = patient.phone.bearer()
    elif end == "stopped":
        patient.post(f"offers/{name}/stop")
    else:
        take(story, patient.url(name))
    assert patient.post(f"offers/{name}/extend").json["code"] == "reference-not-extendable"
    assert patient.state(name).json["state"] == end


def test_a_fourth_offer_ends_the_oldest_and_no_other(story: Story) -> None:
    patient = offering(story)
    names = []
    for _ in range(4):
        names.append(patient.make()["reference"])
        story.clock.advance(seconds=1)
    assert [patient.state(name).json["state"] for name in names] == ["stopped", *["waiting"] * 3]


def test_offers_of_other_patients_stay_when_one_makes_many(story: Story) -> None:
    one, other = offering(story), _another_link(story)
    kept = other.post("offers", {}, **other.bearer()).json["reference"]
    for _ in range(5):
        one.make()
    answer = other.client.get(f"/i/{other.institution}/wallet/offers/{kept}", headers=other.bearer())
    assert answer.json["state"] == "waiting"


def test_a_phone_sees_the_offers_of_its_own_link_only(story: Story) -> None:
    patient, other = offering(story), _another_link(story)
    name = patient.make()["reference"]
    bearer = other.bearer()
    for path, method in (
        (f"offers/{name}", "GET"),
        (f"offers/{name}/stop", "POST"),
        (f"offers/{name}/extend", "POST"),
    ):
        url = f"/i/{other.institution}/wallet/{path}"
        answer = other.client.open(url, method=method, headers=from_wallet(**bearer), json={})
        unknown = other.client.open(
            url.replace(name, UNKNOWN), method=method, headers=from_wallet(**bearer), json={}
        )
        assert (answer.status_code, answer.json["code"]) == (404, "offer-unknown")
        assert same(answer, unknown)
    assert patient.state(name).json["state"] == "waiting"


def test_a_phone_that_was_replaced_offers_nothing(story: Story) -> None:
    patient = offering(story)
    story.linked(rekey=True)
    story.clock.advance(days=2)
    patient.bearer = patient.phone.bearer()
    answer = patient.post("offers")
    assert answer.json["code"] in ("wallet-reading-ended", "wallet-token-refused")


def test_a_phone_that_scans_a_patients_code_is_told_so_and_takes_nothing(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    told = story.phone().fetch(name)
    assert (told.status_code, told.json) == (200, {"type": "offer"})
    assert patient.state(name).json["state"] == "waiting"
    patient.post(f"offers/{name}/stop")
    assert story.phone().fetch(name).json["code"] == "reference-unknown"


def test_a_claim_wakes_the_phone(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    before = story.gw.bus.cursor(f"link:{patient.phone.link}")
    take(story, patient.url(name))
    assert story.gw.bus.cursor(f"link:{patient.phone.link}") > before


def test_a_request_for_an_offer_has_no_code_of_its_own_to_show(story: Story) -> None:
    patient = offering(story)
    taken = take(story, patient.url(patient.make()["reference"])).json
    assert (taken["code"], taken["url"]) == (None, None)
    picture = story.doctor.get(f"/console/api/references/{taken['reference']}/qr.svg")
    assert (picture.status_code, picture.json["code"]) == (404, "reference-unknown")


def test_offers_are_forgotten_ten_minutes_after_their_end(story: Story) -> None:
    patient = offering(story)
    patient.make()
    name = patient.make()["reference"]
    take(story, patient.url(name))
    story.clock.advance(minutes=21)
    patient.bearer = patient.phone.bearer()
    patient.make()
    with story.gw.db.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM offer").scalar() == 1


def test_one_phone_cannot_make_offers_without_end(story: Story) -> None:
    patient = offering(story)
    codes = {patient.post("offers").status_code for _ in range(31)}
    assert codes == {200, 429}


def _another_link(story: Story) -> Phone:
    from tests.gateway.hostile.doors import linked_at_clinic

    return linked_at_clinic(story)
