"""What comes along with the matches: what they refer to and what refers to them, within the same decision."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from consent.scope import Scope, parse_scope
from gateway.records.searching import inclusion, search
from gateway.records.searching.filters import Refusal
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import Page
from gateway.records.tables import record_reference
from tests.gateway.records.store import WX, Store, encounter, observation, patient, report

HIV = "75622-1"  # a LOINC code that our table labels
RESULT, VISIT = ("_include", "DiagnosticReport:result"), ("_include", "Observation:encounter")
MEMBER, WRITTEN = ("_include", "Observation:has-member"), ("_revinclude", "Provenance:target")


def scope(**members: object) -> Scope:
    found = parse_scope({"kinds": [], **members})
    assert isinstance(found, Scope), found
    return found


def provenance(id_: str, *targets: str) -> dict[str, Any]:
    return {"resourceType": "Provenance", "id": id_, "recorded": "2025-06-02T00:00:00Z",
            "target": [{"reference": target} for target in targets],
            "agent": [{"who": {"reference": "Practitioner/d1"}}]}  # fmt: skip


def refer(*names: str) -> list[dict[str, str]]:
    return [{"reference": name} for name in names]


@pytest.fixture
def chart(store: Store) -> Store:
    """A report of two results in a visit, a panel of one, an imaging study, and who wrote what."""
    study = {"resourceType": "ImagingStudy", "id": "i1", "status": "available",
             "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"}}  # fmt: skip
    store.take(
        patient(), encounter("e1", period={"start": "2025-06-02", "end": "2025-06-02"}),
        observation("o1", encounter={"reference": "Encounter/e1"}),
        observation("o2", code="777-3", hasMember=refer("Observation/o3")),
        observation("o3", code="718-7", effectiveDateTime="2024-01-01"),
        report("r1", result=refer("Observation/o1", "Observation/o2")), study,
        provenance("v1", "Observation/o1"), provenance("v2", "DiagnosticReport/r1", "Observation/o2"),
    )  # fmt: skip
    assert store.refused == []
    return store


def names(store: Store, page: Page) -> dict[str, str]:
    """{source id: mode} of a page, in its order."""
    sources = {row.id: row.source_id for row in store.rows()}
    return {sources[each.id]: each.mode for each in page.records}


ALONG: dict[str, tuple[str, list[tuple[str, str]], dict[str, str]]] = {
    "the results of a report": (
        "DiagnosticReport", [RESULT],
        {"DiagnosticReport/r1": "match", "Observation/o1": "include", "Observation/o2": "include"}),
    "the results, their type named": (
        "DiagnosticReport", [("_include", "DiagnosticReport:result:Observation")],
        {"DiagnosticReport/r1": "match", "Observation/o1": "include", "Observation/o2": "include"}),
    "the visit of a result": (
        "Observation", [("code", "4548-4"), VISIT], {"Observation/o1": "match", "Encounter/e1": "include"}),
    "the members of a panel": (
        "Observation", [("code", "777-3"), MEMBER], {"Observation/o2": "match", "Observation/o3": "include"}),
    "the visit of an imaging study": (
        "ImagingStudy", [("_include", "ImagingStudy:encounter")],
        {"ImagingStudy/i1": "match", "Encounter/e1": "include"}),
    "who wrote a result": (
        "Observation", [("code", "4548-4"), WRITTEN],
        {"Observation/o1": "match", "Provenance/v1": "include"}),
    "one record that speaks of two": (
        "Observation", [("code", "777-3"), WRITTEN],
        {"Observation/o2": "match", "Provenance/v2": "include"}),
    "several at once": (
        "Observation", [("code", "4548-4"), VISIT, WRITTEN],
        {"Observation/o1": "match", "Encounter/e1": "include", "Provenance/v1": "include"}),
    "the same asked twice": (
        "Observation", [("code", "4548-4"), VISIT, VISIT],
        {"Observation/o1": "match", "Encounter/e1": "include"}),
    "nothing where nothing matches": ("Observation", [("code", "nothing"), VISIT, WRITTEN], {}),
}  # fmt: skip


@pytest.mark.parametrize(("type_", "pairs", "expected"), ALONG.values(), ids=ALONG)
def test_what_comes_along_is(
    chart: Store, type_: str, pairs: list[tuple[str, str]], expected: dict[str, str]
) -> None:
    assert names(chart, chart.search(type_, *pairs)) == expected


def test_a_match_never_comes_along_as_well(chart: Store) -> None:
    page = chart.search("Observation", MEMBER)
    assert names(chart, page) == {f"Observation/o{n}": "match" for n in (1, 2, 3)}


def test_totals_count_the_matches_alone(chart: Store) -> None:
    page = chart.search("DiagnosticReport", RESULT)
    assert (page.total, len(page.records), page.next_after) == (1, 3, None)


def test_each_page_brings_its_own(chart: Store) -> None:
    chart.take(report("r2", effectiveDateTime="2024-01-01", result=refer("Observation/o3")))
    first = chart.search("DiagnosticReport", RESULT, ("_count", "1"))
    assert [each.mode for each in first.records] == ["match", "include", "include"]
    second = chart.search("DiagnosticReport", RESULT, ("_count", "1"), after=first.next_after)
    assert list(names(chart, second)) == ["DiagnosticReport/r2", "Observation/o3"]


def test_what_arrives_later_does_not_come_along_on_a_later_page(chart: Store) -> None:
    with chart.db.connect() as conn:
        bound = search.revision(conn)
    chart.take(provenance("late", "Observation/o1"))
    page = chart.search("Observation", ("code", "4548-4"), WRITTEN, upper_revision=bound)
    assert list(names(chart, page)) == ["Observation/o1", "Provenance/v1"]


# What is granted: what comes along then.
WITHIN: dict[str, tuple[str, list[tuple[str, str]], Scope, list[str]]] = {
    "its kind is granted": (
        "Observation", [("code", "4548-4"), VISIT], scope(kinds=["laboratory", "encounter"]),
        ["Observation/o1", "Encounter/e1"]),
    "its kind is not granted": (
        "Observation", [("code", "4548-4"), VISIT], scope(kinds=["laboratory"]), ["Observation/o1"]),
    "its code is not granted": (
        "DiagnosticReport", [RESULT],
        scope(kinds=["laboratory"], codes=["http://loinc.org|4548-4"], records=["DiagnosticReport/r1"]),
        ["DiagnosticReport/r1", "Observation/o1"]),
    "its day is not granted": (
        "Observation", [("code", "777-3"), MEMBER], scope(kinds=["laboratory"], **{"from": "2025-01-01"}),
        ["Observation/o2"]),
    "it alone is granted, by name": (
        "DiagnosticReport", [RESULT], scope(records=["DiagnosticReport/r1", "Observation/o2"]),
        ["DiagnosticReport/r1", "Observation/o2"]),
    "who wrote it is not granted": (
        "Observation", [("code", "4548-4"), WRITTEN], scope(kinds=["laboratory"]), ["Observation/o1"]),
    "who wrote it is granted": (
        "Observation", [("code", "4548-4"), WRITTEN], scope(kinds=["laboratory", "other"]),
        ["Observation/o1", "Provenance/v1"]),
    "the match itself is not granted": (
        "DiagnosticReport", [RESULT], scope(kinds=["vital-signs"]), []),
    "the patient is given, and no word of the rest": (
        "Patient", [WRITTEN], scope(kinds=["laboratory"]), ["Patient/p1"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WITHIN)
def test_what_comes_along_when(chart: Store, case: str) -> None:
    type_, pairs, wanted, expected = WITHIN[case]
    chart.take(provenance("v3", "Patient/p1"))
    local = {row.source_id: f"{row.type}/{row.id}" for row in chart.rows()}
    granted = replace(wanted, records=frozenset(local[name] for name in wanted.records))
    assert list(names(chart, chart.search(type_, *pairs, scope=granted))) == expected


def test_a_sensitive_record_does_not_come_along_until_it_is_named(store: Store) -> None:
    store.take(patient(), observation("o1", hasMember=refer("Observation/o2")), observation("o2", code=HIV))
    plain, opened = scope(kinds=["laboratory"]), scope(kinds=["laboratory"], sensitive=["HIV"])
    assert list(names(store, store.search("Observation", MEMBER, scope=plain))) == ["Observation/o1"]
    page = store.search("Observation", ("code", "4548-4"), MEMBER, scope=opened)
    assert list(names(store, page)) == ["Observation/o1", "Observation/o2"]


def test_another_patients_record_never_comes_along(store: Store) -> None:
    store.take(patient(), observation("o1"))
    store.take(patient("p2"), observation("o9", whose="p2"))
    own, other = (row for row in store.rows("Observation"))
    with store.db.begin() as conn:  # as no import would write it
        target = f"Observation/{other.id}"
        conn.execute(insert(record_reference).values(record=own.number, param="has-member", target=target))
    who = store.rows("Patient")[0].id
    query = parse_query("Observation", [("patient", who), MEMBER])
    assert isinstance(query, Query)
    with store.db.connect() as conn:
        assert [each.id for each in search.search(conn, WX, who, query, None).records] == [own.id]


def test_types_that_the_token_does_not_hold_do_not_come_along(chart: Store) -> None:
    who = chart.patient()
    query = parse_query("Observation", [("patient", who), ("code", "4548-4"), VISIT, WRITTEN])
    assert isinstance(query, Query)
    narrowed = replace(query, may_include=frozenset({"Observation", "Provenance"}))
    with chart.db.connect() as conn:
        page = search.search(conn, WX, who, narrowed, None)
    assert list(names(chart, page)) == ["Observation/o1", "Provenance/v1"]


def test_a_page_holds_only_so_much_and_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (inclusion, search):
        monkeypatch.setattr(module, "MAX_INCLUDED", 3)
    results = [observation(f"o{n}") for n in range(5)]
    store.take(patient(), *results, report(result=refer(*(f"Observation/o{n}" for n in range(5)))))
    page = store.search("DiagnosticReport", RESULT)
    assert (len(page.records), page.cut_short) == (4, True)
    store.take(report("r2", result=refer("Observation/o1", "Observation/o2", "Observation/o3")))
    page = store.search("DiagnosticReport", RESULT, ("_id", store.rows("DiagnosticReport")[1].id))
    assert (len(page.records), page.cut_short) == (4, False)


REFUSED = {
    "everything": ("_include", "*"),
    "another type's": ("_include", "DiagnosticReport:result"),
    "a reference that is not offered": ("_include", "Observation:based-on"),
    "a type that it cannot lead to": ("_include", "Observation:encounter:Patient"),
    "the patient": ("_include", "Observation:subject"),
    "what comes along with what comes along": ("_include:iterate", "Observation:has-member"),
    "the older name of that": ("_include:recurse", "Observation:has-member"),
    "something that is no reference": ("_include", "Observation:code"),
    "nothing": ("_include", ""),
    "whatever refers to it": ("_revinclude", "*"),
    "reports that cite it": ("_revinclude", "DiagnosticReport:result"),
    "who wrote another type": ("_revinclude", "Provenance:target:Condition"),
}


@pytest.mark.parametrize("pair", REFUSED.values(), ids=REFUSED)
def test_what_may_not_come_along_is_refused(pair: tuple[str, str]) -> None:
    refused = parse_query("Observation", [("patient", "p"), pair])
    assert isinstance(refused, Refusal)
    assert refused.code == "not-supported"


def test_lenient_handling_leaves_out_what_may_not_come_along() -> None:
    query = parse_query("Observation", [("patient", "p"), ("_include", "*"), VISIT], "lenient")
    assert isinstance(query, Query)
    assert query.text == "Observation?patient=p&_include=Observation%3Aencounter"
