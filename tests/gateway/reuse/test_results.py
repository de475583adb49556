"""Laboratory results out of FHIR: what is replaced, unfit, imprecise or marked is read as such."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from consent.reuse.results import Mark, Result, Value
from gateway.records.elements.json_text import parse
from gateway.reuse.reading.collection import EARLIEST_ZONE_MS, shown_moment
from gateway.reuse.reading.results import MARK_SCOPE, MARKS, results_of

UCUM = "http://unitsofmeasure.org"
AT = "2026-01-01T08:30:00+08:00"
AT_MS = 1_767_227_400_000
LATER = "2026-01-02T08:30:00+08:00"
DAY_START_MS = AT_MS - 1_800_000 - EARLIEST_ZONE_MS


def observation(**members: Any) -> dict[str, Any]:
    """An HbA1c as a laboratory would send it; members of None are left out."""
    resource = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "4548-4"}, {"system": "urn:his", "code": "GHB"}]
        },
        "effectiveDateTime": AT,
        "valueQuantity": {"value": 6.10, "unit": "%", "system": UCUM, "code": "%"},
        **members,
    }
    return {name: value for name, value in resource.items() if value is not None}


def read(*resources: dict[str, Any]) -> tuple[Result, ...]:
    parsed = [parse(json.dumps(each)) for each in resources]
    return results_of(parsed, source="a" * 32, own=False, patient="chart-1", grant="c" * 64)


def one(**members: Any) -> Result:
    return read(observation(**members))[0]


def test_everything_that_a_rule_looks_at_is_read() -> None:
    specimen = {
        "resourceType": "Specimen",
        "id": "s",
        "type": {"coding": [{"system": "http://snomed.info/sct", "code": "122555007"}]},
    }
    found = one(
        contained=[specimen],
        specimen={"reference": "#s"},
        method={"text": "高效液相色谱法"},
        meta={"tag": [{"system": MARKS, "code": "HR", "display": "全国HR"}]},
    )
    assert found == Result(
        ref="Observation/o1",
        source="a" * 32,
        own=False,
        patient="chart-1",
        codes=frozenset({"http://loinc.org|4548-4", "urn:his|GHB"}),
        status="final",
        value=Value("6.1", "%"),
        collected=AT_MS,
        precision="instant",
        specimen="venous-blood",
        method="高效液相色谱法",
        marks=(Mark("HR", "全国"),),
        grant="c" * 64,
    )


def test_digits_stay_as_written() -> None:
    text = json.dumps(observation()).replace('"value": 6.1', '"value": 6.10')
    found = results_of([parse(text)], source="a", own=True, patient="p")
    assert found[0].value == Value("6.10", "%")


@pytest.mark.parametrize(
    ("members", "value"),
    [
        ({"valueQuantity": {"value": 5, "unit": "%"}}, Value("5")),
        ({"valueQuantity": {"value": 5, "system": "urn:own", "code": "%"}}, Value("5")),
        (
            {"valueQuantity": {"value": 5, "comparator": "<", "system": UCUM, "code": "%"}},
            Value("5", "%", "<"),
        ),
        ({"valueQuantity": {"unit": "%"}}, None),
        ({"valueQuantity": None}, None),
        ({"valueQuantity": None, "valueInteger": 3}, Value("3")),
        ({"valueQuantity": None, "valueString": "阴性"}, Value(text="阴性")),
        ({"valueQuantity": None, "valueBoolean": True}, Value(text="true")),
        (
            {"valueQuantity": None, "valueCodeableConcept": {"coding": [{"display": "Negative"}]}},
            Value(text="Negative"),
        ),
        (
            {"valueQuantity": None, "valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}},
            Value(text="1:80"),
        ),
    ],
)
def test_a_value_is_read_as_issued(members: dict[str, Any], value: Value | None) -> None:
    assert one(**members).value == value


@pytest.mark.parametrize(
    ("members", "collected", "precision", "issued_only"),
    [
        pytest.param({}, AT_MS, "instant", False, id="a moment"),
        pytest.param(
            {"effectiveDateTime": "2026-01-01"},
            DAY_START_MS,
            "day",
            False,
            id="a day is its first moment anywhere",
        ),
        pytest.param({"effectiveDateTime": "2026-01"}, None, "coarse", False, id="a month"),
        pytest.param({"effectiveDateTime": "2026"}, None, "coarse", False, id="a year"),
        pytest.param(
            {"effectiveDateTime": "2026", "issued": AT},
            None,
            "coarse",
            False,
            id="issued does not hide a year",
        ),
        pytest.param(
            {"effectiveDateTime": "2026-01-01T08:30:00"}, DAY_START_MS, "day", False, id="a time of nowhere"
        ),
        pytest.param({"effectiveDateTime": "yesterday"}, None, "coarse", False, id="what is no date"),
        pytest.param({"effectiveDateTime": None}, None, None, False, id="nothing"),
        pytest.param({"effectiveDateTime": None, "issued": AT}, AT_MS, "instant", True, id="issued only"),
        pytest.param(
            {"effectiveDateTime": None, "effectiveInstant": AT}, AT_MS, "instant", False, id="an instant"
        ),
        pytest.param(
            {"effectiveDateTime": None, "effectivePeriod": {"start": AT, "end": LATER}},
            AT_MS,
            "instant",
            False,
            id="the beginning of a period",
        ),
        pytest.param(
            {"effectiveDateTime": None, "effectivePeriod": {"end": AT}, "issued": AT},
            None,
            "coarse",
            False,
            id="a period without a beginning",
        ),
        pytest.param(
            {"effectiveDateTime": None, "effectiveTiming": {"event": [LATER, AT]}},
            AT_MS,
            "instant",
            False,
            id="the first of several events",
        ),
    ],
)
def test_the_age_counts_from_the_collection(
    members: dict[str, Any], collected: int | None, precision: str | None, issued_only: bool
) -> None:
    found = one(**members)
    assert (found.collected, found.precision, found.issued_only) == (collected, precision, issued_only)


def test_a_day_is_named_as_that_day_wherever_it_is_read() -> None:
    found = one(effectiveDateTime="2026-03-02")
    shown = datetime.fromtimestamp((shown_moment(found.collected, found.precision) or 0) / 1000, UTC)
    for hours in (-12, -5, 0, 8, 11):
        assert shown.astimezone(timezone(timedelta(hours=hours))).date().isoformat() == "2026-03-02"
    assert shown_moment(AT_MS, "instant") == AT_MS


def test_a_specimen_beside_the_result_tells_kind_and_collection() -> None:
    specimen = {
        "resourceType": "Specimen",
        "id": "s1",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0487", "code": "SER"}]},
        "collection": {"collectedDateTime": AT},
    }
    resource = observation(
        effectiveDateTime=None, specimen={"reference": "Specimen/s1"}, issued="2026-01-03T00:00:00Z"
    )
    found = read(specimen, resource)[0]
    assert (found.specimen, found.collected, found.issued_only) == ("serum", AT_MS, False)
    assert read(resource)[0].issued_only


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ({"display": "血清"}, "serum"),
        ({"display": "Whole  Blood"}, "blood"),
        ({"display": "随机尿"}, "random-urine"),
        ({"display": "胸水"}, "胸水"),
        ({"reference": "Specimen/unknown"}, None),
        (None, None),
    ],
)
def test_the_kind_of_sample_is_told_by_words_where_no_code_is(reference: Any, kind: str | None) -> None:
    assert one(specimen=reference).specimen == kind


def sampled(**members: Any) -> dict[str, Any]:
    return {
        "contained": [{"resourceType": "Specimen", "id": "s", **members}],
        "specimen": {"reference": "#s"},
    }


@pytest.mark.parametrize(
    "members",
    [
        {"note": [{"text": "标本溶血"}]},
        {"note": [{"text": "Sample grossly HAEMOLYSED, interpret with care"}]},
        {"note": [{"text": "Hemolyzed"}]},
        {"note": [{"text": "未见脂血，标本量不足"}]},
        {"valueQuantity": None, "valueString": "QNS"},
        sampled(condition=[{"coding": [{"code": "HEM"}]}]),
        sampled(status="unsatisfactory"),
    ],
)
def test_a_sample_that_was_called_unfit_is_marked(members: dict[str, Any]) -> None:
    assert one(**members).unfit


@pytest.mark.parametrize(
    "text", ["No haemolysis seen", "未见溶血", "无脂血", "non-haemolysed sample", "空腹采集", ""]
)
def test_a_note_that_denies_it_is_understood(text: str) -> None:
    assert not one(note=[{"text": text}]).unfit


def test_an_absent_value_is_marked() -> None:
    assert one(valueQuantity=None, dataAbsentReason={"coding": [{"code": "error"}]}).absent


@pytest.mark.parametrize(
    ("tag", "marks"),
    [
        ({"code": "HR", "display": "武汉HR"}, (Mark("HR", "武汉"),)),
        ({"code": "HR", "extension": [{"url": MARK_SCOPE, "valueString": "鄂"}]}, (Mark("HR", "鄂"),)),
        ({"code": "HR", "display": "全国HR", "extension": [{"url": MARK_SCOPE, "valueString": "武汉"}]}, ()),
        ({"code": "HR"}, ()),
        ({"code": "HR", "display": "HR"}, ()),
        ({"system": "urn:other", "code": "HR", "display": "全国HR"}, ()),
        ("全国HR", ()),
    ],
)
def test_a_mark_counts_only_as_coded_data_with_one_scope(tag: Any, marks: tuple[Mark, ...]) -> None:
    tags = [{"system": MARKS, **tag} if isinstance(tag, dict) else tag]
    assert one(meta={"tag": tags}, note=[{"text": "全国HR"}]).marks == marks


REPLACES = "http://hl7.org/fhir/StructureDefinition/observation-replaces"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            {},
            {"extension": [{"url": REPLACES, "valueReference": {"reference": "Observation/old"}}]},
            id="it says so",
        ),
        pytest.param(
            {"identifier": [{"system": "urn:lab", "value": "7"}]},
            {
                "status": "corrected",
                "effectiveDateTime": "2026-01-02",
                "identifier": [{"system": "urn:lab", "value": "7"}],
            },
            id="one number, and the newer is a correction",
        ),
        pytest.param({}, {"status": "amended"}, id="one code, one moment, and one of them is a correction"),
    ],
)
def test_a_corrected_result_replaces_the_older_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    for order in (1, -1):
        both = [observation(id="old", **old), observation(id="new", **new)][::order]
        found = {each.ref: each.replaced_by for each in read(*both)}
        assert found == {"Observation/old": "Observation/new", "Observation/new": None}


def test_of_several_corrections_the_newest_stands() -> None:
    number = {"identifier": [{"system": "urn:lab", "value": "7"}]}
    results = [
        observation(id="z", status="final", issued="2026-01-01T10:00:00Z", **number),
        observation(id="y", status="corrected", issued="2026-01-01T11:00:00Z", **number),
        observation(id="x", status="corrected", issued="2026-01-01T12:00:00Z", **number),
    ]
    for order in (1, -1):
        found = {each.ref[-1]: each.replaced_by for each in read(*results[::order])}
        assert found == {"z": "Observation/x", "y": "Observation/x", "x": None}


def test_a_number_of_a_whole_panel_makes_no_correction_of_its_other_tests() -> None:
    number = {"identifier": [{"system": "urn:accession", "value": "7"}]}
    sodium = {"code": {"coding": [{"system": "http://loinc.org", "code": "2951-2"}]}}
    both = [observation(id="a", **number), observation(id="b", status="corrected", **sodium, **number)]
    assert [each.replaced_by for each in read(*both)] == [None, None]


def test_two_results_of_one_day_do_not_replace_each_other() -> None:
    both = [
        observation(id="old", effectiveDateTime="2026-01-01"),
        observation(id="new", effectiveDateTime="2026-01-01", status="corrected"),
    ]
    assert [each.replaced_by for each in read(*both)] == [None, None]


def test_reports_lend_their_status_to_what_they_hold() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "entered-in-error",
        "code": {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]},
        "result": [{"reference": "Observation/o1"}],
    }
    result, panel = read(observation(), report)
    assert result.reports == ("entered-in-error",)
    assert panel.members == ("Observation/o1",)
    assert panel.value is None


@pytest.mark.parametrize(
    "broken",
    [
        {"code": "4548-4"},
        {"code": {"coding": "x"}},
        {"code": {"coding": [{"code": 5}, None, "x"]}},
        {"status": ["final"]},
        {"valueQuantity": []},
        {"valueQuantity": {"value": "6.1"}},
        {"meta": {"tag": "HR"}},
        {"specimen": [{"reference": 1}]},
        {"contained": "x", "specimen": {"reference": "#s"}},
        {"extension": [{"url": REPLACES, "valueReference": "Observation/old"}]},
        {"identifier": [{"value": {"x": 1}}, None]},
        {"method": [1]},
        {"effectiveTiming": {"event": {"x": 1}}},
        {"id": None},
    ],
)
def test_a_broken_element_is_left_out_and_nothing_breaks(broken: dict[str, Any]) -> None:
    assert len(read(observation(**broken))) == 1
