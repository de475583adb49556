"""Whatever comes in between, each entry that waited stands on the ledger once, and in order for its link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from consent.links import own_id
from gateway.outbox import store
from gateway.outbox.outbox import Queued
from gateway.outbox.tables import outbox_entry
from ledger.encoding import b64u
from ledger.entry import parse_entry
from ledger.errors import Refusal, Unavailable
from ledger.record import decode_record
from tests.gateway.peers.story import Story, bring_records
from tests.gateway.peers.town import Node, open_town

STEPS = (
    "look",
    "other look",
    "open and look",
    "agrees",
    "stands still",
    "deliver",
    "crash",
    "half delivered",
)


@pytest.fixture(scope="module")
def among(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("town")
    with open_town(folder) as town:
        bring_records(town.a, folder)
        yield Story(town, None)


def chain(node: Node, link: str) -> list[str]:
    with node.gw.ledger.view() as view:
        rows = view.chain(link)
    return [parse_entry(decode_record(row.record_bytes).entry.decode()).id for row in rows]


def sign(node: Node, use: str, kind: str, link: str, **members: str) -> str:
    about = {"ledger": node.gw.ledger.id, "subject": link, "kind": kind, "at": node.gw.clock()}
    return node.gw.keys.sign(node.institution, use, "yaoshi-entry", {**about, **members})


def look(node: Node, link: str) -> str:
    return sign(node, "release", "look.made", link, commitment=b64u(node.gw.entropy(32)))


def opening(node: Node, link: str) -> str:
    return sign(node, "desk", "link.open", link, institution=node.institution)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=30))
def test_each_entry_is_recorded_once_in_order(among: Story, steps: list[str]) -> None:
    a, order = among.town.a, among.town.order
    order.agrees = True
    links = [own_id(a.institution, a.gw.entropy) for _ in range(2)]
    wanted: dict[str, list[str]] = {}

    def record(link: str, entry: str) -> None:
        answer = a.gw.outbox.record(entry)
        assert not isinstance(answer, Refusal)
        wanted.setdefault(link, []).append(answer.entry_id)

    for link in links:
        record(link, opening(a, link))
    for step in [*steps, "agrees", "deliver"]:
        among.town.clock.advance(seconds=1)
        if step in ("look", "other look"):
            link = links[step == "other look"]
            record(link, look(a, link))
        elif step == "open and look":
            link = own_id(a.institution, a.gw.entropy)
            record(link, opening(a, link))
            record(link, look(a, link))
        elif step in ("agrees", "stands still"):
            order.agrees = step == "agrees"
        elif step == "deliver":
            a.gw.outbox.delivery.deliver()
        elif step == "crash":
            vars(a.gw).pop("outbox", None)
        elif order.agrees:
            with a.gw.db.connect() as conn:
                first = store.first_of_each_link(conn, 1)
            for kept in first:  # recorded, and the process dies before it can note that
                a.gw.ledger.record(kept.entry.text, 10)
    for link, entries in wanted.items():
        assert chain(a, link) == entries
    with a.gw.db.connect() as conn:
        assert store.counts(conn) == (0, 0)


def test_a_refusal_in_the_end_is_kept_with_its_code_and_shown(among: Story) -> None:
    a, order = among.town.a, among.town.order
    order.agrees = False
    link = own_id(a.institution, a.gw.entropy)
    assert isinstance(a.gw.outbox.record(opening(a, link)), Queued)
    assert isinstance(a.gw.outbox.record(look(a, link)), Queued)
    with a.gw.db.begin() as conn:  # the opening is lost, so the ledger cannot take the look
        conn.execute(delete(outbox_entry).where(outbox_entry.c.kind == "link.open"))
    assert a.gw.outbox.codes == ("entries-wait",)
    order.agrees = True
    assert a.gw.outbox.delivery.deliver()
    [kept] = a.gw.outbox.rows(link)
    assert kept.refused == "subject-unknown"
    assert a.gw.outbox.codes == ("entries-refused-late",)
    warnings = a.client().get("/readyz").json["warnings"]
    assert "entries-refused-late" in [each["code"] for each in warnings]
    with a.gw.db.begin() as conn:
        conn.execute(delete(outbox_entry))


def test_an_entry_that_somebody_else_made_superfluous_is_no_loss(among: Story) -> None:
    a, order = among.town.a, among.town.order
    link = own_id(a.institution, a.gw.entropy)
    order.agrees = False
    a.gw.outbox.record(opening(a, link))
    made = look(a, link)
    a.gw.outbox.record(made)
    order.agrees = True
    among.town.clock.advance(seconds=1)
    a.gw.ledger.record(opening(a, link), 10)
    assert a.gw.outbox.delivery.deliver()
    assert a.gw.outbox.rows(link) == []
    assert chain(a, link)[1:] == [parse_entry(made).id]


@pytest.mark.parametrize("bound", ["of all", "of one link"])
def test_a_full_outbox_refuses_with_its_own_code(
    among: Story, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, order = among.town.a, among.town.order
    order.agrees = False
    monkeypatch.setattr(store, "MOST" if bound == "of all" else "MOST_OF_A_LINK", 2)
    link = own_id(a.institution, a.gw.entropy)
    a.gw.outbox.record(opening(a, link))
    a.gw.outbox.record(look(a, link))
    among.town.clock.advance(seconds=1)
    with pytest.raises(Unavailable) as full:
        a.gw.outbox.record(look(a, link))
    assert full.value.code == "outbox-full"
    order.agrees = True
    assert a.gw.outbox.delivery.deliver()
    with a.gw.db.connect() as conn:
        assert conn.execute(select(outbox_entry)).first() is None
    assert len(chain(a, link)) == 2


def test_nothing_waits_that_the_rules_refuse_or_that_its_key_did_not_sign(among: Story) -> None:
    a, order = among.town.a, among.town.order
    order.agrees = False
    link = own_id(a.institution, a.gw.entropy)
    unknown = a.gw.outbox.record(look(a, link))
    assert isinstance(unknown, Refusal)
    assert unknown.code == "link-unknown"
    forged = opening(a, link).rsplit(".", 1)[0] + "." + "A" * 86
    refused = a.gw.outbox.record(forged)
    assert isinstance(refused, Refusal)
    assert refused.code == "entry-unknown-key"
    order.agrees = True
    assert a.gw.outbox.codes == ()
