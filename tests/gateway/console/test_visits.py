"""What a doctor's open view shows, to whom, and how it ends."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from sqlalchemy import update

from gateway.console.visits import ROOM
from gateway.records.tables import chart
from tests.gateway.wallet.story import HOUR, Story


def room(story: Story) -> Any:
    return story.app.extensions[ROOM]


def held(story: Story, reference: str) -> Any:
    """The one source that is held in memory for the doctor's view."""
    [key] = [key for key in room(story)._views if key[1] == reference]
    [source] = room(story)._views[key].sources.values()
    return source


def wait_until(story: Story, channel: str, condition: Any) -> None:
    """Wait on the bus, as a screen does, until the condition holds."""
    since = 0
    for _ in range(50):
        if condition():
            return
        changed = story.gw.bus.wait([channel, "visits"], since, 1.0)
        since = max(changed.values(), default=since)
    assert condition()


def test_a_revocation_empties_the_view_without_anybody_asking(story: Story) -> None:
    phone = story.linked()
    reference, offer = story.granted(phone)
    story.visit(reference)
    source = held(story, reference)
    assert source.items
    before = story.gw.bus.cursor(f"staff:{story.clinic}")
    phone.submit("grant.revoke", grant=offer["grant"])
    wait_until(story, f"staff:{story.clinic}", lambda: source.items is None)
    assert story.gw.bus.wait([f"staff:{story.clinic}"], before, 5.0)
    assert (source.state, source.patient) == ("revoked", None)


def test_a_view_is_pulled_once_and_then_shown_from_memory(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    first = story.visit(reference)
    length = len(phone.timeline()["records"])
    assert story.visit(reference) == first
    assert len(phone.timeline()["records"]) == length


def test_a_refresh_pulls_again_within_the_same_visit(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    story.visit(reference)
    length = len(phone.timeline()["records"])
    again = story.doctor.post(f"/console/api/visits/{reference}/refresh", json={})
    assert again.json["sources"][0]["state"] == "open"
    assert len(phone.timeline()["records"]) > length


def test_a_visit_ends_after_half_an_hour_and_nothing_is_pulled_by_itself(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    begun = story.clock()
    assert story.visit(reference)["sources"][0]["ends_at"] == begun + HOUR // 2
    story.clock.advance(minutes=29)
    assert story.visit(reference)["sources"][0]["state"] == "open"
    story.clock.advance(minutes=1)
    length = len(phone.timeline()["records"])
    [source] = story.visit(reference)["sources"]
    assert (source["state"], source["items"], source["ended_at"]) == ("ended", [], begun + HOUR // 2)
    assert len(phone.timeline()["records"]) == length
    again = story.doctor.post(f"/console/api/visits/{reference}/refresh", json={})
    assert again.json["sources"][0]["state"] == "open"


def test_an_expired_grant_closes_the_view(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask()["reference"], story.asker()
    request = asker.fetch(reference).json["request"]
    end = story.clock() + 600_000
    _, offer = phone.give(request, not_after=end)
    asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [offer]})
    story.doctor.post(f"/console/api/references/{reference}/confirm", json={})
    assert story.visit(reference)["sources"][0]["ends_at"] == end
    story.clock.advance(minutes=10)
    [source] = story.visit(reference)["sources"]
    assert (source["state"], source["items"], source["ended_at"]) == ("expired", [], end)


def test_closing_the_view_drops_what_it_held(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    story.visit(reference)
    assert len(room(story)) == 1
    assert story.doctor.delete(f"/console/api/visits/{reference}").status_code == 204
    assert len(room(story)) == 0


def test_signing_out_drops_what_the_session_held(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    story.visit(reference)
    assert story.doctor.delete("/console/api/session").status_code == 204
    wait_until(story, f"staff:{story.clinic}", lambda: len(room(story)) == 0)


def test_a_session_that_ran_out_holds_nothing(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    story.visit(reference)
    story.clock.advance(hours=13)
    room(story).sweep()
    assert len(room(story)) == 0


def test_the_number_of_views_of_one_session_is_bounded(story: Story) -> None:
    for number in range(20):
        room(story).view("one session", f"{number:08}", story.clinic)
    assert len([key for key in room(story)._views if key[0] == "one session"]) <= 8


def test_two_looks_at_once_pull_once(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    length = len(phone.timeline()["records"])
    single = story.app.test_client()
    cookie = story.doctor.get_cookie("yaoshi", domain="localhost")
    single.set_cookie("yaoshi", cookie.value, domain="localhost")
    threads = [
        Thread(target=one.get, args=(f"/console/api/visits/{reference}",)) for one in (story.doctor, single)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pulled = len(phone.timeline()["records"]) - length
    story.doctor.post(f"/console/api/visits/{reference}/refresh", json={})
    assert len(phone.timeline()["records"]) - length == 2 * pulled


WHO = [
    "another doctor of the institution",
    "a doctor of another institution",
    "a doctor, of a visit that is none",
]


@pytest.mark.parametrize("who", WHO)
def test_one_answer_for(story: Story, who: str) -> None:
    reference, _ = story.granted(story.linked())
    institution = story.hospital if "another institution" in who else story.clinic
    stranger = story.sign_in("clinician", institution)
    asked = "00000000" if "none" in who else reference
    answer = stranger.get(f"/console/api/visits/{asked}")
    unknown = stranger.get("/console/api/visits/ZZZZZZZZ")
    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data)
    assert answer.json["code"] == "reference-unknown"
    shown = stranger.get(f"/console/api/references/{asked}")
    assert (shown.status_code, shown.data) == (unknown.status_code, unknown.data)


def test_a_grant_to_a_role_opens_for_everybody_of_that_role(story: Story) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone, clinician=None, role="clinician")
    colleague = story.sign_in("clinician", story.clinic)
    answer = colleague.get(f"/console/api/visits/{reference}")
    assert answer.json["sources"][0]["state"] == "open"


def test_a_grant_with_a_limit_of_visits_tells_when_they_are_spent(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask()["reference"], story.asker()
    request = asker.fetch(reference).json["request"]
    given, offer = phone.give(request, members={"max_visits": 1})
    assert given.status_code == 201, given.text
    asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [offer]})
    story.doctor.post(f"/console/api/references/{reference}/confirm", json={})
    assert story.visit(reference)["sources"][0]["max_visits"] == 1
    story.clock.advance(minutes=29)
    story.visit(reference)
    story.clock.advance(minutes=1)
    again = story.doctor.post(f"/console/api/visits/{reference}/refresh", json={})
    assert again.json["sources"][0]["state"] == "refused"


CHARTS = {
    "the same person": ({}, "match"),
    "another birth date": ({"birth_date": "1970-01-02"}, "differs"),
    "another sex": ({"sex": "male"}, "differs"),
    "another name": ({"name": "另一位（合成）"}, "differs"),
    "the same name with other spaces": ({"name": "合成 测试（合成）"}, "match"),
}


@pytest.mark.parametrize(("changes", "match"), CHARTS.values(), ids=CHARTS.keys())
def test_the_doctor_is_told_whether_the_chart_is_of(
    story: Story, changes: dict[str, str], match: str
) -> None:
    with story.gw.db.begin() as conn:
        if changes:
            conn.execute(update(chart).where(chart.c.patient_id == story.chart).values(changes))
    reference, _ = story.granted(story.linked())
    assert story.visit(reference)["match"] == match


def test_a_request_without_a_chart_says_so(story: Story) -> None:
    phone, reference, asker = story.linked(), story.ask(patient=None)["reference"], story.asker()
    _, offer = phone.give(asker.fetch(reference).json["request"])
    asker.post(f"references/{reference}/grants", {"key": asker.key, "grants": [offer]})
    story.doctor.post(f"/console/api/references/{reference}/confirm", json={})
    visit = story.visit(reference)
    assert (visit["match"], visit["patient"]) == ("no-chart", None)
    assert visit["demographics"]["name"] == "合成测试（合成）"
