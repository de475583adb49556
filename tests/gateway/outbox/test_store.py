"""What waits is kept in order, once, on either database."""

from __future__ import annotations

from gateway.composition import Gateway
from gateway.outbox import store
from ledger.encoding import b64u
from ledger.entry import Entry, parse_entry
from ledger.errors import Refusal


def look(gw: Gateway, institution: str, link: str) -> Entry:
    payload = {"ledger": gw.ledger.id, "subject": link, "kind": "look.made", "at": gw.clock()}
    commitment = b64u(gw.entropy(32))
    text = gw.keys.sign(institution, "release", "yaoshi-entry", {**payload, "commitment": commitment})
    return parse_entry(text)


def test_order_refusals_and_counts(gw: Gateway, institutions: list[str]) -> None:
    hospital = institutions[0]
    one, other = gw.entropy(16).hex(), gw.entropy(16).hex()
    entries = [look(gw, hospital, link) for link in (other, one, one, other)]
    with gw.db.begin() as conn:
        assert [store.keep(conn, each, hospital, gw.clock()) for each in entries] == [True] * 4
        assert store.keep(conn, entries[0], hospital, gw.clock()) is False
    with gw.db.connect() as conn:
        assert [each.id for each in store.waiting_of(conn, one)] == [entries[1].id, entries[2].id]
        first = store.first_of_each_link(conn, 10)
        assert [kept.entry.id for kept in first] == [entries[0].id, entries[1].id]
        assert [kept.entry.id for kept in store.first_of_each_link(conn, 1)] == [entries[0].id]
    with gw.db.begin() as conn:
        store.remove(conn, first[0])
        store.refuse(conn, first[1], Refusal("subject-unknown", ""), gw.clock())
    with gw.db.connect() as conn:
        assert store.counts(conn) == (2, 1)
        assert [kept.entry.id for kept in store.first_of_each_link(conn, 10)] == [
            entries[2].id,
            entries[3].id,
        ]
        assert [kept.refused for kept in store.rows_of(conn, one)] == ["subject-unknown", None]


def test_an_ending_is_found_by_what_it_ends_and_told_once(gw: Gateway, institutions: list[str]) -> None:
    hospital, clinic = institutions[:2]
    link, grant = gw.entropy(16).hex(), gw.entropy(32).hex()
    payload = {
        "ledger": gw.ledger.id,
        "subject": link,
        "kind": "grant.revoke",
        "at": gw.clock(),
        "grant": grant,
    }
    entry = parse_entry(gw.keys.sign(hospital, "desk", "yaoshi-entry", payload))
    with gw.db.begin() as conn:
        store.keep(conn, entry, hospital, gw.clock(), clinic)
    with gw.db.connect() as conn:
        assert [each.id for each in store.about(conn, grant)] == [entry.id]
        assert store.about(conn, "0" * 64) == []
        [kept] = store.to_tell(conn, 10)
    with gw.db.begin() as conn:
        store.told(conn, kept)
    with gw.db.connect() as conn:
        assert store.to_tell(conn, 10) == []
        assert [each.id for each in store.waiting_of(conn, link)] == [entry.id]
