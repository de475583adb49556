"""What rules would have avoided: counted order by order, and compared with what is known of the files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from app import commands, compose
from consent.reuse.rule_file import parse_rules
from consent.reuse.rules import DAY_MS, Rule
from gateway.cli.opening import now_ms
from gateway.composition import Gateway
from gateway.identity.founding import found
from gateway.records.importing.importer import import_bundle
from gateway.records.importing.report import Report
from gateway.records.reading.sources import Unreadable
from gateway.reuse.counting.simulation import Outcome, Tally, simulate
from gateway.reuse.reading.histories import History, from_files, from_store, history_of
from gateway.settings import ROOT, settings_from_env
from tests.gateway.conftest import Entropy

DATA = ROOT / "../shared/data/fhir"
# Of the shipped rules those that are asked for below; all of them take their time.
ASKED = ("default", "t2dm-monitoring-unstable", "inpatient-stable", "elective")
SHIPPED = tuple(
    rule
    for rule in parse_rules((ROOT / "gateway/reuse/rules/rules.toml").read_text("utf-8")).rules
    if rule.situation in ASKED
)
RULES = parse_rules(
    """
[group.hba1c]
words = { zh = "糖化血红蛋白", en = "HbA1c" }
codes = ["4548-4"]

[[group.hba1c.rule]]
situation = "default"
version = 1
min_interval_d = 40
sources = ["LEEDS"]

[[group.hba1c.rule]]
situation = "wide"
words = { zh = "宽", en = "wide" }
version = 1
min_interval_d = 20
window_d = 60
sources = ["C"]
"""
).rules
BEGINNING = 1_700_000_000_000
FOR_EVER = 2**60


def course(*days_and_hospitals: tuple[float, str], born: str = "1970-01-01", kind: str = "AMB") -> History:
    """One patient's HbA1c tests: on which day, at which hospital."""
    resources: list[Any] = []
    for number, (day, hospital) in enumerate(days_and_hospitals):
        moment = _instant(BEGINNING + int(day * DAY_MS))
        resources.append(
            {
                "resourceType": "Encounter",
                "id": f"e{number}",
                "class": {"code": kind},
                "serviceProvider": {"reference": hospital},
            }
        )
        resources.append(
            {
                "resourceType": "Observation",
                "id": f"o{number}",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
                "encounter": {"reference": f"Encounter/e{number}"},
                "effectiveDateTime": moment,
                "valueQuantity": {"value": 6, "system": "http://unitsofmeasure.org", "code": "%"},
            }
        )
    return history_of("p", {"birthDate": born}, resources)


def _instant(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def tally(history: History, situation: str = "default", rules: tuple[Rule, ...] = RULES) -> Tally:
    return simulate([history], rules, FOR_EVER).tallies["hba1c", situation]


def counts(one: Tally) -> tuple[int, int, int, int, int]:
    return one.orders, one.avoided, one.at_other, one.at_same, one.undone


def test_a_repeat_within_the_interval_is_avoided_here_or_elsewhere() -> None:
    assert counts(tally(course((0, "A"), (10, "B")))) == (2, 1, 1, 0, 0)
    assert counts(tally(course((0, "A"), (10, "A")))) == (2, 1, 0, 1, 0)
    assert counts(tally(course((0, "A"), (41, "B")))) == (2, 0, 0, 0, 0)


def test_what_was_avoided_is_offered_to_nobody_later() -> None:
    # The second is avoided with the first; the third finds only the first, which is too old by then.
    assert counts(tally(course((0, "A"), (30, "B"), (50, "A")))) == (3, 1, 1, 0, 1)


def test_it_is_undone_when_it_is_taken_again_within_the_interval() -> None:
    wide = tally(course((0, "A"), (50, "B"), (65, "A")), "wide")
    assert counts(wide) == (3, 1, 1, 0, 1), "fifteen days after the use it was taken after all"
    later = tally(course((0, "A"), (50, "B"), (90, "A")), "wide")
    assert counts(later) == (3, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (course((0, "A"), (10, "B"), kind="EMER"), "order-urgent"),
        (course((0, "A"), (10, "B"), born="2015-01-01"), "patient-not-adult"),
        (course((0, "A"), (10, "B"), born="unknown"), "age-unknown"),
        (course((0, "A"), (100, "B")), "age: too-old"),
    ],
)
def test_what_is_not_avoided_says_why(history: History, reason: str) -> None:
    one = tally(history)
    assert one.avoided == 0
    assert one.reasons[reason] >= 1


def test_rules_count_as_approved_whatever_they_are_and_only_the_newest_version() -> None:
    newer = (*RULES, replace(RULES[0], version=2, min_interval_ms=5 * DAY_MS))
    assert tally(course((0, "A"), (10, "B")), rules=newer).avoided == 0
    withdrawn = tuple(replace(rule, status="withdrawn", valid_from=FOR_EVER) for rule in RULES)
    assert tally(course((0, "A"), (10, "B")), rules=withdrawn).avoided == 1


def test_what_lies_after_the_clock_is_left_out() -> None:
    outcome = simulate([course((0, "A"), (10, "B"))], RULES, BEGINNING + DAY_MS)
    assert outcome.tallies["hba1c", "default"].orders == 1


def test_pairs_are_consecutive_orders_within_ninety_days() -> None:
    pairs = simulate([course((0, "A"), (10, "B"), (20, "B"), (200, "A"))], RULES, FOR_EVER).pairs["hba1c"]
    assert (pairs.other, pairs.same) == (1, 1)


def test_an_emergency_visit_precedes_the_admission_of_the_same_second() -> None:
    history = course((0, "C"), (10, "B"), (10, "A"))
    stays = {**history.stays, "Observation/o1": replace(history.stays["Observation/o1"], kind="EMER")}
    outcome = simulate([replace(history, stays=stays)], RULES, FOR_EVER)
    assert outcome.pairs["hba1c"].other == 1
    assert outcome.tallies["hba1c", "default"].reasons["order-urgent"] == 1


def silent(*_: object) -> None:
    pass


@cache
def of_files(name: str) -> Outcome:
    unreadable: list[Unreadable] = []
    histories = from_files([DATA / name], lambda _, piece: unreadable.append(piece), silent)
    outcome = simulate(histories, SHIPPED, FOR_EVER)
    assert unreadable == []
    return outcome


def needs(name: str) -> Callable[[Any], Any]:
    return pytest.mark.skipif(not (DATA / name).is_dir(), reason=f"../shared/data/fhir/{name} is missing")


@needs("synthea-v2.7")
@pytest.mark.parametrize(
    ("group", "pairs", "patients"),
    [
        ("renal-blood", 42, 11),
        ("lipids", 25, 8),
        ("hba1c", 19, 9),
        ("blood-count", 6, 4),
        ("respiratory-pcr", 4, 4),
    ],
)
def test_repeats_at_another_hospital_are_those_of_the_rule_book(
    group: str, pairs: int, patients: int
) -> None:
    found = of_files("synthea-v2.7").pairs[group]
    assert (found.other, len(found.patients_other)) == (pairs, patients)


@needs("synthea-2019")
def test_the_older_files_repeat_elsewhere_in_three_patients_only() -> None:
    pairs = of_files("synthea-2019").pairs
    assert (pairs["renal-blood"].other, len(pairs["renal-blood"].patients_other)) == (3, 3)
    assert {group for group, each in pairs.items() if each.other} == {
        "renal-blood",
        "glucose-blood",  # these two belong to the same panel
        "bone-blood",
        "egfr",
    }


@needs("synthea-v2.7")
def test_the_shipped_rules_avoid_some_and_never_in_intensive_care() -> None:
    outcome = of_files("synthea-v2.7")
    hba1c = outcome.tallies["hba1c", "t2dm-monitoring-unstable"]
    assert hba1c.orders == 251
    assert hba1c.avoided == hba1c.at_other + hba1c.at_same >= 10
    assert hba1c.at_other >= 5
    for group in ("troponin", "d-dimer", "blood-gas", "respiratory-pcr"):
        assert outcome.tallies[group, "default"].avoided == 0
    assert outcome.tallies["blood-count", "inpatient-stable"].avoided == 0, (
        "the inpatients lie in intensive care"
    )


@needs("synthea-v2.7")
def test_chest_scans_of_an_intensive_care_course_are_never_offered() -> None:
    outcome = of_files("synthea-v2.7")
    pairs = outcome.pairs["imaging-ct"]
    assert (pairs.same, len(pairs.patients_same), pairs.other) == (72, 2, 0)
    assert outcome.tallies["imaging-ct", "elective"].avoided == 0
    assert outcome.tallies["imaging-ct", "default"].avoided == 0


def test_pieces_of_one_patient_are_put_together(tmp_path: Path) -> None:
    history = [
        {"resourceType": "Patient", "id": "p", "birthDate": "1970-01-01"},
        *_ndjson(0, "A"),
        *_ndjson(10, "B"),
    ]
    for type_ in ("Observation", "Encounter", "Patient"):
        lines = [json.dumps(each) for each in history if each["resourceType"] == type_]
        (tmp_path / f"{type_}.ndjson").write_text("\n".join(lines), "utf-8")
    (tmp_path / "broken.json").write_text("{", "utf-8")
    unreadable: list[Path] = []
    histories = list(from_files([tmp_path], lambda path, _: unreadable.append(path), silent))
    assert counts(simulate(histories, RULES, FOR_EVER).tallies["hba1c", "default"]) == (2, 1, 1, 0, 0)
    assert [path.name for path in unreadable] == ["broken.json"]


def _ndjson(day: int, hospital: str) -> list[dict[str, Any]]:
    patient = {"subject": {"reference": "Patient/p"}}
    return [
        {
            "resourceType": "Encounter",
            "id": f"e{day}",
            "status": "finished",
            "class": {"code": "AMB"},
            "serviceProvider": {"display": hospital},
            "period": {"start": _instant(BEGINNING + day * DAY_MS)},
            **patient,
        },
        {
            "resourceType": "Observation",
            "id": f"o{day}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
            "encounter": {"reference": f"Encounter/e{day}"},
            "effectiveDateTime": _instant(BEGINNING + day * DAY_MS),
            "valueQuantity": {"value": 6.1, "system": "http://unitsofmeasure.org", "code": "%"},
            **patient,
        },
    ]


def test_what_is_imported_is_simulated_alike(gw: Gateway) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "birthDate": "1970-01-01",
        "name": [{"text": "甲（合成）"}],
    }
    entries = [
        {"fullUrl": f"urn:t:{each['resourceType']}/{each['id']}", "resource": each}
        for each in (patient, *_ndjson(0, "A"), *_ndjson(10, "B"))
    ]
    bundle = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    hospital = str(gw.ledger.genesis.institutions[0]["id"])
    report = import_bundle(gw.db, hospital, bundle, Report(), clock=gw.clock, entropy=gw.entropy)
    assert not report.refused
    with gw.db.connect() as conn:
        outcome = simulate(from_store(conn, hospital, silent), RULES, FOR_EVER)
    assert outcome.patients == 1
    assert counts(outcome.tallies["hba1c", "default"]) == (2, 1, 1, 0, 0)


def test_the_command_prints_both_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "var"))
    settings = settings_from_env()
    found(settings, now_ms, Entropy())
    gw = compose(settings)
    gw.bus.close()
    gw.close()
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1970-01-01"}
    entries = [{"resource": each} for each in (patient, *_ndjson(0, "A"), *_ndjson(10, "B"))]
    file = tmp_path / "history.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    printed = FlaskCliRunner(commands).invoke(args=["reuse", "simulate", str(file)])
    assert printed.exit_code == 0, printed.output
    assert "Repeated within 90 days" in printed.output
    assert re.search(r"hba1c/default@1\s+2\s+1\s+0\s+1\s+1\s+1\s+0\s+1", printed.output)
    assert "1 patients, 2 results" in printed.output
    before = FlaskCliRunner(commands).invoke(args=["reuse", "simulate", str(file), "--as-of", "2000-01-01"])
    assert "hba1c" not in before.output
    empty = FlaskCliRunner(commands).invoke(args=["reuse", "simulate", "--institution", "WX"])
    assert "0 patients" in empty.output
