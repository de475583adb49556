"""Without a quorum an emergency goes on: shown as not yet recorded, an hour at most, and recorded once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete

from gateway.disclosure.freshness import Freshness
from gateway.outbox import store
from gateway.outbox.tables import outbox_entry
from gateway.outbox.telling import tell_others
from ledger.engine.rpc import Measures
from ledger.entry import parse_entry
from ledger.errors import Unavailable
from tests.gateway.outbox.test_without_quorum import all_once, hand, on_ledger, quorum_returns, waiting
from tests.gateway.peers.story import Story, patient_of
from tests.gateway.peers.test_between_nodes import held, kinds_on
from tests.gateway.peers.test_emergencies_between_nodes import begun, case_at, declare, source
from tests.gateway.peers.town import Node

HOUR = 3_600_000


def stands_still(among: Story) -> None:
    among.town.order.agrees = False


def pass_time(among: Story, seconds: int) -> None:
    """The doctor stays at the screen."""
    for _ in range(seconds // 300):
        among.town.clock.advance(seconds=300)
        assert among.doctor.get("/console/api/session").status_code == 200
    among.town.clock.advance(seconds=seconds % 300)


def refreshed(among: Story, emergency: str) -> Any:
    return among.doctor.post(f"/console/api/emergencies/{emergency}/refresh", json={})


def glass_kinds(node: Node) -> list[str]:
    return [kind for kind in kinds_on(node) if kind in ("glass.broken", "disclosure.made", "glass.closed")]


def test_it_is_declared_read_told_and_recorded_once_and_then_reviewed(among: Story) -> None:
    a, b, _ = among.town.nodes
    phone = among.linked(a)
    before = on_ledger(a)
    stands_still(among)

    made = begun(among)
    assert (made["recorded"], made["until"] - made["from"]) == (False, HOUR)
    answer = among.doctor.get(f"/console/api/emergencies/{made['emergency']}").json
    [seen] = answer["sources"]
    assert (seen["state"], answer["state"], answer["recorded"]) == ("open", "open", False)
    assert seen["items"]
    assert on_ledger(a) == before
    assert waiting(a) == waiting(b)
    assert (waiting(a)[0], {*waiting(a)[1:]}) == ("glass.broken", {"disclosure.made"})

    shown = phone.timeline()["waiting"]
    assert len(shown) == len(waiting(a))
    assert parse_entry(shown[0]["entry"]).id == made["glass"]
    assert all(each["opening"] for each in shown)
    for node in (a, b):
        case = case_at(node)
        assert (case["recorded"], case["on_ledger"], case["open"]) == (False, False, True)
        assert case["told"] == {"at": among.town.clock()}
        if node is a:
            assert case["looked"][0]["counts"]
        verdict = {"verdict": "justified", "words": ""}
        review = node.staff("privacy").post(f"/console/api/reviews/{made['glass']}", json=verdict)
        assert (review.status_code, review.json["code"]) == (503, "no-quorum")

    among.town.clock.advance(seconds=600)
    quorum_returns(among)
    all_once(among)
    assert glass_kinds(a)[0] == "glass.broken"
    assert len(on_ledger(a)) == len(before) + len(shown)
    assert phone.timeline()["waiting"] == []
    after = among.doctor.get(f"/console/api/emergencies/{made['emergency']}").json
    assert (after["recorded"], after["until"]) == (True, made["until"])
    for node in (a, b):
        case = case_at(node)
        assert (case["recorded"], case["on_ledger"], case["until"]) == (True, True, made["until"])
        verdict = {"verdict": "justified", "words": ""}
        review = node.staff("privacy").post(f"/console/api/reviews/{made['glass']}", json=verdict)
        assert review.status_code == 200, review.text


def test_the_opening_of_the_link_goes_with_it_when_nobody_has_looked_at_the_chart_before(
    among: Story,
) -> None:
    a, b, _ = among.town.nodes
    stands_still(among)
    made = begun(among)
    assert source(among, made["emergency"])["state"] == "open"
    assert waiting(b)[:2] == waiting(a)[:2] == ["link.open", "glass.broken"]
    quorum_returns(among)
    all_once(among)
    assert kinds_on(a)[:2] == ["link.open", "glass.broken"]


@pytest.mark.parametrize("first", ["the custodian", "the one who declared", "only the one who declared"])
def test_whoever_comes_first_records_it_once(among: Story, first: str) -> None:
    a, b, _ = among.town.nodes
    stands_still(among)
    made = begun(among)
    source(among, made["emergency"])
    count = len(waiting(a))
    if first.startswith("only"):  # the custodian lost its database, or would rather not
        with a.gw.db.begin() as conn:
            conn.execute(delete(outbox_entry))
    among.town.clock.advance(seconds=600)
    among.town.order.agrees = True
    for node in (a, b) if first == "the custodian" else (b, a):
        assert node.gw.outbox.delivery.deliver()
    assert waiting(a) == waiting(b) == []
    assert len(on_ledger(a)) == count
    all_once(among)


def test_a_crash_with_a_full_outbox_loses_nothing_and_keeps_it_open(among: Story) -> None:
    a, b, _ = among.town.nodes
    stands_still(among)
    made = begun(among)
    for node in (a, b):
        vars(node.gw).pop("outbox", None)
    assert source(among, made["emergency"])["state"] == "open"
    again = refreshed(among, made["emergency"])
    assert again.json["sources"][0]["state"] == "open", again.text
    for node in (a, b):
        vars(node.gw).pop("outbox", None)
    quorum_returns(among)
    all_once(among)


def test_the_patient_ends_it_while_it_waits_and_both_hospitals_stop_at_once(among: Story) -> None:
    a, b, _ = among.town.nodes
    phone = among.linked(a)
    stands_still(among)
    made = begun(among)
    assert source(among, made["emergency"])["state"] == "open"
    disclosed = waiting(a).count("disclosure.made")

    ended = hand(a, phone.entry("glass.closed", glass=made["glass"]))

    assert (ended.status_code, ended.json["honoured"]) == (202, True), ended.text
    assert tell_others(a.gw) is False
    assert waiting(b)[-1] == "glass.closed"
    seen = source(among, made["emergency"])
    assert (seen["state"], seen["over"], seen["items"]) == ("closed", "closed", [])
    assert refreshed(among, made["emergency"]).json["sources"][0]["state"] == "closed"
    assert waiting(a).count("disclosure.made") == disclosed
    assert case_at(a)["closed"]["by"] == "patient"

    among.town.clock.advance(seconds=600)
    quorum_returns(among)
    all_once(among)
    assert glass_kinds(a)[-1] == "glass.closed"
    assert len(glass_kinds(a)) == disclosed + 2


@pytest.mark.parametrize("who", ["the declarer", "the custodian's officer"])
def test_a_hospital_ends_it_while_it_waits(among: Story, who: str) -> None:
    a, b, _ = among.town.nodes
    stands_still(among)
    made = begun(among)
    assert source(among, made["emergency"])["state"] == "open"
    if who == "the declarer":
        ended = among.doctor.post(f"/console/api/emergencies/{made['emergency']}/close", json={})
    else:
        ended = a.staff("privacy").post(f"/console/api/reviews/{made['glass']}/close", json={})
    assert ended.status_code == 200, ended.text
    if who == "the declarer":  # nothing stays on the screen until its own node hears of it
        assert [(each["state"], each["items"]) for each in ended.json["sources"]] == [("closed", [])]
    tell_others(a.gw)
    assert source(among, made["emergency"])["over"] == "closed"
    assert case_at(b)["closed"]["by"] == case_at(a)["closed"]["by"] == "institution"
    assert not held(among)
    quorum_returns(among)
    all_once(among)


def test_another_hospital_that_does_not_know_it_yet_cannot_end_it(among: Story) -> None:
    a, _, c = among.town.nodes
    phone = among.linked(a)
    stands_still(among)
    made = begun(among)
    answer = hand(c, phone.entry("glass.closed", glass=made["glass"]))
    assert (answer.status_code, answer.json["code"]) == (409, "glass-unknown")
    assert waiting(c) == []


def test_an_hour_is_all_it_lasts_while_it_waits(among: Story) -> None:
    a = among.town.a
    stands_still(among)
    made = begun(among)
    pass_time(among, 3599)
    assert source(among, made["emergency"])["state"] == "open"
    among.town.clock.advance(seconds=1)
    assert source(among, made["emergency"])["over"] == "expired"
    assert not held(among)
    count = len(waiting(a))
    assert refreshed(among, made["emergency"]).json["sources"][0]["state"] == "expired"
    assert len(waiting(a)) == count
    quorum_returns(among)
    all_once(among)
    assert len(glass_kinds(a)) == count - 1


def test_under_one_that_was_recorded_releases_go_on_for_its_first_hour_only(among: Story) -> None:
    a = among.town.a
    made = begun(among)
    assert made["recorded"] is True
    source(among, made["emergency"])
    recorded = len(on_ledger(a))
    stands_still(among)
    pass_time(among, 3599)
    within = refreshed(among, made["emergency"])
    assert (within.json["sources"][0]["state"], within.json["recorded"]) == ("open", False), within.text
    count = len(waiting(a))
    assert count > 0

    among.town.clock.advance(seconds=1)
    after = refreshed(among, made["emergency"])
    assert (after.status_code, after.json["code"]) == (503, "no-quorum"), after.text
    assert len(waiting(a)) == count

    quorum_returns(among)
    all_once(among)
    assert len(on_ledger(a)) == recorded + count
    again = refreshed(among, made["emergency"]).json
    assert (again["sources"][0]["state"], again["recorded"]) == ("open", True)


def test_a_ledger_that_has_stood_still_for_long_stops_grants_and_no_emergency_in_its_first_hour(
    among: Story,
) -> None:
    a, clock = among.town.a, among.town.clock
    reference, _ = among.granted(among.linked(a))
    newest = clock()
    vars(a.gw)["freshness"] = Freshness(Standing(lambda: Measures(9, newest, False, {}, 0, 2, 0)), clock)
    stands_still(among)
    pass_time(among, 200)
    made = begun(among)
    assert source(among, made["emergency"])["state"] == "open"
    assert among.look(reference, again=True).status_code == 503
    assert "disclosure.made" in waiting(a)


@dataclass(frozen=True)
class Standing:
    """A chain whose newest block stays what it was."""

    measures: Callable[[], Measures]


def test_a_glass_that_waits_and_was_recorded_and_ended_elsewhere_does_not_stand_up_again(
    among: Story,
) -> None:
    a, b, c = among.town.nodes
    phone = among.linked(a)
    stands_still(among)
    made = begun(among)
    source(among, made["emergency"])
    among.town.order.agrees = True
    assert b.gw.outbox.delivery.deliver()
    assert hand(c, phone.entry("glass.closed", glass=made["glass"])).status_code == 201
    assert waiting(a)[0] == "glass.broken"  # still in the custodian's outbox
    assert refreshed(among, made["emergency"]).json["state"] == "closed"
    quorum_returns(among)
    all_once(among)
    assert glass_kinds(a)[-1] == "glass.closed"


def test_the_declaration_opens_nothing_twice(among: Story) -> None:
    a = among.town.a
    stands_still(among)
    begun(among)
    [heard] = [each for each in a.heard if each.path.endswith("/glass")]
    count = len(waiting(a))
    again = a.client().post(heard.path, json=json.loads(heard.body))
    assert (again.status_code, again.json["code"]) == (404, "glass-not-possible")
    assert len(waiting(a)) == count


OUTAGES = ("no-quorum", "ledger-busy", "outcome-unknown")


@pytest.mark.parametrize("outage", OUTAGES)
def test_no_outage_of_the_ledger_tells_a_match_from_a_miss(
    among: Story, outage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A match leaves its trace with the patient; a miss answers as ever."""
    a = among.town.a

    def fails(*_: Any) -> None:
        raise Unavailable(outage, "")

    monkeypatch.setattr(among.town.order, "put", fails)
    miss = declare(among, birth_date="1970-01-02")
    assert (miss.status_code, miss.json["code"]) == (404, "glass-not-possible")
    assert waiting(a) == []
    assert declare(among).status_code == 201
    assert waiting(a) == ["link.open", "glass.broken"]


def test_a_full_outbox_answers_a_match_and_a_miss_alike(
    among: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = among.town.a
    stands_still(among)
    monkeypatch.setattr(store, "MOST", 0)
    answers = [declare(among, birth_date=day) for day in ("1970-01-01", "1970-01-02")]
    assert [each.status_code for each in answers] == [503, 503]
    doors = [each for each in a.heard if each.path.endswith("/glass")]
    assert len(doors) == 2
    assert waiting(a) == []


def test_many_looks_at_a_chart_leave_room_for_an_emergency(
    among: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = among.town.a
    stands_still(among)
    monkeypatch.setattr(store, "MOST_OF_A_LINK", 20)
    doctor = a.staff("clinician")
    codes = [
        doctor.post(f"/console/api/patients/{patient_of(a)}/open", json={}).status_code for _ in range(22)
    ]
    assert codes[-1] == 503
    made = begun(among)
    assert source(among, made["emergency"])["state"] == "open"


def test_a_refusal_in_the_end_is_kept_and_shown_on_both_sides(among: Story) -> None:
    """The patient ended it where it was recorded, before what had been read under it was handed in."""
    a, b, c = among.town.nodes
    phone = among.linked(a)
    made = begun(among)
    stands_still(among)
    assert source(among, made["emergency"])["state"] == "open"
    among.town.order.agrees = True
    assert hand(c, phone.entry("glass.closed", glass=made["glass"])).status_code == 201
    for node in (a, b):
        assert node.gw.outbox.delivery.deliver()
        assert node.gw.outbox.codes == ("entries-refused-late",)
        case = case_at(node)
        assert (case["recorded"], case["on_ledger"], case["open"]) == (False, True, False)
    assert case_at(a)["looked"][0]["counts"]
    assert "disclosure.made" not in kinds_on(a)
    rows = a.staff("privacy").post(f"/console/api/patients/{patient_of(a)}/accounting", json={}).json["rows"]
    assert {row["refused"] for row in rows if not row["recorded"]} == {"glass-closed"}
    assert {each["refused"] for each in phone.timeline()["waiting"]} == {"glass-closed"}
