"""A hospital founds a ledger for its own institutions, from a file in which every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands
from gateway.cli.found import founders_of
from gateway.cli.serve import require_sound
from gateway.identity.founding import FoundingError
from gateway.settings import settings_from_env
from ledger.genesis import parse_genesis

FILE = """
[[institution]]
code = "HX"
type = "hospital"
zh = "华夏医院"
en = "Huaxia Hospital"

[[institution]]
code = "R7"
type = "pharmacy"
zh = "仁和药房"
en = "Renhe Pharmacy"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("YAOSHI_CONSOLE", "https://records.example.org")
    monkeypatch.setenv("YAOSHI_WALLET", "https://wallet.example.org")
    path = tmp_path / "institutions.toml"
    path.write_text(FILE)
    return path


def run(*words: str, typed: str = "") -> Result:
    return FlaskCliRunner(commands).invoke(args=["found", *words], input=typed)


def test_it_is_founded_after_a_yes_with_these_institutions_and_addresses(file: Path) -> None:
    asked = run(str(file), typed="n\n")
    assert asked.exit_code == 1
    assert "stay for good" in asked.output
    settings = settings_from_env()
    assert not settings.data.exists()
    done = run(str(file), typed="y\n")
    assert done.exit_code == 0, done.output
    assert "staff add HX USER" in done.output
    genesis = parse_genesis(settings.genesis_path.read_bytes())
    assert [(one["code"], one["type"], one["name"]["zh-CN"]) for one in genesis.institutions] == [
        ("HX", "hospital", "华夏医院"),
        ("R7", "pharmacy", "仁和药房"),
    ]
    assert genesis.origin == "records.example.org/ledger"
    assert genesis.wallet == "https://wallet.example.org"
    require_sound(settings)
    # No demonstration waits to be filled in.
    assert not settings.unfinished_path.exists()
    again = run(str(file), "--yes")
    assert again.exit_code == 1
    assert "A ledger is founded in" in again.output


WRONG = {
    "it is no TOML": ("[[institution]", "not TOML: .*line 1"),
    "it is empty": ("", "and nothing else"),
    "it names no institution": ("institution = []", "and nothing else"),
    "it says something more": (FILE + "\n[limits]\nx = 1\n", "and nothing else"),
    "a member is missing": (FILE.replace('zh = "仁和药房"\n', ""), "institution 2: it has code, type"),
    "a member is unknown": (FILE + 'more = "x"\n', "institution 2: it has code, type"),
    "a code has three characters": (FILE.replace("R7", "R77"), "institution 2: a code is two of"),
    "a code has a letter that is read as a digit": (
        FILE.replace("HX", "HO"),
        "institution 1: a code is two of",
    ),
    "a code stands twice": (FILE.replace("R7", "HX"), "a code stands twice"),
    "a type is unknown": (FILE.replace("pharmacy", "bakery"), "institution 2: a type is one of"),
    "a name is empty": (FILE.replace("Renhe Pharmacy", ""), "institution 2: each value is a text"),
    "a name is too long": (FILE.replace("Renhe", "R" * 100), "institution 2: each value is a text"),
    "a name is a number": (FILE.replace('"Renhe Pharmacy"', "7"), "institution 2: each value is a text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_nothing_is_founded_when(case: str, file: Path) -> None:
    text, said = WRONG[case]
    with pytest.raises(FoundingError, match=said):
        founders_of(text)
    file.write_text(text)
    result = run(str(file), "--yes")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert not settings_from_env().data.exists()


def test_a_file_that_is_no_text_is_told_plainly(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    assert "institutions.toml" in run(str(file), "--yes").output


def test_a_second_time_it_says_that_a_ledger_is_there_and_changes_nothing(file: Path) -> None:
    assert run(str(file), "--yes").exit_code == 0
    before = settings_from_env().genesis_path.read_bytes()
    again = run(str(file), "--yes")
    assert again.exit_code == 1
    assert "A ledger is founded in" in again.output
    assert "Nothing was changed" in again.output
    assert settings_from_env().genesis_path.read_bytes() == before
