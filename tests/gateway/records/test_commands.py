"""`flask records import` and `flask demo` on a founded node."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from app import commands
from gateway.cli.opening import now_ms
from gateway.identity.founding import found
from gateway.records.tables import chart
from gateway.settings import Settings, settings_from_env
from gateway.store.database import open_database
from tests.gateway.conftest import Entropy
from tests.gateway.records.store import observation, patient


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    settings = settings_from_env()
    found(settings, now_ms, Entropy())
    return settings


def run(*words: str) -> Result:
    return FlaskCliRunner(commands).invoke(args=list(words))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    (made / "patient.json").write_text(json.dumps(patient()))
    (made / "results.ndjson").write_text(
        "\n".join(json.dumps(observation(f"o{n}")) for n in range(3)) + "\n{oops"
    )
    (made / "claim.json").write_text('{"resourceType":"Claim","id":"c"}')
    (made / "notes.txt").write_text("no record")
    return made


@pytest.mark.usefixtures("here")
def test_an_import_counts_what_it_stored_and_names_what_it_left_out(folder: Path, tmp_path: Path) -> None:
    first = run(
        "records", "import", "--institution", "wx", "--refused", str(tmp_path / "out.ndjson"), str(folder)
    )
    assert first.exit_code == 3, first.output
    assert "Wangxi Central Hospital" in first.output
    assert "Claim 1: Accounts repeat diagnoses" in first.output
    assert "results.ndjson#4 -: not-json (line 4, column 2" in first.output
    assert "6 resources read" in first.output
    assert "Passed over (1)" in first.output
    assert "notes.txt" in first.output
    lines = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text("utf-8").splitlines()]
    assert sorted((each["place"], each["code"]) for each in lines) == [
        (1, "unsupported-type"),
        (4, "not-json"),
    ]
    rows = [line.split() for line in first.output.splitlines() if "Observation" in line or "Patient" in line]
    assert [[cell for cell in row if cell.isdigit()] for row in rows] == [["3", "3"], ["1", "1"]]


@pytest.mark.usefixtures("here")
def test_an_import_that_leaves_out_only_what_is_never_kept_succeeds(folder: Path) -> None:
    (folder / "results.ndjson").write_text(json.dumps(observation("o1")))
    for _ in range(2):
        result = run("records", "import", "--institution", "WX", str(folder))
        assert result.exit_code == 0, result.output
    assert "unchanged" in result.output


WITHOUT_PATIENT = {"resourceType": "Observation", "id": "x", "code": {"text": "Heart rate"}}


@pytest.mark.usefixtures("here")
def test_the_command_says_whose_records_these_are(folder: Path) -> None:
    (folder / "patient.json").write_text(json.dumps(patient(identifier=[{"value": "WX1"}])))
    lost = folder / "lost.json"
    lost.write_text(json.dumps(WITHOUT_PATIENT))
    refused = run("records", "import", "--institution", "WX", str(folder))
    assert "lost.json#1 Observation: no-patient" in refused.output
    taken = run("records", "import", "--institution", "WX", "--patient", "WX1", str(lost))
    assert taken.exit_code == 0, taken.output
    assert "林秀兰（合成）, born 1946-03-08" in taken.output


CHARTS = {
    "there is none": ("WX9", "No chart has this number"),
    "there are two": ("WX1", "2 charts have this number"),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("number", "words"), CHARTS.values(), ids=CHARTS)
def test_no_patient_is_taken_by_guess_when(folder: Path, number: str, words: str) -> None:
    for id_ in ("a", "b"):
        (folder / f"{id_}.json").write_text(json.dumps(patient(id_, identifier=[{"value": "WX1"}])))
    run("records", "import", "--institution", "WX", str(folder))
    result = run("records", "import", "--institution", "WX", "--patient", number, str(folder))
    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.usefixtures("here")
def test_how_files_name_a_patient_is_said_with_the_patient(folder: Path) -> None:
    result = run("records", "import", "--institution", "WX", "--named", "Patient/x", str(folder))
    assert result.exit_code == 2
    assert "--patient" in result.output


@pytest.mark.usefixtures("here")
def test_a_full_disk_ends_an_import_with_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YAOSHI_DISK_STOP_MIB", str(2**31))
    result = run("records", "import", "--institution", "WX", str(folder))
    assert result.exit_code == 1
    assert "no room left" in result.output
    assert "goes on" in result.output


@pytest.mark.usefixtures("here")
def test_an_import_of_which_nothing_could_be_stored_fails(folder: Path) -> None:
    result = run("records", "import", "--institution", "WX", str(folder / "claim.json"))
    assert result.exit_code == 1
    assert "Nothing of this could be stored" in result.output
    assert "unsupported-type" in result.output


@pytest.mark.usefixtures("here")
def test_an_import_names_the_institutions_when_it_knows_no_such_one(folder: Path) -> None:
    result = run("records", "import", "--institution", "ZZ", str(folder))
    assert result.exit_code == 1
    assert "WX" in result.output


def test_the_demonstration_fills_an_empty_store_and_prints_its_sheet(here: Settings) -> None:
    (here.data / "demo.json").write_text('{"base":"http://localhost:8080"}')
    for _ in range(2):
        assert '"base"' in run("demo").output
        db = open_database(here.database_path)
        with db.connect() as conn:
            assert conn.execute(select(func.count()).select_from(chart)).scalar() == 15
        db.dispose()


@pytest.mark.usefixtures("here")
def test_the_demonstration_says_what_is_missing_without_a_sheet() -> None:
    result = run("demo")
    assert result.exit_code == 1
    assert "make run" in result.output
