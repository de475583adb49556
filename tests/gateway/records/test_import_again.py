"""The same again changes nothing, an older version never replaces a newer one, and a crash leaves no half."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.records.store import Store, encounter, observation, open_store, patient, report
from tests.postgres import sqlite_alone

OLD, MIDDLE, NEW = ("2025-01-01T00:00:00Z", "2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z")


def version(code: str, sent: str | None = None) -> dict[str, Any]:
    return observation(code=code, **({"meta": {"lastUpdated": sent}} if sent else {}))


# Each import as (code, the sender's lastUpdated); what becomes of it; what stands at the end.
STORIES = {
    "a newer version replaces": ([("a", OLD), ("b", NEW)], ["stored", "changed"], "b"),
    "an older version does not": ([("b", NEW), ("a", OLD)], ["stored", "older-version"], "b"),
    "without a time the later import replaces": ([("a", None), ("b", None)], ["stored", "changed"], "b"),
    "a version that was replaced does not come back": (
        [("a", None), ("b", None), ("a", None), ("b", None)],
        ["stored", "changed", "older-version", "unchanged"], "b"),
    "a correction that is taken back comes back by its later time": (
        [("a", OLD), ("b", MIDDLE), ("a", NEW), ("b", MIDDLE), ("a", NEW)],
        ["stored", "changed", "changed", "older-version", "unchanged"], "a"),
    "a third version replaces, and both before it stay away": (
        [("a", None), ("b", None), ("c", None), ("a", None), ("b", None)],
        ["stored", "changed", "changed", "older-version", "older-version"], "c"),
    "the same content at a later time changes nothing": (
        [("a", OLD), ("a", NEW)], ["stored", "unchanged"], "a"),
}  # fmt: skip


@pytest.mark.parametrize(("imports", "outcomes", "last"), STORIES.values(), ids=STORIES)
def test_of_several_versions(
    store: Store, imports: list[tuple[str, str | None]], outcomes: list[str], last: str
) -> None:
    store.take(patient())
    told = []
    for code, sent in imports:
        store.take(version(code, sent))
        counted = {"stored": store.report.stored, "changed": store.report.changed,
                   "unchanged": store.report.unchanged}  # fmt: skip
        told.append(next((name for name, counter in counted.items() if counter), None) or store.codes[0])
    assert told == outcomes
    assert store.resource("Observation")["code"]["coding"][0]["code"] == last


def test_what_is_refused_leaves_no_name_behind(store: Store) -> None:
    store.take(patient(), patient("p2"), observation("o1", whose="p2"))
    mixed = report("r1", result=[{"reference": "Observation/o1"}], encounter={"reference": "Encounter/e1"})
    store.take(mixed)
    assert store.codes == ["mixed-patients"]
    store.take(encounter("e1", whose="p2"))
    assert store.refused == []


def test_a_record_cited_by_nobodys_resource_is_its_own_patients(store: Store) -> None:
    role = {"resourceType": "PractitionerRole", "id": "x", "extension": [{"reference": "Observation/o1"}]}
    store.take(role, patient(), patient("p2"))
    store.take(observation("o1"))
    store.take(report("r1", whose="p2", result=[{"reference": "Observation/o1"}]))
    assert store.codes == ["mixed-patients"]


_PARTS = [
    patient(), patient("p2"), encounter(), encounter("e2", whose="p2"),
    observation("o1", encounter={"reference": "Encounter/e1"}),
    observation("o2", code="44261-6", encounter={"reference": "Encounter/e1"}),
    report("r1", result=[{"reference": "Observation/o2"}]),
    report("r2", encounter={"reference": "Encounter/e1"}),
    observation("o3", whose="p2"), {"resourceType": "Claim", "id": "c"},
    {"resourceType": "Medication", "id": "m", "code": {"text": "药"}},
    {"resourceType": "MedicationRequest", "id": "q", "subject": {"reference": "Patient/p1"},
     "medicationReference": {"reference": "Medication/m"}},
]  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(_PARTS), st.data())
def test_the_store_is_the_same_however_files_are_cut_and_ordered(
    tmp_path_factory: pytest.TempPathFactory, parts: list[dict[str, Any]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    (folder / "files").mkdir()
    start = number = 0
    while start < len(parts):
        size = data.draw(st.integers(1, len(parts)))
        some = parts[start : start + size]
        (folder / "files" / f"{number}.ndjson").write_text("\n".join(map(json.dumps, some)))
        start, number = start + size, number + 1
    once, whole = Store(open_store(folder)), Store(open_store(folder / "files"))
    try:
        once.take_files(folder / "files")
        assert once.codes == ["unsupported-type"]
        whole.take(*_PARTS)
        assert once.content() == whole.content()
        once.take_files(folder / "files")
        assert (once.report.stored.total(), once.report.changed.total()) == (0, 0)
        assert once.content() == whole.content()
    finally:
        once.db.dispose()
        whole.db.dispose()


_IMPORT = """
import os, sys
from pathlib import Path
from gateway.records.importing import batch_import
from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.store.database import connect_database
def step():
    print("step", flush=True)
    sys.stdin.readline()
def written(*given, write=batch_import.write_verdicts):
    write(*given)
    step()
batch_import.RESOURCES_AT_ONCE = 40
batch_import.write_verdicts = written
batch_import.sleep = lambda seconds: step()
import_paths(connect_database(Path(sys.argv[1])), "a" * 32, [Path(sys.argv[2])], Report(),
             clock=lambda: 1_767_225_600_000, entropy=os.urandom)
"""


def killed(store_path: Path, files: Path, after: int) -> None:
    """An import in a process of its own, killed (SIGKILL) before or inside one of its transactions."""
    command = [sys.executable, "-c", _IMPORT, str(store_path), str(files)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for number in range(after):
            assert run.stdout.readline(), "the import was at its end"
            if number < after - 1:
                run.stdin.write("\n")
                run.stdin.flush()
        os.kill(run.pid, signal.SIGKILL)
        run.wait()


@sqlite_alone
@pytest.mark.parametrize("after", [2, 6, 10, 15])
def test_an_import_that_was_killed_is_completed_by_the_same_again(tmp_path: Path, after: int) -> None:
    files = tmp_path / "files"
    files.mkdir()
    inside = {"encounter": {"reference": "Encounter/e1"}}
    several = [observation(f"o{n}", code="44261-6" if n == 150 else "4548-4", **inside) for n in range(200)]
    for type_, name in (("collection", "a"), ("transaction", "b")):
        some = several[:100] if name == "a" else several[100:]
        resources = [patient(), encounter(), *some, report(f"r{name}", **inside)]
        entries = [{"resource": each} for each in resources]
        bundle = {"resourceType": "Bundle", "type": type_, "entry": entries}
        (files / f"{name}.json").write_text(json.dumps(bundle))
    lines = "\n".join(json.dumps(observation(f"n{n}", **inside)) for n in range(100))
    (files / "c.ndjson").write_text(lines)
    broken, unbroken = tmp_path / "broken", tmp_path / "unbroken"
    broken.mkdir()
    unbroken.mkdir()
    open_store(broken).dispose()
    killed(broken / "gateway.db", files, after)
    stores = [Store(open_store(folder)) for folder in (broken, unbroken)]
    for each in stores:
        each.take_files(files)
        assert each.refused == []
    assert stores[0].content() == stores[1].content()
    assert len(stores[0].rows()) == 304
    assert stores[0].row("Encounter").labels == "PSY"
    for each in stores:
        each.db.dispose()
