"""The command line on a real node: accounts, checks, exports, the offline key."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands, compose
from gateway.cli.opening import now_ms
from gateway.cli.serve import require_free_ledger, require_free_port, warn_of_rollback
from gateway.identity.founding import found
from gateway.operation.watermark import Mark, write_mark
from gateway.settings import Settings, settings_from_env
from ledger.genesis import parse_genesis
from tests.gateway.conftest import Entropy
from tests.gateway.ledger_door.test_door import open_links


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path))
    settings = settings_from_env()
    found(settings, now_ms, Entropy())
    gw = compose(settings)
    open_links(gw, 3)
    gw.close()
    return settings


def run(*words: str) -> Result:
    return FlaskCliRunner(commands).invoke(args=list(words))


@pytest.mark.usefixtures("here")
def test_an_account_is_added_listed_changed_and_closed() -> None:
    added = run("staff", "add", "WX", "doctor", "--role", "clinician", "--name", "沈怀瑾（合成）")
    assert added.exit_code == 0, added.output
    assert "password " in added.output
    assert "沈怀瑾（合成）" in run("staff", "list").output
    assert run("staff", "password", "WX", "doctor").output.split()[-1] != added.output.split()[-1]
    assert run("staff", "disable", "wx", "doctor").exit_code == 0
    assert "disabled" in run("staff", "list", "WX").output


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("staff", "add", "ZZ", "doctor", "--role", "desk", "--name", "x"), "No institution"),
        (("staff", "add", "WX", "Dr. X", "--role", "desk", "--name", "x"), "user name"),
        (("staff", "add", "WX", "doctor", "--role", "king", "--name", "x"), "king"),
        (("staff", "disable", "WX", "nobody"), "no such account"),
        (("ledger", "verify", "/nowhere"), "does not exist"),
        (("institution", "settle", "WX", "0" * 32, "--stay", "k"), "refused"),
    ],
)
def test_a_command_says_plainly_why_it_did_nothing(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("here")
def test_an_export_verifies_offline_and_an_altered_one_does_not(tmp_path: Path) -> None:
    file = tmp_path / "ledger.yaoshi"
    exported = run("ledger", "export", str(file))
    assert exported.exit_code == 0, exported.output
    assert "Everything holds: 4 records" in run("ledger", "verify", str(file)).output
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:3], lines[4]]))
    altered = run("ledger", "verify", str(file))
    assert altered.exit_code == 1
    assert "DIFFERENT" in altered.output
    assert run("ledger", "verify", str(file), "--ledger", "0" * 64).exit_code == 1


@pytest.mark.usefixtures("here")
def test_an_export_leaves_an_existing_file_alone_and_says_why_it_cannot_write(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    for target, said in ((kept, "exists already"), (tmp_path / "nowhere" / "x", "could not be written")):
        refused = run("ledger", "export", str(target))
        assert refused.exit_code == 1
        assert said in refused.output
        assert "Traceback" not in refused.output
    assert kept.read_text() == "mine"


def test_what_reads_works_beside_a_running_node_and_what_writes_says_no(
    here: Settings, tmp_path: Path
) -> None:
    gw = compose(here)
    try:
        assert "records       4" in run("ledger", "status").output
        assert run("ledger", "export", str(tmp_path / "beside")).exit_code == 0
        assert run("staff", "add", "WT", "desk", "--role", "desk", "--name", "x").exit_code == 0
        refused = run("institution", "rotate", "WX")
        assert refused.exit_code == 1
        assert "stop it first" in refused.output
    finally:
        gw.close()


def test_rotated_keys_are_the_registered_ones_and_work(here: Settings) -> None:
    result = run("institution", "rotate", "WX", "--use", "desk", "--use", "peer")
    assert result.exit_code == 0, result.output
    gw = compose(here)
    try:
        institution = gw.ledger.genesis.institutions[0]["id"]
        with gw.ledger.view() as view:
            keys = view.institution(institution).keys
        from ledger.encoding import b64u

        assert keys["desk"] == b64u(gw.keys.public(institution, "desk"))
        assert keys["desk"] != gw.ledger.genesis.institutions[0]["keys"]["desk"]
        assert keys["release"] == gw.ledger.genesis.institutions[0]["keys"]["release"]
        open_links(gw, 1)
    finally:
        gw.close()


def test_a_rotation_without_the_offline_key_changes_nothing(here: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "stick"
    empty.mkdir()
    result = run("institution", "rotate", "WX", "--offline", str(empty))
    assert "offline key is not here" in result.output
    assert run("institution", "rotate", "WX").exit_code == 0
    assert here.genesis_path.exists()


def test_before_anything_is_founded_a_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "empty"))
    assert "make run" in run("staff", "list").output


def test_a_second_node_on_the_same_ledger_is_told_plainly(here: Settings) -> None:
    gw = compose(here)
    try:
        with pytest.raises(click.ClickException, match="Another node is running"):
            require_free_ledger(here)
    finally:
        gw.close()
    require_free_ledger(here)


def test_a_taken_port_is_told_plainly() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(click.ClickException, match="is taken"):
            require_free_port("127.0.0.1", taken.getsockname()[1])


def test_a_node_with_an_older_ledger_says_so_below_its_banner(
    here: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    warn_of_rollback(here)
    assert capsys.readouterr().err == ""
    ledger = parse_genesis(here.genesis_path.read_bytes()).id
    write_mark(here.mark_path, Mark(ledger, 999, "0" * 64, 1))
    warn_of_rollback(here)
    said = capsys.readouterr().err
    assert "ledger-rolled-back" in said
    assert "flask --app app doctor" in said


def test_status_tells_the_newest_moment_as_people_do(here: Settings) -> None:
    said = run("ledger", "status").output
    assert re.search(r"^newest +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$", said, re.MULTILINE)
    assert re.search(r"^records +\d+ ledger records$", said, re.MULTILINE)
    assert here.data.exists()
