"""Searches, pages and totals over a real store."""

import pytest

from consent.scope import Scope, parse_scope
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import read, revision, search
from tests.gateway.records.store import LOINC, WT, WX, Store, observation, patient

# The value, the search, whether it matches: FHIR R4's table of prefixes, both sides as ranges.
DATES = {
    "a day contains its second": ("2020-03-01T23:59:59Z", "2020-03-01", True),
    "a day does not contain the next": ("2020-03-02T00:00:00Z", "2020-03-01", False),
    "a day in China is partly the day before in UTC": ("2020-03-01T07:00:00+08:00", "2020-03-01", False),
    "a second does not contain a day": ("2020-03-01", "2020-03-01T00:00:00Z", False),
    "a year contains a day": ("2020-03-01", "2020", True),
    "a year contains itself": ("2020", "2020", True),
    "a month does not contain its year": ("2020", "2020-03", False),
    "ne: the same day": ("2020-03-01", "ne2020-03-01", False),
    "ne: a wider value": ("2020", "ne2020-03-01", True),
    "gt: later": ("2020-03-02", "gt2020-03-01", True),
    "gt: the same": ("2020-03-01", "gt2020-03-01", False),
    "gt: part of a wider value lies above": ("2020", "gt2020-03-01", True),
    "lt: earlier": ("2020-02-29", "lt2020-03-01", True),
    "lt: the same": ("2020-03-01", "lt2020-03-01", False),
    "ge: the same": ("2020-03-01", "ge2020-03-01", True),
    "ge: earlier": ("2020-02-29", "ge2020-03-01", False),
    "le: the same": ("2020-03-01", "le2020-03-01", True),
    "le: later": ("2020-03-02", "le2020-03-01", False),
    "sa: the next day": ("2020-03-02", "sa2020-03-01", True),
    "sa: a wider value": ("2020", "sa2020-03-01", False),
    "eb: the day before": ("2020-02-29", "eb2020-03-01", True),
    "eb: the same": ("2020-03-01", "eb2020-03-01", False),
    "ap: overlaps": ("2020", "ap2020-03-01", True),
    "ap: beside": ("2020-03-02", "ap2020-03-01", False),
    "one of two": ("2020-03-02", "2020-03-01,2020-03-02", True),
    "a + that came undecoded": ("2020-03-01T08:00:00+08:00", "2020-03-01T08:00:00 08:00", True),
}


@pytest.mark.parametrize(("value", "searched", "matches"), DATES.values(), ids=DATES)
def test_a_date_matches(store: Store, value: str, searched: str, matches: bool) -> None:
    store.take(patient(), observation(effectiveDateTime=value))
    assert store.search("Observation", ("date", searched)).total == int(matches)


def test_an_open_period_reaches_into_the_future(store: Store) -> None:
    store.take(patient(), observation(effectiveDateTime=None, effectivePeriod={"start": "2020-03-01"}))
    assert store.search("Observation", ("date", "gt2090")).total == 1
    assert store.search("Observation", ("date", "lt2020-03-01")).total == 0


def test_an_undated_record_matches_no_date(store: Store) -> None:
    store.take(patient(), observation(effectiveDateTime=None))
    for searched in ("2020", "ne2020", "gt1900", "lt2100"):
        assert store.search("Observation", ("date", searched)).total == 0
    assert store.search("Observation").total == 1


TOKENS = {
    "a code": ("code", "4548-4", 2),
    "a code of its system": ("code", f"{LOINC}|4548-4", 1),
    "a code without system": ("code", "|4548-4", 1),
    "anything of a system": ("code", f"{LOINC}|", 2),
    "one of two": ("code", "4548-4,777-3", 3),
    "no such code": ("code", "1", 0),
    "a code in another case": ("category", "LABORATORY", 0),
    "a status": ("status", "final", 3),
    "SQL": ("code", "' OR 1=1 --", 0),
}


@pytest.mark.parametrize(("name", "value", "total"), TOKENS.values(), ids=TOKENS)
def test_a_token_finds(store: Store, name: str, value: str, total: int) -> None:
    bare = observation("o3")
    del bare["code"]["coding"][0]["system"]
    store.take(patient(), observation("o1"), observation("o2", code="777-3"), bare)
    assert store.search("Observation", (name, value)).total == total


def test_repeated_parameters_narrow(store: Store) -> None:
    store.take(patient(), observation("o1"), observation("o2", code="777-3"))
    assert store.search("Observation", ("code", "4548-4"), ("code", "777-3")).total == 0


def test_last_updated_is_searched(store: Store) -> None:
    store.take(patient(), observation("o1"))
    store.now += 86_400_000
    store.take(observation("o2"))
    assert store.search("Observation", ("_lastUpdated", "2026-01-01")).total == 1
    assert store.search("Observation", ("_lastUpdated", "ge2026-01-01")).total == 2


def test_another_patients_records_are_never_found(store: Store) -> None:
    store.take(patient(), patient("p2"), observation("o1"), observation("o2", whose="p2"))
    first, second = (row.id for row in store.rows("Patient"))
    query = parse_query("Observation", [("patient", second)])
    assert isinstance(query, Query)
    with store.db.connect() as conn:
        assert search(conn, WX, first, query, None).total == 0
        assert search(conn, WT, second, query, None).total == 0
        assert search(conn, WX, second, query, None).total == 1


def many(store: Store, count: int = 25) -> None:
    days = [f"2025-01-{number % 7 + 1:02d}" for number in range(count)]
    store.take(patient(), *(observation(f"o{n}", effectiveDateTime=day) for n, day in enumerate(days)))


@pytest.mark.parametrize("sort", ["date", "-date", "_id", "-_id", "_lastUpdated", "-_lastUpdated"])
def test_pages_hold_every_record_once_and_in_order(store: Store, sort: str) -> None:
    many(store)
    whole = store.search("Observation", ("_sort", sort))
    after, found, totals = None, [], set()
    while True:
        page = store.search("Observation", ("_sort", sort), ("_count", "7"), after=after)
        found += [each.id for each in page.records]
        totals.add(page.total)
        after = page.next_after
        if after is None:
            break
    assert found == [each.id for each in whole.records]
    assert len(set(found)) == 25
    assert totals == {25}


def test_a_page_that_is_just_full_is_the_last(store: Store) -> None:
    many(store, 7)
    assert store.search("Observation", ("_count", "7")).next_after is None


def test_records_that_arrive_between_pages_do_not_enter_them(store: Store) -> None:
    many(store, 10)
    with store.db.connect() as conn:
        bound = revision(conn)
    first = store.search("Observation", ("_count", "6"), upper_revision=bound)
    store.take(observation("late", effectiveDateTime="2025-01-01"))
    second = store.search("Observation", ("_count", "6"), after=first.next_after, upper_revision=bound)
    assert (first.total, second.total) == (10, 10)
    assert len({each.id for each in first.records + second.records}) == 10
    assert store.search("Observation").total == 11


def test_a_count_of_none_answers_the_total_alone(store: Store) -> None:
    many(store)
    page = store.search("Observation", ("_count", "0"))
    assert (page.records, page.total, page.next_after) == ([], 25, None)


def test_no_total_when_none_is_wanted(store: Store) -> None:
    many(store, 3)
    assert store.search("Observation", ("_total", "none")).total is None


def scope(**members: object) -> Scope:
    found = parse_scope({"kinds": [], **members})
    assert isinstance(found, Scope), found
    return found


def test_totals_and_pages_know_only_what_the_scope_covers(store: Store) -> None:
    many(store, 9)
    store.take(observation("secret", code="75622-1", effectiveDateTime="2025-01-04"))
    narrow = scope(kinds=["laboratory"], **{"from": "2025-01-03", "to": "2025-01-06"})
    page = store.search("Observation", ("_count", "2"), scope=narrow)
    assert page.total == 3
    rest = store.search("Observation", ("_count", "2"), scope=narrow, after=page.next_after)
    assert [len(page.records), len(rest.records), rest.next_after] == [2, 1, None]
    opened = scope(kinds=["laboratory"], sensitive=["HIV"])
    assert store.search("Observation", scope=opened).total == 10


def test_a_read_outside_the_scope_is_as_if_there_were_nothing(store: Store) -> None:
    store.take(patient(), observation("o1"), observation("o2", code="75622-1"))
    plain, secret = store.rows("Observation")
    wide = scope(kinds=["laboratory"])
    with store.db.connect() as conn:
        who = store.patient()
        assert read(conn, WX, who, "Observation", plain.id, wide) is not None
        assert read(conn, WX, who, "Observation", secret.id, wide) is None
        assert read(conn, WX, who, "Observation", "nothing", wide) is None
        assert read(conn, WX, "somebody", "Observation", plain.id, wide) is None
        assert read(conn, WT, who, "Observation", plain.id, wide) is None
        assert read(conn, WX, who, "DiagnosticReport", plain.id, wide) is None


def test_demographics_come_with_every_scope(store: Store) -> None:
    store.take(patient())
    who = store.patient()
    query = parse_query("Patient", [("_id", who)])
    assert isinstance(query, Query)
    with store.db.connect() as conn:
        assert search(conn, WX, who, query, scope(kinds=["allergy"])).total == 1
        assert read(conn, WX, who, "Patient", who, scope(kinds=["allergy"])) is not None


def test_a_single_record_can_be_opened_by_name_alone(store: Store) -> None:
    many(store, 3)
    one = store.rows("Observation")[1]
    page = store.search("Observation", scope=scope(records=[f"Observation/{one.id}"]))
    assert [each.id for each in page.records] == [one.id]
    assert page.total == 1
