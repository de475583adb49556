"""What somebody hands in on purpose while the members do not agree keeps nobody else's entries back."""

from __future__ import annotations

from consent.links import own_id
from gateway.consortium.pulse import Pulse
from gateway.outbox import store, telling
from gateway.outbox.outbox import Queued
from gateway.outbox.telling import tell_others
from ledger.entry import parse_entry
from ledger.errors import Unavailable
from tests.gateway.outbox.test_each_once import opening
from tests.gateway.outbox.test_without_quorum import all_once, hand, open_chart, quorum_returns, waiting
from tests.gateway.peers.story import Story
from tests.gateway.peers.town import Node

YEAR_MS = 365 * 86_400_000


def keep_endings(node: Node, tell: str, count: int) -> None:
    """So many revocations of which another institution is still to be told."""
    gw = node.gw
    for _ in range(count):
        about = {"ledger": gw.ledger.id, "subject": gw.entropy(16).hex(), "kind": "grant.revoke"}
        said = {**about, "at": gw.clock(), "grant": gw.entropy(32).hex()}
        entry = parse_entry(gw.keys.sign(node.institution, "desk", "yaoshi-entry", said))
        with gw.db.begin() as conn:
            store.keep(conn, entry, node.institution, gw.clock(), tell)


def test_however_many_wait_for_a_hospital_that_is_down_another_is_told_at_once(among: Story) -> None:
    a, b, c = among.town.nodes
    phone = among.linked(a)
    _, [offer] = among.granted(phone)
    among.town.order.agrees = False
    b.stop()
    keep_endings(c, b.institution, telling.AT_ONCE + 1)
    assert hand(c, phone.entry("grant.revoke", grant=offer["grant"])).status_code == 202
    assert tell_others(c.gw) is True
    assert waiting(a) == ["grant.revoke"], "the custodian refuses from now on"


def test_however_many_are_to_be_told_one_turn_tells_them_all(among: Story) -> None:
    a, _, c = among.town.nodes
    keep_endings(c, a.institution, telling.AT_ONCE + 1)
    assert tell_others(c.gw) is False
    with c.gw.db.connect() as conn:
        assert store.to_tell(conn, 1) == []


def test_a_node_that_closes_tells_nobody_any_more(among: Story) -> None:
    a, _, c = among.town.nodes
    keep_endings(c, a.institution, 2)
    asked = iter((False, False, True))
    assert tell_others(c.gw, lambda: next(asked)) is True
    with c.gw.db.connect() as conn:
        assert len(store.to_tell(conn, 2)) == 1


def test_an_ending_that_is_dated_ahead_is_refused_and_keeps_no_look_back(among: Story) -> None:
    a = among.town.a
    phone = among.linked(a)
    _, [offer] = among.granted(phone)
    among.town.order.agrees = False
    ahead = phone.entry("grant.revoke", grant=offer["grant"], at=among.town.clock() + YEAR_MS)
    answer = hand(a, ahead)
    assert (answer.status_code, answer.json["code"]) == (409, "entry-early")
    assert waiting(a) == []
    assert open_chart(a, a.staff("clinician")).status_code == 200
    quorum_returns(among)
    all_once(among)


def test_an_entry_that_the_rules_fail_to_judge_keeps_no_other_link_back(among: Story) -> None:
    a, order = among.town.a, among.town.order
    order.agrees = False
    faulty, other = (opening(a, own_id(a.institution, a.gw.entropy)) for _ in range(2))
    for entry in (faulty, other):
        assert isinstance(a.gw.outbox.record(entry), Queued)
    order.agrees = True
    order.faults[faulty] = Unavailable("rules-failed", "the rules could not judge this entry")
    assert a.gw.outbox.delivery.deliver() is False
    assert waiting(a) == ["link.open"], "the other one is recorded"
    assert not a.gw.outbox.delivery.away, "the members do agree"
    order.faults.clear()
    quorum_returns(among)
    all_once(among)


def test_a_hospital_that_lags_says_so_and_refuses_nobody(among: Story) -> None:
    a, _, c = among.town.nodes
    c.gw.ledger.lag()
    phone = among.linked(a)
    _, [offer] = among.granted(phone)
    entry = phone.entry("grant.revoke", grant=offer["grant"])
    forged = f"{entry.rpartition('.')[0]}.{'A' * 86}"
    for handed in (entry, forged, "junk"):
        assert (hand(c, handed).status_code, hand(c, handed).json["code"]) == (403, "entry-refused")
    vars(c.gw)["pulse"] = Pulse("http://127.0.0.1:1", c.gw.clock)  # nobody says there that it is level
    for handed in (entry, forged, "junk"):
        assert (hand(c, handed).status_code, hand(c, handed).json["code"]) == (503, "ledger-lags")
    vars(c.gw)["pulse"] = None
    c.gw.ledger.catch_up()
    assert hand(c, entry).status_code == 201
    all_once(among)


def test_what_waits_goes_on_waiting_while_an_older_ledger_catches_up(among: Story) -> None:
    a, _, c = among.town.nodes
    c.gw.ledger.lag()
    phone = among.linked(a)
    _, [offer] = among.granted(phone)
    entry = parse_entry(phone.entry("grant.revoke", grant=offer["grant"]))
    with c.gw.db.begin() as conn:  # kept before the ledger's copy became an older one
        store.keep(conn, entry, a.institution, c.gw.clock())
    assert c.gw.outbox.delivery.deliver() is False
    assert c.gw.outbox.codes == ("entries-wait",)
    c.gw.ledger.catch_up()
    quorum_returns(among)
    all_once(among)
