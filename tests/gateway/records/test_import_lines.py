"""NDJSON: a bad line is named and the others go on, and a broken-off import goes on from its last line."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.records.reading import lines
from gateway.records.reading.files import files_of
from gateway.records.tables import import_mark
from tests.gateway.records.store import Store, observation, patient


class PowerCut(Exception):  # noqa: N818 - not an error of the product
    """Ends an import in the middle."""


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINES_AT_ONCE", 10)


def ndjson(path: Path, *resources: Any) -> Path:
    content = "".join(
        each if isinstance(each, str) else json.dumps(each) + "\n" for each in resources
    ).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def results(count: int) -> Iterator[dict[str, Any]]:
    return (observation(f"o{n}") for n in range(count))


def break_off(store: Store, folder: Path, after: int) -> None:
    """Imports until so many resources were told of, and no further."""
    left = iter(range(after))
    store.report, store.refused = store._report(), []
    count = store.report.count

    def counting(*what: str) -> None:
        count(*what)
        if next(left, None) is None:
            raise PowerCut

    store.report.count = counting  # type: ignore[method-assign]
    with pytest.raises(PowerCut):
        _import(store, folder)


def _import(store: Store, folder: Path) -> None:
    from gateway.records.importing.importer import import_paths
    from tests.gateway.records.store import WX

    import_paths(store.db, WX, [folder], store.report, clock=lambda: store.now, entropy=store.entropy)


def marks(store: Store) -> list[int]:
    with store.db.connect() as conn:
        return list(conn.execute(select(import_mark.c.line)).scalars())


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("name", ["b.ndjson", "b.ndjson.gz"])
def test_a_broken_off_import_goes_on_from_its_last_line(store: Store, tmp_path: Path, name: str) -> None:
    ndjson(tmp_path / "a.ndjson", patient())
    path = ndjson(tmp_path / name, *results(50), "{oops\n", *results(60))
    break_off(store, tmp_path, 35)
    assert marks(store) == [40]
    store.take_files(tmp_path)
    assert store.report.resumed == {path: 40}
    assert (store.report.stored["Observation"], store.report.unchanged["Observation"]) == (20, 50)
    assert [(each.place, each.code) for each in store.refused] == [(51, "not-json")]
    assert marks(store) == []
    store.take_files(tmp_path)
    assert (store.report.resumed, store.report.unchanged["Observation"]) == ({}, 110)


@pytest.mark.usefixtures("small_pieces")
def test_a_file_that_changed_before_its_mark_is_read_from_the_beginning(store: Store, tmp_path: Path) -> None:
    ndjson(tmp_path / "a.ndjson", patient())
    path = ndjson(tmp_path / "b.ndjson", *results(50))
    break_off(store, tmp_path, 35)
    ndjson(path, observation("o0", code="777-3"), *list(results(50))[1:])
    store.take_files(tmp_path)
    assert store.report.resumed == {}
    assert (store.report.changed["Observation"], store.report.unchanged["Observation"]) == (1, 39)
    assert len(store.rows("Observation")) == 50


@pytest.mark.usefixtures("small_pieces")
def test_lines_that_wait_are_not_left_behind_by_a_mark(store: Store, tmp_path: Path) -> None:
    ndjson(
        tmp_path / "a.ndjson",
        *results(10),
        *(observation(f"w{n}", whose="p2") for n in range(10)),
        *results(30),
    )
    ndjson(tmp_path / "0.ndjson", patient())
    ndjson(tmp_path / "z.ndjson", patient("p2"))
    break_off(store, tmp_path, 25)
    store.take_files(tmp_path)
    assert store.refused == []
    assert len(store.rows("Observation")) == 40


@pytest.mark.usefixtures("small_pieces")
def test_a_line_that_names_a_resource_again_is_its_later_version(store: Store, tmp_path: Path) -> None:
    lines_ = [patient(), *results(3), observation("o1", code="777-3"), observation("o1", code="718-7")]
    path = ndjson(tmp_path / "a.ndjson", *lines_)
    store.take_files(path)
    assert (store.report.stored.total(), store.report.changed.total()) == (4, 2)
    before = store.content()
    for _ in range(2):
        store.take_files(path)
        assert (store.report.stored.total(), store.report.changed.total()) == (0, 0)
        assert store.codes == ["older-version"] * 2
        assert store.content() == before
    assert store.search("Observation", ("code", "718-7")).total == 1


def test_a_chain_of_resources_that_wait_for_each_other_is_stored(store: Store, tmp_path: Path) -> None:
    chain = [
        {"resourceType": "Provenance", "id": f"v{n}", "recorded": "2025-01-01T00:00:00Z",
         "target": [{"reference": f"Provenance/v{n - 1}" if n else "Observation/o1"}]}
        for n in range(4)
    ]  # fmt: skip
    for number, each in enumerate([*reversed(chain), observation()]):
        ndjson(tmp_path / f"{number}.ndjson", each)
    ndjson(tmp_path / "z.ndjson", patient())
    store.take_files(tmp_path)
    assert store.refused == []
    assert store.report.stored == {"Provenance": 4, "Observation": 1, "Patient": 1}


def test_a_batch_of_lines_is_bounded_by_its_size(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BYTES_AT_ONCE", 1000)
    ndjson(tmp_path / "a.ndjson", patient(), *results(9))
    store.take_files(tmp_path)
    assert store.report.stored == {"Patient": 1, "Observation": 9}


def test_a_log_among_the_files_is_named_line_by_line(store: Store, tmp_path: Path) -> None:
    ndjson(tmp_path / "log.ndjson", {"eventId": "kickoff"}, {"eventId": "done"}, patient())
    store.take_files(tmp_path)
    assert [(each.place, each.code) for each in store.refused] == [
        (1, "not-a-resource"),
        (2, "not-a-resource"),
    ]
    assert store.report.stored == {"Patient": 1}


def test_files_come_in_the_order_in_which_they_cite_each_other(tmp_path: Path) -> None:
    names = ["Observation.ndjson", "Patient.000.ndjson.gz", "MedicationRequest.json", "Medication.ndjson",
             "Practitioner.json.bz2", "Organization.ndjson", "zz/hospitalInformation1.json",
             "a.csv", "b.tar.gz", "c.md", "noname"]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files_of([tmp_path, tmp_path / "a.csv", tmp_path / "Observation.ndjson"])
    assert [path.name for path in found.files] == [
        "hospitalInformation1.json", "Organization.ndjson", "Practitioner.json.bz2", "Medication.ndjson",
        "Patient.000.ndjson.gz", "MedicationRequest.json", "Observation.ndjson", "a.csv",
    ]  # fmt: skip
    assert [path.name for path in found.passed_over] == ["a.csv", "b.tar.gz", "c.md", "noname"]
