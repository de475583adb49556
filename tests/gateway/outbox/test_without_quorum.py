"""Without a quorum own looks go on, revocations count at once, grants and pulls wait; recorded once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from gateway.identity.roles import Staff
from gateway.outbox import store
from gateway.outbox.tables import outbox_entry
from gateway.outbox.telling import tell_others
from gateway.peers.pull import pull_grant
from ledger.entry import parse_entry
from ledger.errors import Refusal
from ledger.record import decode_record
from tests.gateway.peers.story import Story, patient_of
from tests.gateway.peers.town import WALLET, Node
from tests.ledger.engine.network import wait_until


def on_ledger(node: Node) -> list[str]:
    """The ids of all entries, in order."""
    with node.gw.ledger.view() as view:
        rows = view.records(1, view.size)
        return [parse_entry(decode_record(one.record_bytes).entry.decode()).id for one in rows]


def waiting(node: Node) -> list[str]:
    with node.gw.db.connect() as conn:
        return list(conn.execute(select(outbox_entry.c.kind).order_by(outbox_entry.c.number)).scalars())


def open_chart(node: Node, staff: Any) -> Any:
    return staff.post(f"/console/api/patients/{patient_of(node)}/open", json={})


def quorum_returns(among: Story) -> None:
    among.town.order.agrees = True
    for node in among.town.nodes:
        assert node.gw.outbox.delivery.deliver()
        assert waiting(node) == []


def all_once(among: Story) -> None:
    for node in among.town.nodes:
        found = on_ledger(node)
        assert len(found) == len(set(found))
    assert len({tuple(on_ledger(node)) for node in among.town.nodes}) == 1


def test_the_first_look_at_a_chart_is_kept_with_the_opening_of_its_link_and_both_are_recorded_once(
    among: Story,
) -> None:
    a = among.town.a
    doctor = a.staff("clinician")
    before = on_ledger(a)
    among.town.order.agrees = False
    first, second = open_chart(a, doctor), open_chart(a, doctor)
    assert (first.status_code, second.status_code) == (200, 200), first.text
    assert first.json["items"]
    assert first.json["recorded"] is False
    assert waiting(a) == ["link.open", "look.made", "look.made"]
    assert on_ledger(a) == before

    quorum_returns(among)
    kept = on_ledger(a)[len(before) :]
    assert len(kept) == 3
    assert kept[1:] == [first.json["look"], second.json["look"]]
    assert open_chart(a, doctor).json["recorded"] is True
    all_once(among)


def test_patient_and_officer_see_a_look_that_the_others_have_not_recorded(among: Story) -> None:
    a = among.town.a
    phone = among.linked(a)
    among.town.order.agrees = False
    look = open_chart(a, a.staff("clinician")).json["look"]
    [shown] = phone.timeline()["waiting"]
    assert parse_entry(shown["entry"]).id == look
    assert "own-care" in shown["opening"]["details"]
    rows = a.staff("privacy").post(f"/console/api/patients/{patient_of(a)}/accounting", json={}).json["rows"]
    assert [(row["kind"], row["basis"]) for row in rows if not row["recorded"]] == [("look.made", "own-care")]
    assert phone.records().json["recorded"] is False

    quorum_returns(among)
    assert phone.timeline()["waiting"] == []
    all_once(among)


def test_grants_and_pulls_are_an_outage_with_its_reason_and_nothing_is_released(among: Story) -> None:
    phone = among.linked(among.town.a)
    reference, _ = among.granted(phone)
    _, asker, request = among.asked()
    assert asker.key
    among.town.order.agrees = False
    given, _ = phone.give(request)
    pulled = among.look(reference, again=True)
    assert (given.status_code, given.json["code"]) == (503, "no-quorum")
    assert pulled.status_code == 503
    assert "4548-4" not in pulled.text
    assert waiting(among.town.a) == []


def hand(node: Node, entry: str) -> Any:
    """An entry of a phone's, to whichever node."""
    url = f"/i/{node.institution}/wallet/entries"
    return node.client().post(url, json={"entry": entry}, headers={"Origin": WALLET})


@pytest.mark.parametrize("node", ["the custodian", "a third hospital"])
def test_any_node_takes_a_revocation_which_counts_at_the_custodian_at_once(among: Story, node: str) -> None:
    a, b, c = among.town.nodes
    phone = among.linked(a)
    reference, [offer] = among.granted(phone)
    assert among.seen(reference)["sources"][0]["state"] == "open"
    among.town.order.agrees = False
    entry = phone.entry("grant.revoke", grant=offer["grant"])
    taken = hand(a if node == "the custodian" else c, entry)
    assert (taken.status_code, taken.json["receipt"]) == (202, None), taken.text
    assert taken.json["honoured"] is (node == "the custodian")
    for each in (c, a, b):
        tell_others(each.gw)
    assert (waiting(a), waiting(b)) == (["grant.revoke"], ["grant.revoke"])
    [source] = among.seen(reference)["sources"]
    assert source["state"] == "revoked"

    # Before anything that waits is handed in, all agree again: the custodian refuses all the same.
    among.town.order.agrees = True
    before = on_ledger(a)
    pulled = pull_grant(
        b.gw,
        grantee=b.institution,
        custodian=a.institution,
        grant=offer["grant"],
        staff=Staff(among.doctor.staff_id, b.institution, "x", "x", "clinician", "", "", "x"),
        purpose="TREAT",
    )
    assert isinstance(pulled, Refusal)
    assert pulled.code == "not-granted"
    assert on_ledger(a) == before
    quorum_returns(among)
    assert on_ledger(a)[len(before) :] == [parse_entry(entry).id]
    assert phone.timeline()["waiting"] == []
    all_once(among)


def test_another_hospital_records_a_revocation_when_all_agree(among: Story) -> None:
    a, _, c = among.town.nodes
    phone = among.linked(a)
    reference, [offer] = among.granted(phone)
    among.seen(reference)
    taken = hand(c, phone.entry("grant.revoke", grant=offer["grant"]))
    assert taken.status_code == 201, taken.text
    assert taken.json["receipt"]
    assert waiting(c) == []
    assert among.seen(reference)["sources"][0]["state"] == "revoked"


def test_a_full_outbox_keeps_no_door_open(among: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    a = among.town.a
    phone = among.linked(a)
    _, [offer] = among.granted(phone)
    among.town.order.agrees = False
    monkeypatch.setattr(store, "MOST", 0)
    full = open_chart(a, a.staff("clinician"))
    assert (full.status_code, full.json["code"]) == (503, "outbox-full")
    assert "4548-4" not in full.text
    assert hand(a, phone.entry("grant.revoke", grant=offer["grant"])).status_code == 202
    assert waiting(a) == ["grant.revoke"]


@pytest.mark.parametrize("kind", ["grant.give", "link.close", "link.keys"])
def test_nothing_but_an_ending_is_taken_elsewhere(among: Story, kind: str) -> None:
    a, _, c = among.town.nodes
    phone = among.linked(a)
    answer = hand(c, phone.entry(kind))
    assert (answer.status_code, answer.json["code"]) == (403, "entry-refused")


def test_a_revocation_of_what_nobody_knows_or_by_somebody_else_is_not_kept(among: Story) -> None:
    a, _, c = among.town.nodes
    phone, other = among.linked(a), among.linked(c)
    reference, [offer] = among.granted(phone)
    among.town.order.agrees = False
    unknown = hand(c, phone.entry("grant.revoke", grant="0" * 64))
    foreign = hand(a, other.entry("grant.revoke", grant=offer["grant"]))
    assert (unknown.status_code, unknown.json["code"]) == (409, "grant-unknown")
    assert (foreign.status_code, foreign.json["code"]) == (409, "grant-unknown")
    assert (waiting(a), waiting(c)) == ([], [])
    among.town.order.agrees = True
    assert among.seen(reference)["sources"][0]["state"] == "open"


def test_a_node_that_is_down_is_told_when_it_is_back(among: Story) -> None:
    a, _, c = among.town.nodes
    phone = among.linked(a)
    _, [offer] = among.granted(phone)
    among.town.order.agrees = False
    a.change = lambda _heard, _status, _headers, body: (503, body)
    assert hand(c, phone.entry("grant.revoke", grant=offer["grant"])).status_code == 202
    assert tell_others(c.gw) is True
    a.change = None
    assert tell_others(c.gw) is False
    assert waiting(a) == ["grant.revoke"]
    quorum_returns(among)
    all_once(among)


def test_the_threads_of_a_serving_node_do_all_this_by_themselves(among: Story) -> None:
    a, _, c = among.town.nodes
    phone = among.linked(a)
    reference, [offer] = among.granted(phone)
    among.town.order.agrees = False
    for node in among.town.nodes:
        node.gw.outbox.delivery.begin()
    hand(c, phone.entry("grant.revoke", grant=offer["grant"]))
    open_chart(a, a.staff("clinician"))
    wait_until(lambda: waiting(among.town.b) == ["grant.revoke"], "the doctor's hospital knows")
    assert set(waiting(a)) == {"grant.revoke", "look.made"}
    among.town.order.agrees = True
    wait_until(lambda: not any(waiting(node) for node in among.town.nodes), "all is recorded")
    all_once(among)
    assert among.seen(reference)["sources"][0]["state"] == "revoked"
