"""Four hospitals on this machine: what stops them is said before anything is begun or changed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands
from tests.ledger.engine.network import free_port


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


def up(port: int) -> Result:
    return FlaskCliRunner(commands).invoke(args=["consortium", "up", "--sqlite", "--port", str(port)])


def test_those_that_were_founded_on_other_ports_are_not_founded_again_in_their_place(var: Path) -> None:
    kept = var / "consortium/wx/localhost-9300/genesis.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"{}")
    done = up(9400)
    assert done.exit_code == 1
    assert "founded on port 9300" in done.output
    assert kept.read_bytes() == b"{}"


def test_what_a_restore_kept_aside_is_no_place_where_they_were_founded(var: Path) -> None:
    port = next(port for port in iter(lambda: free_port() - 18_103, 0) if port > 1_024)
    for name in (f"localhost-{port}", f"localhost-{port}.before-20261123T213152Z"):
        kept = var / "consortium/wx" / name / "genesis.json"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(b"{}")
    done = up(port)
    assert done.exit_code == 1
    assert "founded by half" in done.output  # as far as that: it begins


@pytest.mark.parametrize("offset", [0, 3, 1_001, 18_002, 18_103])
def test_a_taken_port_of_any_part_is_named_before_anything_is_begun(offset: int, var: Path) -> None:
    port = next(port for port in iter(lambda: free_port() - 18_103, 0) if port > 1_024)
    with socket.create_server(("127.0.0.1", port + offset)):
        done = up(port)
    assert done.exit_code == 1
    assert "is taken" in done.output
    assert not (var / "consortium").exists()
