"""The index made anew is the index as imports make it, and searches find by it again."""

from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import delete, select

from app import commands
from gateway.cli.opening import now_ms
from gateway.identity.founding import found
from gateway.records.reindexing import reindex
from gateway.records.side_rows import SIDE_TABLES
from gateway.settings import settings_from_env
from tests.gateway.conftest import Entropy
from tests.gateway.records.store import Store, encounter, observation, patient, report


def rows(store: Store) -> list[set[tuple[object, ...]]]:
    with store.db.connect() as conn:
        return [{tuple(row) for row in conn.execute(select(table))} for table in SIDE_TABLES]


def fill(store: Store) -> None:
    far = {"reference": "https://b.example/fhir/ServiceRequest/1"}
    store.take(
        patient(name=[{"family": "Müller"}]), encounter("e1"),
        observation("o1", code="75622-1", encounter={"reference": "Encounter/e1"}, basedOn=[far]),
        observation("o2", valueQuantity={"value": 5.4, "code": "mg"}, meta={"profile": ["urn:p"]}),
        report(result=[{"reference": "Observation/o1"}, {"reference": "Observation/o2"}]),
    )  # fmt: skip


def test_an_index_made_anew_is_the_same(store: Store) -> None:
    fill(store)
    before = rows(store)
    assert all(before)
    for _ in range(2):
        assert reindex(store.db) == 5
        assert rows(store) == before


def test_a_store_without_an_index_is_searched_again(store: Store) -> None:
    fill(store)
    before, texts = rows(store), [row.json_text for row in store.rows()]
    with store.db.begin() as conn:
        for table in SIDE_TABLES:
            conn.execute(delete(table))
    assert store.search("Observation", ("value-quantity", "5.4")).total == 0
    told: list[int] = []
    assert reindex(store.db, told.append) == told[-1] == 5
    assert rows(store) == before
    assert store.search("Observation", ("value-quantity", "5.4")).total == 1
    assert [row.json_text for row in store.rows()] == texts


def test_an_empty_store_has_an_empty_index(store: Store) -> None:
    assert reindex(store.db) == 0


def test_the_command_says_how_many_records_are_in_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "var"))
    found(settings_from_env(), now_ms, Entropy())
    run = FlaskCliRunner(commands).invoke(args=["records", "index"])
    assert (run.exit_code, run.output.splitlines()[-1]) == (0, "0 records are in the index.")
