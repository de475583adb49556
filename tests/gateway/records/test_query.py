"""Which searches are understood, and which are refused rather than answered too widely."""

from typing import Any

import pytest

from gateway.records.searching.filters import Refusal, TokenFilter
from gateway.records.searching.query import Query, parse_query

P = ("patient", "p1")

REFUSED: dict[str, tuple[str, list[tuple[str, str]], str]] = {
    "the parameter is unknown": ("Observation", [P, ("colour", "red")], "not-supported"),
    "the parameter belongs to another type": (
        "AllergyIntolerance",
        [P, ("status", "active")],
        "not-supported",
    ),
    "the prescription's date is asked by date": ("MedicationRequest", [P, ("date", "2020")], "not-supported"),
    "the modifier is unknown": ("Observation", [P, ("code:in", "x")], "not-supported"),
    "the modifier is unknown on _id": ("Observation", [P, ("_id:not", "x")], "not-supported"),
    "the sort key is unknown": ("Observation", [P, ("_sort", "code")], "not-supported"),
    "it sorts by two keys": ("Observation", [P, ("_sort", "date,_lastUpdated")], "not-supported"),
    "the count is empty": ("Observation", [P, ("_count", "")], "invalid-value"),
    "the count is no number": ("Observation", [P, ("_count", "ten")], "invalid-value"),
    "the count is negative": ("Observation", [P, ("_count", "-1")], "invalid-value"),
    "the count is in other digits": ("Observation", [P, ("_count", "１０")], "invalid-value"),
    "the date is none": ("Observation", [P, ("date", "yesterday")], "invalid-value"),
    "the date is empty": ("Observation", [P, ("date", "")], "invalid-value"),
    "one of the dates is none": ("Observation", [P, ("date", "2020,x")], "invalid-value"),
    "the code is empty": ("Observation", [P, ("code", "")], "invalid-value"),
    "the code is a bar": ("Observation", [P, ("code", "|")], "invalid-value"),
    "the code has two bars": ("Observation", [P, ("code", "a|b|c")], "invalid-value"),
    "the patient is empty": ("Observation", [("patient", "")], "invalid-value"),
    "no patient is named": ("Observation", [("code", "x")], "patient-required"),
    "a provenance is asked by its day alone": ("Provenance", [("recorded", "2020")], "patient-required"),
    "the subject of what has a patient": ("AllergyIntolerance", [("subject", "p1")], "not-supported"),
    "the patient of a patient": ("Patient", [P], "not-supported"),
    "it sorts by a date that is not the record's own": (
        "Condition",
        [P, ("_sort", "recorded-date")],
        "not-supported",
    ),
    "it sorts by another type's date": ("Observation", [P, ("_sort", "authoredon")], "not-supported"),
    "the sort key is a sort key's opposite twice": ("Observation", [P, ("_sort", "--date")], "not-supported"),
    "nothing is named": ("Observation", [], "patient-required"),
    "too many parameters": ("Observation", [P] * 21, "not-supported"),
    "too many alternatives": ("Observation", [P, ("code", ",".join("x" * 51))], "invalid-value"),
    "the type is not kept": ("Claim", [P], "type-unknown"),
    "the type belongs to the institution": ("Organization", [P], "type-unknown"),
    "the type is hostile": ("../../etc", [P], "type-unknown"),
}


@pytest.mark.parametrize(("type_", "pairs", "code"), REFUSED.values(), ids=REFUSED)
def test_a_search_is_refused_when(type_: str, pairs: list[tuple[str, str]], code: str) -> None:
    refused = parse_query(type_, pairs)
    assert isinstance(refused, Refusal)
    assert refused.code == code


def test_a_refusal_never_repeats_a_value() -> None:
    refused = parse_query("Observation", [P, ("date", "林秀兰")])
    assert isinstance(refused, Refusal)
    assert "林秀兰" not in refused.detail


def test_a_strange_parameter_name_is_not_repeated() -> None:
    refused = parse_query("Observation", [P, ("<script>", "x")])
    assert isinstance(refused, Refusal)
    assert "script" not in refused.detail


UNDERSTOOD: dict[str, tuple[list[tuple[str, str]], dict[str, Any]]] = {
    "no count": ([P], {"count": 100}),
    "a count": ([P, ("_count", "20")], {"count": 20}),
    "a huge count": ([P, ("_count", "9" * 5000)], {"count": 200}),
    "a count of none": ([P, ("_count", "0")], {"count": 0}),
    "only the count": ([P, ("_summary", "count")], {"count": 0}),
    "no total": ([P, ("_total", "none")], {"total": False}),
    "a sort with a tie-breaker": ([P, ("_sort", "-date,_id")], {"sort": "-date"}),
    "a sort by id": ([P, ("_sort", "_id")], {"sort": "_id"}),
    "a patient as a reference": ([("patient", "Patient/p1")], {"patients": (frozenset({"p1"}),)}),
    "a subject with its type": ([("subject:Patient", "p1")], {"patients": (frozenset({"p1"}),)}),
    "a patient by our own address": (
        [("patient", "https://a.example/fhir/Patient/p1")],
        {"patients": (frozenset({"p1"}),)},
    ),
    "a patient at a foreign address": (
        [("patient", "https://b.example/Patient/p1")],
        {"patients": (frozenset({"https://b.example/Patient/p1"}),)},
    ),
    "unknown names that begin with _": ([P, ("_totalMethod", "count")], {"parameters": (P,)}),
}


WHOSE: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "a patient by name: a token knows one patient": ("Patient", [("name", "x")]),
    "a patient by nothing": ("Patient", []),
    "a provenance by what it is about": ("Provenance", [("target", "Observation/x")]),
    "a provenance by its patient": ("Provenance", [P]),
    "a record by its id": ("Condition", [("_id", "x")]),
}


@pytest.mark.parametrize(("type_", "pairs"), WHOSE.values(), ids=WHOSE)
def test_it_is_clear_whose_records_are_asked_for_by(type_: str, pairs: list[tuple[str, str]]) -> None:
    assert isinstance(parse_query(type_, pairs), Query)


SORTS = {
    "MedicationRequest": ("-authoredon", "-date"),
    "ImagingStudy": ("started", "date"),
    "ServiceRequest": ("-authored,_id", "-date"),
    "Provenance": ("recorded", "date"),
    "Condition": ("onset-date,-_id", "date"),
    "DocumentReference": ("-_lastUpdated", "-_lastUpdated"),
}


@pytest.mark.parametrize("type_", SORTS)
def test_the_records_own_time_sorts_by_the_name_that_the_standard_gives_it(type_: str) -> None:
    stated, understood = SORTS[type_]
    query = parse_query(type_, [P, ("_sort", stated)])
    assert isinstance(query, Query)
    assert query.sort == understood


@pytest.mark.parametrize(("pairs", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_a_search_is_understood_with(pairs: list[tuple[str, str]], expected: dict[str, Any]) -> None:
    query = parse_query("Observation", pairs, base="https://a.example/fhir")
    assert isinstance(query, Query)
    assert {name: getattr(query, name) for name in expected} == expected


def test_lenient_handling_leaves_unknown_names_out_of_the_self_link() -> None:
    query = parse_query("Observation", [P, ("colour", "red"), ("code", "http://loinc.org|1")], "lenient")
    assert isinstance(query, Query)
    assert query.text == "Observation?patient=p1&code=http%3A%2F%2Floinc.org%7C1"


def test_lenient_handling_still_refuses_modifiers_and_bad_values() -> None:
    for pair in (("code:in", "x"), ("date", "x")):
        assert isinstance(parse_query("Observation", [P, pair], "lenient"), Refusal)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x", ((None, "x"),)),
        ("s|x", (("s", "x"),)),
        ("|x", (("", "x"),)),
        ("s|", (("s", None),)),
        ("a,b", ((None, "a"), (None, "b"))),
        (r"a\,b", ((None, "a,b"),)),
        (r"a\|b", ((None, "a|b"),)),
        (r"s|a\\", (("s", "a\\"),)),
    ],
)
def test_a_token_is_read(text: str, values: object) -> None:
    query = parse_query("Observation", [P, ("code", text)])
    assert isinstance(query, Query)
    (found,) = query.filters
    assert isinstance(found, TokenFilter)
    assert found.values == values
