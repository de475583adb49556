"""A doctor at one hospital's node reads over HTTP what a patient granted at another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from consent.links import own_id
from gateway.console.visits import ROOM
from gateway.fhir.peer_rate import PeerRate
from gateway.peers import replica
from ledger.signing import peek_compact
from tests.gateway.peers.story import Story
from tests.gateway.peers.town import Node


def kinds_on(node: Node) -> list[str]:
    """Kinds of all entries on this node's replica, in order."""
    from ledger.record import decode_record

    with node.gw.ledger.view() as view:
        rows = list(view.records(1, 10_000))
    return [peek_compact(decode_record(row.record_bytes).entry.decode())[1]["kind"] for row in rows]


def held(among: Story) -> list[Any]:
    """Sources that hold anything in the memory of B."""
    views = among.town.b.app.extensions[ROOM]._views.values()
    return [
        one for view in views for one in view.sources.values() if one.items or one.received or one.patient
    ]


def wait_until(node: Node, channel: str, condition: Callable[[], bool]) -> None:
    """Wait on the bus, as a screen does, until the condition holds."""
    since = 0
    for _ in range(50):
        if condition():
            return
        since = max(node.gw.bus.wait([channel, "visits"], since, 1.0).values(), default=since)
    assert condition()


def test_a_doctor_sees_what_was_granted_at_another_hospital(among: Story) -> None:
    a, b = among.town.a, among.town.b
    reference, offers = among.granted(among.linked(a))

    seen = among.seen(reference)

    [source] = seen["sources"]
    assert (source["state"], source["custodian"]["id"]) == ("open", a.institution)
    assert source["grant"] == offers[0]["grant"]
    assert [one["type"] for one in source["items"]] == ["Observation"] * 3
    assert source["verified"] == {"count": 3}
    assert kinds_on(a) == kinds_on(b) == ["link.open", "grant.give", *["disclosure.made"] * 3]


def test_the_custodian_decides_on_what_its_own_replica_says(among: Story) -> None:
    phone = among.linked(among.town.a)
    reference, offers = among.granted(phone)
    among.town.b.gw.ledger.lag()
    assert phone.submit("grant.revoke", grant=offers[0]["grant"]).status_code == 201

    [source] = among.seen(reference)["sources"]

    assert source["state"] == "refused"
    assert "disclosure.made" not in kinds_on(among.town.a)
    among.town.b.gw.ledger.catch_up()


def test_what_was_taken_back_leaves_the_screen_and_is_refused_from_then_on(among: Story) -> None:
    phone, b = among.linked(among.town.a), among.town.b
    reference, offers = among.granted(phone)
    among.seen(reference)
    assert held(among)

    assert phone.submit("grant.revoke", grant=offers[0]["grant"]).status_code == 201

    wait_until(b, f"staff:{b.institution}", lambda: not held(among))
    [source] = among.seen(reference, again=True)["sources"]
    assert (source["state"], source["items"]) == ("revoked", [])
    assert kinds_on(among.town.a).count("disclosure.made") == 3


def test_a_custodian_that_is_down_is_an_outage_and_nothing_is_shown_or_kept(among: Story) -> None:
    reference, _ = among.granted(among.linked(among.town.a))
    among.town.a.stop()

    answer = among.look(reference)

    assert (answer.status_code, answer.json["code"]) == (503, "custodian-unreachable")
    assert held(among) == []
    assert "disclosure.made" not in kinds_on(among.town.b)


def test_of_two_custodians_one_that_is_down_is_said_and_the_other_is_shown(among: Story) -> None:
    a, c = among.town.a, among.town.c
    reference, _ = among.granted(among.linked(a), among.linked(c))
    c.stop()

    seen = {one["custodian"]["id"]: one for one in among.seen(reference)["sources"]}

    assert (seen[a.institution]["state"], len(seen[a.institution]["items"])) == ("open", 3)
    assert (seen[c.institution]["state"], seen[c.institution]["items"]) == ("unavailable", [])


def test_a_custodian_that_is_back_is_asked_again(among: Story) -> None:
    reference, _ = among.granted(among.linked(among.town.a))
    among.town.a.change = lambda _heard, _status, _headers, _body: (503, b"{}")
    assert among.look(reference).status_code == 503
    among.town.a.change = None
    assert among.seen(reference)["sources"][0]["state"] == "open"


def test_nothing_is_shown_before_our_own_replica_says_the_same(
    among: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, _ = among.granted(among.linked(among.town.a))
    monkeypatch.setattr(replica, "WAIT_SECONDS", 0.05)
    among.town.b.gw.ledger.lag()

    answer = among.look(reference)

    assert (answer.status_code, answer.json["code"]) == (503, "ledger-lags")
    assert held(among) == []
    among.town.b.gw.ledger.catch_up()
    assert among.seen(reference)["sources"][0]["state"] == "open"


def test_a_replica_that_comes_a_moment_later_is_waited_for(among: Story) -> None:
    reference, _ = among.granted(among.linked(among.town.a))
    own, waited = among.town.b.gw, []
    among.town.b.gw.ledger.lag()
    reaches = own.replica.reaches

    def catches_up(size: int, seconds: float) -> bool:
        waited.append(size)
        own.ledger.catch_up()
        return reaches(size, seconds)

    own.replica.reaches = catches_up
    assert among.seen(reference)["sources"][0]["state"] == "open"
    assert waited


def test_a_custodian_whose_ledger_went_another_way_is_not_believed(among: Story) -> None:
    a, b = among.town.a, among.town.b
    phone = among.linked(a)
    reference, _ = among.granted(phone)
    b.gw.ledger.lag()
    among.linked(among.town.c)  # A writes what B never hears of …
    b.gw.ledger.waiting.clear()
    other = among.town.c.gw.keys.sign(
        among.town.c.institution,
        "desk",
        "yaoshi-entry",
        {
            "ledger": b.gw.ledger.id,
            "subject": own_id(among.town.c.institution, bytes),
            "kind": "link.open",
            "at": among.town.clock(),
            "institution": among.town.c.institution,
        },
    )
    b.gw.ledger._engine.record(other, 10)  # … and B what A never hears of
    b.gw.ledger.waiting = None

    [source] = among.seen(reference)["sources"]

    assert (source["state"], source["items"]) == ("refused", [])


def test_a_key_that_the_registry_does_not_name_gets_no_token(among: Story) -> None:
    reference, _ = among.granted(among.linked(among.town.a))
    b = among.town.b
    among.town.a.heard.clear()
    object.__setattr__(b.gw, "keys", Forger(b.gw.keys, b.institution))
    [source] = among.seen(reference)["sources"]
    assert source["state"] == "refused"
    assert [one.path.rpartition("/")[2] for one in among.town.a.heard] == ["token"]


def test_an_assertion_that_somebody_caught_opens_nothing(among: Story) -> None:
    a, c = among.town.a, among.town.c
    reference, _ = among.granted(among.linked(a))
    among.seen(reference)
    [caught] = [one for one in a.heard if one.path.endswith("/token")]
    made = kinds_on(a)

    for node in (a, c):
        answer = node.client().post(
            f"/i/{node.institution}/token",
            data=caught.body,
            content_type="application/x-www-form-urlencoded",
        )
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert kinds_on(a) == made


class Forger:
    """B's keys, but its peer key is another."""

    def __init__(self, keys: Any, institution: str) -> None:
        self._keys, self._institution = keys, institution

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)

    def sign(self, institution: str, use: str, typ: str, payload: dict[str, Any]) -> str:
        return str(self._keys.sign(institution, "desk" if use == "peer" else use, typ, payload))


def test_an_institution_causes_so_many_disclosures_in_a_minute_and_no_more(among: Story) -> None:
    a = among.town.a
    reference, _ = among.granted(among.linked(a))
    object.__setattr__(a.gw, "peer_rate", PeerRate(a.gw.clock, per_minute=3))

    assert among.seen(reference)["sources"][0]["state"] == "open"
    answer = among.look(reference, again=True)

    assert (answer.status_code, answer.json["code"]) == (503, "custodian-busy")
    assert kinds_on(a).count("disclosure.made") == 3
    among.town.clock.advance(minutes=1)
    assert among.seen(reference, again=True)["sources"][0]["state"] == "open"


def test_an_answer_that_our_replica_does_not_know_yet_is_an_outage_and_can_be_sent_again(
    among: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "WAIT_SECONDS", 0.05)
    phone = among.linked(among.town.a)
    reference, asker, request = among.asked()
    among.town.b.gw.ledger.lag()
    _, offer = phone.give(request)

    early = among.answered(reference, asker, [offer])

    assert (early.status_code, early.json["code"]) == (503, "ledger-lags")
    among.town.b.gw.ledger.catch_up()
    assert among.answered(reference, asker, [offer]).json == {"state": "chosen"}
