"""Operators govern on the command line: what they read, what they sign, and what is then on the ledger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands, compose
from gateway.cli.opening import now_ms
from gateway.identity.founding import found
from gateway.identity.keyring import write_key
from gateway.settings import Settings, settings_from_env
from ledger.genesis import INSTITUTION_USES, parse_genesis
from tests.gateway.conftest import Entropy
from tests.ledger import world
from tests.ledger.voting import (
    NEW_INSTITUTION,
    NEW_OPERATOR,
    admit_institution,
    admit_operator,
    proven,
    rules,
)

GENESIS = world.genesis_bytes(operators=4, rules=2)
LEDGER = parse_genesis(GENESIS).id


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A node of a ledger that four operators govern, in one process."""
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "node"))
    settings = settings_from_env()
    found(settings, now_ms, Entropy())
    settings.genesis_path.write_bytes(GENESIS)
    for folder in (settings.keys_path, settings.offline_path):
        shutil.rmtree(folder)
    settings.ledger_path.unlink(missing_ok=True)
    write_key(settings.keys_path, world.OPERATOR, "checkpoint", world.CHECKPOINT_SEED)
    for institution in (world.HOSPITAL, world.CLINIC):
        for use in INSTITUTION_USES:
            write_key(settings.keys_path, institution, use, world.seed(f"{institution}/{use}"))
    compose(settings).close()
    return settings


def run(*words: str, typed: str | None = None) -> Result:
    return FlaskCliRunner(commands).invoke(args=["govern", *words], input=typed)


def key_file(folder: Path, name: str) -> str:
    subject, use = name.split("/")
    path = folder / "stick" / subject / f"{use}.key"
    return str(path if path.exists() else write_key(folder / "stick", subject, use, world.seed(name)))


def change_file(folder: Path, change: Any) -> str:
    path = folder / "change.json"
    path.write_text(json.dumps(change, ensure_ascii=False), "utf-8")
    return str(path)


def proposed(folder: Path, change: Any, by: int = 0) -> str:
    vote = key_file(folder, f"{world.consortium()[by]}/vote")
    result = run("propose", change_file(folder, change), "--key", vote, "--yes")
    assert result.exit_code == 0, result.output
    return result.output.split("已登记为提议")[1].split()[0]


def agreed(folder: Path, proposal: str, *voters: int) -> str:
    for by in voters:
        vote = key_file(folder, f"{world.consortium()[by]}/vote")
        result = run("vote", proposal[:12], "--key", vote, "--yes")
        assert result.exit_code == 0, result.output
    return str(result.output)


@pytest.mark.usefixtures("here")
def test_four_operators_admit_change_and_retire_an_institution(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, proven(LEDGER, admit_institution(operator=world.consortium()[1])))
    listed = run("list").output
    assert proposal in listed
    assert "3 of 4 are needed" in listed
    assert "新医院 · New hospital" in listed
    assert "3 of 4" in agreed(tmp_path, proposal, 1)
    assert "Decided" in agreed(tmp_path, proposal, 2)
    joined = run("join", "--key", key_file(tmp_path, f"{NEW_INSTITUTION}/offline"), "--yes")
    assert joined.exit_code == 0, joined.output
    assert f"ZZ {NEW_INSTITUTION} 新医院" in run("list").output
    words = ["staff", "add", "ZZ", "desk", "--role", "desk", "--name", "窗口（合成）"]
    assert FlaskCliRunner(commands).invoke(args=words).exit_code == 0, "commands find who came later"
    retire = proposed(tmp_path, {"do": "institution.retire", "institution": NEW_INSTITUTION})
    agreed(tmp_path, retire, 1, 3)
    assert "New hospital (retired" in run("list").output
    again = run("join", "--key", key_file(tmp_path, f"{NEW_INSTITUTION}/offline"), "--yes")
    assert "Nobody approved" in again.output


@pytest.mark.usefixtures("here")
def test_an_operator_joins_another_leaves_and_rules_are_planned(tmp_path: Path) -> None:
    keys = {use: world.key(f"{NEW_OPERATOR}/{use}") for use in ("vote", "checkpoint")}
    agreed(tmp_path, proposed(tmp_path, proven(LEDGER, admit_operator(keys=keys))), 1, 2)
    assert run("join", "--key", key_file(tmp_path, f"{NEW_OPERATOR}/vote"), "--yes").exit_code == 0
    leaving = proposed(tmp_path, {"do": "operator.retire", "operator": world.consortium()[3]})
    agreed(tmp_path, leaving, 1, 2)
    newcomer = run("vote", leaving[:12], "--key", key_file(tmp_path, f"{NEW_OPERATOR}/vote"), "--yes")
    assert "Decided" in newcomer.output, "4 of 5"
    far = proposed(tmp_path, rules(start=10_000))
    assert "yaoshi 9.0" in run("list").output
    agreed(tmp_path, far, 1, 2)
    left = run("vote", far, "--key", key_file(tmp_path, f"{world.consortium()[3]}/vote"), "--yes")
    assert "nothing of the kind" in left.output


@pytest.mark.usefixtures("here")
def test_an_operator_gets_a_fresh_vote_key_that_shows_that_it_is_held(tmp_path: Path) -> None:
    fresh, file = tmp_path / "stick" / "fresh.key", tmp_path / "keys.json"
    written = run("keys", str(file), "--vote", str(fresh))
    assert written.exit_code == 0, written.output
    assert [path.stat().st_mode & 0o777 for path in (fresh, file)] == [0o600, 0o600]
    assert "there already" in run("keys", str(file), "--vote", str(fresh)).output
    agreed(tmp_path, proposed(tmp_path, json.loads(file.read_text("utf-8"))), 1, 2)
    again = run("propose", change_file(tmp_path, rules()), "--key", str(fresh), "--yes")
    assert again.exit_code == 0, again.output


UNMADE: dict[str, tuple[list[str], str]] = {
    "no key is named": ([], "Name --vote"),
    "the validator's key is not there": (["--validator", "nowhere.json"], "no validator's key"),
    "the validator's key is none": (["--validator", "change.json"], "no validator's key"),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("words", "said"), UNMADE.values(), ids=UNMADE.keys())
def test_no_change_of_keys_is_written_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    change_file(tmp_path, {"priv_key": {"value": "?"}})
    result = run("keys", "keys.json", *words)
    assert result.exit_code == 1
    assert said in result.output
    assert not Path("keys.json").exists()


@pytest.mark.usefixtures("here")
def test_a_change_with_the_proof_of_another_key_is_refused_plainly(tmp_path: Path) -> None:
    right = proven(LEDGER, admit_institution())
    spoiled = {**right, "proofs": {**right["proofs"], "desk": right["proofs"]["peer"]}}
    key = key_file(tmp_path, f"{world.OPERATOR}/vote")
    result = run("propose", change_file(tmp_path, spoiled), "--key", key, "--yes")
    assert result.exit_code == 1
    assert "key-unproven" in result.output


def test_nothing_is_signed_without_a_yes(here: Settings, tmp_path: Path) -> None:
    vote = key_file(tmp_path, f"{world.OPERATOR}/vote")
    result = run("propose", change_file(tmp_path, rules()), "--key", vote, typed="n\n")
    assert result.exit_code == 1
    assert "启用规则版本 3" in result.output
    assert "proposal" not in run("list").output
    gw = compose(here)
    with gw.ledger.view() as view:
        assert view.size == 1
    gw.close()


def test_the_key_is_kept_nowhere(here: Settings, tmp_path: Path) -> None:
    proposed(tmp_path, rules())
    text = Path(key_file(tmp_path, f"{world.OPERATOR}/vote")).read_bytes().strip()
    assert not [path for path in here.data.rglob("*") if path.is_file() and text in path.read_bytes()]


REFUSED: dict[str, tuple[Any, str, str]] = {
    "a change of no known kind": ({"do": "operator.crown"}, "vote", "no change that this ledger knows"),
    "a change without its members": (
        {"do": "institution.retire"},
        "vote",
        "no change that this ledger knows",
    ),
    "a list": ([], "vote", "is not JSON of an accepted form"),
    "a key of another use": (rules(), "checkpoint", "nothing of the kind"),
    "an operator that nobody is": ({"do": "operator.retire", "operator": "ee" * 16}, "vote", "party-unknown"),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("change", "use", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_proposal_is_refused_plainly_with(tmp_path: Path, change: Any, use: str, said: str) -> None:
    key = key_file(tmp_path, f"{world.OPERATOR}/{use}")
    result = run("propose", change_file(tmp_path, change), "--key", key, "--yes")
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("here")
def test_a_key_file_that_is_open_or_no_key_is_refused(tmp_path: Path) -> None:
    change = change_file(tmp_path, rules())
    path = Path(key_file(tmp_path, f"{world.OPERATOR}/vote"))
    path.chmod(0o644)
    assert "chmod 600" in run("propose", change, "--key", str(path), "--yes").output
    path.write_text("not a key", "ascii")
    path.chmod(0o600)
    assert "holds no key" in run("propose", change, "--key", str(path), "--yes").output


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("named", ["", "ffffffff", "../x"])
def test_a_vote_names_one_open_proposal(tmp_path: Path, named: str) -> None:
    proposed(tmp_path, rules())
    result = run("vote", named, "--key", key_file(tmp_path, f"{world.consortium()[1]}/vote"), "--yes")
    assert "No such open proposal" in result.output


@pytest.mark.usefixtures("here")
def test_a_name_cannot_play_with_the_terminal(tmp_path: Path) -> None:
    name = {"zh-CN": "医院\u202e\x1b[2J", "en": "Hospital\x07"}
    change = change_file(tmp_path, proven(LEDGER, admit_institution(name=name)))
    shown = run("propose", change, "--key", key_file(tmp_path, f"{world.OPERATOR}/vote"), typed="n\n").output
    assert not {"\u202e", "\x1b", "\x07"} & set(shown)
