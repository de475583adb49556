"""The synthetic people: the same from the same seed, complete, labelled, and cheap to make."""

import json
from datetime import date, timedelta
from time import perf_counter

import pytest

from gateway.composition import Gateway
from gateway.demo.generator import bundles
from gateway.demo.people import PEOPLE
from gateway.demo.seed import seed_institutions
from gateway.records.items import item_of_text
from gateway.records.patients import find_patients
from gateway.records.searching.search import Query, parse_query, search

ANCHOR = date(2026, 1, 1)
CODES = ("WX", "WT", "QH")


@pytest.mark.parametrize("institution", CODES)
def test_the_same_seed_and_day_give_the_same_bytes(institution: str) -> None:
    assert list(bundles(institution, ANCHOR)) == list(bundles(institution, ANCHOR))
    assert list(bundles(institution, ANCHOR)) != list(bundles(institution, ANCHOR, seed=1))


@pytest.mark.parametrize("institution", CODES)
def test_ids_do_not_depend_on_the_day(institution: str) -> None:
    def ids(anchor: date) -> list[str]:
        found = (json.loads(bundle) for bundle in bundles(institution, anchor))
        return [entry["resource"]["id"] for bundle in found for entry in bundle["entry"]]

    assert ids(ANCHOR) == ids(ANCHOR + timedelta(days=100))
    assert len(set(ids(ANCHOR))) == len(ids(ANCHOR))


def test_everybody_is_called_synthetic_and_has_three_charts() -> None:
    assert len(PEOPLE) == 5
    assert all(person.name.endswith("（合成）") and set(person.charts) == set(CODES) for person in PEOPLE)
    numbers = [number for person in PEOPLE for number in person.charts.values()]
    assert len(set(numbers)) == 15


def test_a_node_is_filled_quickly_and_only_once(gw: Gateway) -> None:
    started = perf_counter()
    report = seed_institutions(gw, gw.ledger.genesis.institutions)
    assert perf_counter() - started < 8
    assert report.refused == {}
    assert report.stored["Patient"] == 15
    assert seed_institutions(gw, gw.ledger.genesis.institutions).stored.total() == 0


def test_the_main_patient_has_a_series_reports_and_one_sensitive_record(
    gw: Gateway, institutions: list[str]
) -> None:
    seed_institutions(gw, gw.ledger.genesis.institutions)
    labelled = set()
    with gw.db.connect() as conn:
        for institution in institutions:
            (who,) = find_patients(conn, institution, "林秀兰")
            assert (who.name, who.sex, who.birth_date) == ("林秀兰（合成）", "female", "1946-03-08")
            items = []
            for type_ in ("Observation", "DiagnosticReport", "Condition", "Encounter", "MedicationRequest"):
                query = parse_query(type_, [("patient", who.id), ("_count", "200")])
                assert isinstance(query, Query)
                page = search(conn, institution, who.id, query, None)
                items += [item_of_text(each.json_text) for each in page.records]
            labelled |= {(institution, item["type"]) for item in items if item["labels"] == ["PSY"]}
            series = [item for item in items if item["code"]["code"] == "4548-4"]
            assert len(series) >= 2
            assert all(item["value"]["unit"] == "%" and item["range"]["low"] == "4.0" for item in series)
            assert all(item["flag"] == "H" and "." in item["value"]["number"] for item in series)
            assert max(item["date"] for item in series) < "2026-01-01"
    clinic = institutions[1]
    assert labelled == {
        (clinic, name) for name in ("Condition", "Observation", "DiagnosticReport", "Encounter")
    }  # fmt: skip
