"""The five ready stories of the rule book, from Synthea's public histories, judged by the shipped table.

The files say neither specimen, method, range nor mark: the stories add them. The clock stands at the second
test of each, which is the order that is judged.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from consent.reuse.check import check
from consent.reuse.orders import Context, Order
from consent.reuse.results import Result
from consent.reuse.rule_file import parse_rules
from consent.reuse.rules import DAY_MS, Rule
from consent.reuse.verdicts import Verdict
from gateway.records.elements.json_text import Number, parse
from gateway.records.items import item_of
from gateway.reuse.reading.context import context_of
from gateway.reuse.reading.results import MARKS, results_of
from gateway.settings import ROOT

DATA = ROOT / "../shared/data/fhir/synthea-v2.7"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/fhir/synthea-v2.7 is missing")

LOINC = "http://loinc.org|"
FIRST, SECOND = "a" * 32, "b" * 32
SHIPPED = tuple(
    replace(rule, status="approved", approved_by="检验科主任（合成）")
    for rule in parse_rules((ROOT / "gateway/reuse/rules/rules.toml").read_text("utf-8")).rules
)
BLOOD_COUNT = ("6690-2", "789-8", "718-7", "4544-3", "787-2", "785-6", "786-4", "777-3")
LIPIDS = ("2093-3", "2571-8", "2085-9", "18262-6")


@dataclass(frozen=True)
class Patient:
    """One history, and the two hospitals of its story as institutions of ours."""

    born: datetime
    resources: list[Any]
    encounters: dict[str, Any]

    def hospital(self, resource: Any) -> str:
        encounter = self.encounters.get(resource.get("encounter", {}).get("reference", ""), {})
        return str(encounter.get("serviceProvider", {}).get("display", ""))

    def taken(self, day: str, codes: Iterable[str]) -> list[Any]:
        """The laboratory's Observations of a day."""
        wanted = set(codes)
        return [
            each
            for each in self.resources
            if each["resourceType"] == "Observation"
            and each["effectiveDateTime"].startswith(day)
            and each["code"]["coding"][0]["code"] in wanted
        ]


def read(prefix: str) -> Patient:
    (file,) = DATA.glob(f"{prefix}*.json.bz2")
    entries = parse(bz2.decompress(file.read_bytes()).decode())["entry"]
    resources = [entry["resource"] for entry in entries]
    encounters = {entry["fullUrl"]: entry["resource"] for entry in entries}
    born = next(each["birthDate"] for each in resources if each["resourceType"] == "Patient")
    return Patient(datetime.fromisoformat(born), resources, encounters)


def at(resource: Any) -> int:
    return int(datetime.fromisoformat(resource["effectiveDateTime"]).timestamp()) * 1000


def as_reported(resource: Any, **members: Any) -> Any:
    """The Observation with what a laboratory states and Synthea leaves out."""
    low, high = ({"value": Number(text), "unit": "%"} for text in ("4.0", "6.0"))
    return {
        **resource,
        "specimen": {"display": "静脉血"},
        "method": {"text": "高效液相色谱法"},
        "referenceRange": [{"low": low, "high": high}],
        "meta": {"tag": [{"system": MARKS, "code": "HR", "display": "全国HR"}]},
        **members,
    }


def results(resources: list[Any]) -> tuple[Result, ...]:
    return results_of(resources, source=FIRST, own=False, patient="chart-1", grant="c" * 64)


def judge(
    patient: Patient,
    second: Any,
    found: tuple[Result, ...],
    group: str,
    situation: str | None,
    *,
    rules: tuple[Rule, ...] = SHIPPED,
    codes: Iterable[str] = (),
    context: Context | None = None,
    **members: Any,
) -> Verdict:
    moment = datetime.fromisoformat(second["effectiveDateTime"])
    order = Order(
        group=group,
        patient="chart-1",
        institution=SECOND,
        at=at(second),
        codes=frozenset(LOINC + code for code in codes),
        situation=situation,
        age_years=(moment.replace(tzinfo=None) - patient.born).days // 366,
        **members,
    )
    return check(order, rules, found, context_of(patient.resources) if context is None else context)


def age_in_days(verdict: Verdict) -> float:
    line = next(each for each in verdict.lines if each.key == "age")
    age = line.facts["age_ms"]
    assert isinstance(age, int)
    return age / DAY_MS


HBA1C_STORIES = [
    ("0f2074a0", "2020-02-15", "2020-02-29", "MERCY MEDICAL", "SHRINERS", 14),
    ("9478e08e", "2021-04-07", "2021-04-14", "LAHEY", "BACK ON TRACK", 7),
    ("b08d10a2", "2021-03-12", "2021-04-30", "", "NEWTON-WELLESLEY", 49),
]


@pytest.mark.parametrize(("prefix", "first", "second", "here", "there", "days"), HBA1C_STORIES)
def test_an_hba1c_of_another_hospital_makes_the_second_unnecessary(
    prefix: str, first: str, second: str, here: str, there: str, days: int
) -> None:
    patient = read(prefix)
    (earlier,), (later,) = patient.taken(first, ["4548-4"]), patient.taken(second, ["4548-4"])
    assert here in patient.hospital(earlier).upper()
    assert there in patient.hospital(later).upper()
    assert patient.hospital(earlier) != patient.hospital(later)
    found = results([as_reported(earlier)])
    verdict = judge(
        patient,
        later,
        found,
        "hba1c",
        "t2dm-monitoring-unstable",
        specimen="venous-blood",
        method="高效液相色谱法",
        unit="%",
    )
    assert verdict.offer == found[0], verdict.lines
    outcomes = {each.key: each.outcome for each in verdict.lines}
    assert outcomes.pop("context") == "unknown", "something happened in between, but not to HbA1c"
    assert set(outcomes.values()) == {"holds"}
    assert round(age_in_days(verdict)) == days
    assert verdict.too_soon
    item = item_of(as_reported(earlier))
    assert item["range"] == {"low": "4.0", "high": "6.0", "text": None}, "the issuing laboratory's own"


def test_the_first_story_tells_its_value_and_the_second_test_its_own() -> None:
    patient = read("0f2074a0")
    values = [
        Number.__str__(patient.taken(day, ["4548-4"])[0]["valueQuantity"]["value"])[:4]
        for day in ("2020-02-15", "2020-02-29")
    ]
    assert [round(float(each), 1) for each in values] == [5.8, 6.1]


def test_without_specimen_and_method_the_offer_says_that_they_are_not_stated() -> None:
    patient = read("0f2074a0")
    (earlier,), (later,) = patient.taken("2020-02-15", ["4548-4"]), patient.taken("2020-02-29", ["4548-4"])
    verdict = judge(patient, later, results([earlier]), "hba1c", "t2dm-monitoring-unstable")
    assert verdict.offer is not None
    outcomes = {each.key: each.outcome for each in verdict.lines}
    assert outcomes["method"] == "unknown"
    assert outcomes["specimen"] == "holds", "the code itself says blood"


@pytest.mark.parametrize(
    ("prefix", "first", "second", "offered"),
    [("0f2074a0", "2020-02-15", "2020-02-29", True), ("b08d10a2", "2021-03-12", "2021-04-30", False)],
)
def test_an_unstated_situation_has_the_shortest_interval_of_forty_days(
    prefix: str, first: str, second: str, offered: bool
) -> None:
    patient = read(prefix)
    (earlier,), (later,) = patient.taken(first, ["4548-4"]), patient.taken(second, ["4548-4"])
    verdict = judge(patient, later, results([earlier]), "hba1c", None)
    assert (verdict.offer is not None) is offered
    assert not verdict.situation_stated


def test_a_new_diagnosis_wants_its_second_test() -> None:
    patient = read("9478e08e")
    (earlier,), (later,) = patient.taken("2021-04-07", ["4548-4"]), patient.taken("2021-04-14", ["4548-4"])
    assert judge(patient, later, results([earlier]), "hba1c", "new-diagnosis").reason == "never-reused"


def without_windows(group: str) -> tuple[Rule, ...]:
    """The same rules at an institution that takes the intervals and not Hubei's windows."""
    return tuple(replace(rule, window_ms=None) if rule.group == group else rule for rule in SHIPPED)


def test_lipids_after_forty_nine_days_are_younger_than_the_interval_and_older_than_the_window() -> None:
    patient = read("b08d10a2")
    earlier, later = patient.taken("2021-03-12", LIPIDS), patient.taken("2021-04-30", LIPIDS)
    assert len(earlier) == len(later) == 4
    verdict = judge(patient, later[0], results(earlier), "lipids", "stable-treatment")
    assert verdict.offer is None
    assert verdict.panel == (0, 4)
    assert verdict.too_soon, "365 days of interval beside 30 days of window: both are said"
    free = judge(
        patient, later[0], results(earlier), "lipids", "stable-treatment", rules=without_windows("lipids")
    )
    assert free.panel == (4, 4)
    assert len(free.offers) == 4


def test_cholesterol_after_thirty_three_days_is_outside_the_window_by_three() -> None:
    patient = read("52ebdcae")
    (earlier,), (later,) = patient.taken("2019-03-18", ["2093-3"]), patient.taken("2019-04-20", ["2093-3"])
    assert "FALMOUTH" in patient.hospital(earlier).upper()
    assert patient.hospital(earlier) != patient.hospital(later)
    asked = {"codes": ["2093-3"]}
    verdict = judge(patient, later, results([earlier]), "lipids", "stable-treatment", **asked)
    assert verdict.offer is None
    assert [each.key for each in verdict.lines if each.outcome == "fails"] == ["age"]
    assert round(age_in_days(verdict)) == 33
    assert verdict.too_soon
    longer = without_windows("lipids")
    assert judge(
        patient, later, results([earlier]), "lipids", "stable-treatment", rules=longer, **asked
    ).offer


def test_a_blood_count_after_fifteen_days_is_not_reused_in_any_situation() -> None:
    patient = read("76f217df")
    earlier = patient.taken("2020-03-04", BLOOD_COUNT)
    later = patient.taken("2020-03-19", BLOOD_COUNT)
    assert "HOLY FAMILY" in patient.hospital(earlier[0]).upper()
    assert patient.hospital(earlier[0]) != patient.hospital(later[0])
    situations = {rule.situation for rule in SHIPPED if rule.group == "blood-count"}
    assert len(situations) == 5
    for situation in situations:
        verdict = judge(patient, later[0], results(earlier), "blood-count", situation, setting="inpatient")
        assert verdict.offer is None, situation
        assert round(age_in_days(verdict)) == 15
    # What it would be in a hospital whose own rule allows it, were the patient not ill in between.
    longer = tuple(
        replace(rule, window_ms=30 * DAY_MS) if rule.group == "blood-count" and not rule.never else rule
        for rule in SHIPPED
    )
    calm = judge(patient, later[0], results(earlier), "blood-count", None, rules=longer, context=Context())
    assert calm.panel == (len(earlier), 8)


def test_drafts_offer_nothing_in_any_story() -> None:
    drafts = tuple(replace(rule, status="draft") for rule in SHIPPED)
    for prefix, first, second, *_ in HBA1C_STORIES:
        patient = read(prefix)
        (earlier,), (later,) = patient.taken(first, ["4548-4"]), patient.taken(second, ["4548-4"])
        verdict = judge(patient, later, results([earlier]), "hba1c", "t2dm-monitoring-unstable", rules=drafts)
        assert verdict.offer is None
        assert verdict.reason == "rule-draft"
        assert len(verdict.would) == 1
