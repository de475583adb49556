"""Which records a scope opens, and that narrowing it never opens one more."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import Refusal
from consent.facts import RecordFacts
from consent.scope import MAX_CODES, MAX_RECORDS, Scope, parse_scope
from consent.vocabulary import FAMILIES, KINDS, SENSITIVITY
from tests.consent.world import STEADY

JUNE, JULY, DAY = 1_780_272_000_000, 1_782_864_000_000, 86_400_000  # 2026-06-01 and 2026-07-01, 00:00 UTC
A1C, GLUCOSE = "http://loinc.org|4548-4", "http://loinc.org|2345-7"


def scope(**members: Any) -> Scope:
    parsed = parse_scope({"kinds": ["laboratory"], **members})
    assert isinstance(parsed, Scope), parsed
    return parsed


def facts(**members: Any) -> RecordFacts:
    plain: dict[str, Any] = {
        "type": "Observation",
        "id": "abc",
        "kind": "laboratory",
        "codes": frozenset({A1C}),
        "low": JUNE,
        "high": JUNE + 1,
        "labels": frozenset(),
    }
    return RecordFacts(**{**plain, **members})


def labelled(*labels: str) -> RecordFacts:
    return facts(labels=frozenset(labels))


COVERED: dict[str, tuple[Scope, RecordFacts, bool]] = {
    "its kind is named": (scope(), facts(), True),
    "its kind is not named": (scope(kinds=["imaging"]), facts(), False),
    "one of its codes is named": (scope(codes=[A1C, GLUCOSE]), facts(), True),
    "none of its codes is named": (scope(codes=[GLUCOSE]), facts(), False),
    "codes are named and it has none": (scope(codes=[A1C]), facts(codes=frozenset()), False),
    "its code is that of another system": (
        scope(codes=["urn:other|4548-4"]),
        facts(),
        False,
    ),
    "its code is named but not its kind": (scope(kinds=["imaging"], codes=[A1C]), facts(), False),
    "it begins on the first day": (scope(**{"from": "2026-06-01"}), facts(), True),
    "it begins a millisecond before the first day": (
        scope(**{"from": "2026-06-01"}),
        facts(low=JUNE - 1),
        False,
    ),
    "it ends where the last day ends": (
        scope(to="2026-07-01"),
        facts(low=JULY - DAY, high=JULY),
        True,
    ),
    "it ends a millisecond after the last day": (
        scope(to="2026-07-01"),
        facts(low=JULY - DAY, high=JULY + 1),
        False,
    ),
    "it is of a month that the scope holds in part": (
        scope(**{"from": "2026-06-02"}),
        facts(low=JUNE, high=JULY),
        False,
    ),
    "it is undated and a first day is set": (
        scope(**{"from": "2026-06-01"}),
        facts(low=None, high=None),
        False,
    ),
    "it is undated and a last day is set": (scope(to="2026-07-01"), facts(low=None, high=None), False),
    "it is undated and no day is set": (scope(), facts(low=None, high=None), True),
    "it still runs and only a first day is set": (scope(**{"from": "2026-06-01"}), facts(high=None), True),
    "it still runs and a last day is set": (scope(to="2026-07-01"), facts(high=None), False),
    "it is named itself, whatever its kind, code and date": (
        scope(kinds=["imaging"], codes=[GLUCOSE], to="2000-01-01", records=["Observation/abc"]),
        facts(),
        True,
    ),
    "another record of its type is named": (
        scope(kinds=[], records=["Observation/abd"]),
        facts(),
        False,
    ),
    "a record of another type with its id is named": (
        scope(kinds=[], records=["DiagnosticReport/abc"]),
        facts(),
        False,
    ),
    "it is labelled normal": (scope(), labelled("N"), True),
    "it is labelled lower than normal": (scope(), labelled("U", "L", "M"), True),
    "it is restricted and nothing is ticked": (scope(), labelled("R"), False),
    "it is restricted and that is ticked": (scope(sensitive=["R"]), labelled("R"), True),
    "it is sensitive and nothing is ticked": (scope(), labelled("PSY"), False),
    "it is sensitive and that code is ticked": (scope(sensitive=["PSY"]), labelled("PSY"), True),
    "it is sensitive and a sibling is ticked": (scope(sensitive=["MH"]), labelled("PSY"), False),
    "it is sensitive and restricted is ticked": (scope(sensitive=["R"]), labelled("PSY"), False),
    "it is sensitive and restricted and one is ticked": (
        scope(sensitive=["PSY"]),
        labelled("PSY", "R"),
        False,
    ),
    "it is sensitive and restricted and both are ticked": (
        scope(sensitive=["PSY", "R"]),
        labelled("PSY", "R"),
        True,
    ),
    "it is sensitive twice and one is ticked": (scope(sensitive=["PSY"]), labelled("PSY", "HIV"), False),
    "it is very restricted, everything ticked": (
        scope(sensitive=["R", *sorted(SENSITIVITY)]),
        labelled("V"),
        False,
    ),
    "the patient hid it, everything ticked": (
        scope(sensitive=["R", *sorted(SENSITIVITY)]),
        labelled("HIDDEN"),
        False,
    ),
    "it has a label that nobody knows": (scope(), labelled("XYZ"), False),
    "it is named itself but sensitive and not ticked": (
        scope(records=["Observation/abc"]),
        labelled("HIV"),
        False,
    ),
}

REFUSED: dict[str, tuple[object, str]] = {
    "it is not an object": ([], "scope-malformed"),
    "it is null": (None, "scope-malformed"),
    "it has a member that nobody knows": (
        {"kinds": ["laboratory"], "until": "2026-01-01"},
        "scope-unknown-member",
    ),
    "it does not name kinds": ({"records": ["Observation/a"]}, "scope-malformed"),
    "its kinds are a text": ({"kinds": "laboratory"}, "scope-malformed"),
    "its kinds are objects": ({"kinds": [{}]}, "scope-malformed"),
    "it names a kind twice": ({"kinds": ["laboratory", "laboratory"]}, "scope-malformed"),
    "it names a kind that does not exist": ({"kinds": ["everything"]}, "scope-unknown-kind"),
    "it names all kinds by a star": ({"kinds": ["*"]}, "scope-unknown-kind"),
    "it opens nothing": ({"kinds": []}, "scope-empty"),
    "it opens sensitive kinds of nothing": ({"kinds": [], "sensitive": ["PSY"]}, "scope-empty"),
    "its first day is a number": ({"kinds": ["laboratory"], "from": 20260101}, "scope-malformed"),
    "its first day is null": ({"kinds": ["laboratory"], "from": None}, "scope-malformed"),
    "its first day does not exist": ({"kinds": ["laboratory"], "from": "2026-02-30"}, "scope-malformed"),
    "its first day is a moment": (
        {"kinds": ["laboratory"], "from": "2026-01-01T00:00:00Z"},
        "scope-malformed",
    ),
    "its first day is written as a week": (
        {"kinds": ["laboratory"], "from": "2026-W01-1"},
        "scope-malformed",
    ),
    "its first day has full-width digits": (
        {"kinds": ["laboratory"], "from": "２０２６-01-01"},
        "scope-malformed",
    ),
    "its dates contain no day": (
        {"kinds": ["laboratory"], "from": "2026-01-01", "to": "2026-01-01"},
        "scope-period-empty",
    ),
    "its dates run backwards": (
        {"kinds": ["laboratory"], "from": "2026-01-02", "to": "2026-01-01"},
        "scope-period-empty",
    ),
    "a code has no system mark": ({"kinds": ["laboratory"], "codes": ["4548-4"]}, "scope-malformed"),
    "a code is empty": ({"kinds": ["laboratory"], "codes": ["http://loinc.org|"]}, "scope-malformed"),
    "a code holds a control character": ({"kinds": ["laboratory"], "codes": ["a|b\x00"]}, "scope-malformed"),
    "a code holds a lone surrogate": ({"kinds": ["laboratory"], "codes": ["a|\ud800"]}, "scope-malformed"),
    "a record is an address": (
        {"kinds": [], "records": ["http://a/Observation/1"]},
        "scope-malformed",
    ),
    "a record has no type": ({"kinds": [], "records": ["abc"]}, "scope-malformed"),
    "it opens what is never opened": ({"kinds": ["laboratory"], "sensitive": ["V"]}, "scope-unknown-label"),
    "it opens what the patient hid": (
        {"kinds": ["laboratory"], "sensitive": ["HIDDEN"]},
        "scope-unknown-label",
    ),
    "it ticks a label that nobody knows": (
        {"kinds": ["laboratory"], "sensitive": ["ALL"]},
        "scope-unknown-label",
    ),
    "it names one code too many": (
        {"kinds": ["laboratory"], "codes": [f"a|{n}" for n in range(MAX_CODES + 1)]},
        "scope-too-large",
    ),
    "it names one record too many": (
        {"kinds": [], "records": [f"Observation/{n}" for n in range(MAX_RECORDS + 1)]},
        "scope-too-large",
    ),
}


@pytest.mark.parametrize(("opened", "record", "expected"), COVERED.values(), ids=COVERED.keys())
def test_a_record_is_judged_when(opened: Scope, record: RecordFacts, expected: bool) -> None:
    assert opened.covers(record) is expected


@pytest.mark.parametrize(("value", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_scope_is_refused_when(value: object, expected: str) -> None:
    refusal = parse_scope(value)
    assert isinstance(refusal, Refusal)
    assert refusal.code == expected


def test_a_scope_may_be_as_large_as_stated() -> None:
    codes = [f"a|{n}" for n in range(MAX_CODES)]
    records = [f"Observation/{n}" for n in range(MAX_RECORDS)]
    assert scope(codes=codes, records=records).records == frozenset(records)


def test_every_sensitivity_code_is_in_exactly_one_family() -> None:
    assert sum(len(family) for family in FAMILIES) == len(SENSITIVITY)


CODES = st.sampled_from([A1C, GLUCOSE, "urn:local|血糖", "|x"])
RECORDS = st.sampled_from(["Observation/abc", "Observation/b", "DiagnosticReport/c"])
LABELS = sorted(SENSITIVITY | {"R"})
DAYS = st.dates(date(2026, 5, 28), date(2026, 7, 3))


def subset(values: st.SearchStrategy[str], largest: int = 4) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(values, max_size=largest)


SCOPES = st.builds(
    Scope,
    subset(st.sampled_from(KINDS[:4])),
    st.none() | DAYS,
    st.none() | DAYS,
    subset(CODES),
    subset(RECORDS),
    subset(st.sampled_from(LABELS)),
)
MOMENTS = st.none() | st.integers(JUNE - 5 * DAY, JULY + 5 * DAY)
FACTS = st.builds(
    RecordFacts,
    st.sampled_from(["Observation", "DiagnosticReport"]),
    st.sampled_from(["abc", "b", "c"]),
    st.sampled_from(KINDS[:4]),
    subset(CODES),
    MOMENTS,
    MOMENTS,
    subset(st.sampled_from(["N", "U", "V", "HIDDEN", "XYZ", *LABELS]), 2),
)


def narrowed(wide: Scope, cut: Scope) -> Scope:
    """What is left of `wide` after taking away by `cut`: fewer of everything, more limits."""
    starts = [day for day in (wide.start, cut.start) if day is not None]
    ends = [day for day in (wide.end, cut.end) if day is not None]
    codes = wide.codes & cut.codes if wide.codes else cut.codes
    return Scope(
        # a filter whose last code was taken away filters everything out
        frozenset() if wide.codes and not codes else wide.kinds & cut.kinds,
        max(starts, default=None),
        min(ends, default=None),
        codes,
        wide.records & cut.records,
        wide.sensitive & cut.sensitive,
    )


@STEADY
@given(SCOPES, SCOPES, FACTS)
def test_narrowing_never_opens_one_more_record(wide: Scope, cut: Scope, record: RecordFacts) -> None:
    if narrowed(wide, cut).covers(record):
        assert wide.covers(record)


@STEADY
@given(SCOPES, FACTS, st.sampled_from(LABELS))
def test_ticking_one_sensitive_kind_opens_no_record_with_another(
    opened: Scope, record: RecordFacts, tick: str
) -> None:
    ticked = Scope(
        opened.kinds, opened.start, opened.end, opened.codes, opened.records, opened.sensitive | {tick}
    )
    if ticked.covers(record) and not opened.covers(record):
        assert tick in record.labels
        assert record.labels <= {"N", "U", *ticked.sensitive}


@STEADY
@given(SCOPES)
def test_what_a_scope_writes_it_reads_again(opened: Scope) -> None:
    parsed = parse_scope(opened.to_dict())
    valid = (opened.kinds or opened.records) and not (
        opened.start is not None and opened.end is not None and opened.start >= opened.end
    )
    assert parsed == opened if valid else isinstance(parsed, Refusal)


@STEADY
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["kinds", "from", "codes", "records", "x"]), inner)
        ),
    )
)
def test_any_json_is_a_scope_or_a_refusal(value: object) -> None:
    assert isinstance(parse_scope(value), Scope | Refusal)
