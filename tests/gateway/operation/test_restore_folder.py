"""A restore takes the folder that an earlier one kept aside, with the checks of a backup, and leaves it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from app import commands, compose
from gateway.composition import Gateway
from gateway.identity.founding import found
from gateway.operation.backup.archive import BackupError
from gateway.operation.backup.restoring import Restored, Wishes, check_backup, restore
from gateway.settings import Settings, settings_from_env
from tests.gateway.operation.conftest import Life, silent
from tests.gateway.operation.test_restore import BackUp, everything, halted, put_back, told


@pytest.fixture
def rolled_back(back_up: BackUp, life: Life, gw: Gateway) -> Path:
    """An older backup is in place; answers where the later data was kept."""
    path, _ = back_up()
    life.look()
    gw.close()
    done = put_back(path, gw.settings, replace=True)
    assert done.aside is not None
    halted(gw.settings, gw).close()
    return done.aside


def put_back_folder(folder: Path, settings: Settings, **wishes: Any) -> Restored:
    return restore(settings, folder, Wishes(**wishes), clock=lambda: 2, entropy=os.urandom, progress=silent)


def test_the_later_data_that_was_kept_aside_is_put_back_and_all_is_well(
    rolled_back: Path, gw: Gateway
) -> None:
    later, older = everything(rolled_back), everything(gw.settings.data)
    assert check_backup(gw.settings, rolled_back, gw.clock, silent).size > 0
    with pytest.raises(BackupError, match="--replace keeps it aside"):
        put_back_folder(rolled_back, gw.settings)
    assert everything(gw.settings.data) == older
    done = put_back_folder(rolled_back, gw.settings, replace=True)
    assert done.known is None
    assert done.aside not in (None, rolled_back)
    assert everything(done.aside or rolled_back) == older
    assert everything(rolled_back) == later
    for name in ("keys", "offline", "secrets"):
        assert everything(gw.settings.data / name) == everything(rolled_back / name)
    for each in (gw.settings.data, *gw.settings.data.rglob("*")):
        assert each.stat().st_mode & 0o777 == (0o700 if each.is_dir() else 0o600), each
    again = compose(gw.settings, gw.clock, gw.entropy)
    assert again.watermark.code is None
    assert told(again)[0] == 200
    again.close()


def test_the_command_puts_a_folder_back(
    rolled_back: Path, gw: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YAOSHI_VAR", str(gw.settings.data.parent))
    gw.settings.data.rename(settings_from_env().data)
    gw.settings.mark_path.rename(settings_from_env().mark_path)
    done = FlaskCliRunner(commands).invoke(args=["restore", "--replace", str(rolled_back)])
    assert done.exit_code == 0, done.output
    assert f"{rolled_back} was copied and is still there" in done.output
    assert "OLDER" not in done.output


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(
            lambda kept: (kept / "genesis.json").unlink(), "no genesis.json", id="it is something else"
        ),
        pytest.param(lambda kept: (kept / "gateway.db").unlink(), "not be read", id="a database is missing"),
        pytest.param(
            lambda kept: (kept / "ledger.db").write_bytes(b"\xff" * 9_000),
            "not be read",
            id="its ledger is damaged",
        ),
    ],
)
def test_a_folder_is_not_put_in_place_when(
    spoil: Callable[[Path], object], said: str, rolled_back: Path, gw: Gateway
) -> None:
    spoil(rolled_back)
    before = everything(gw.settings.data)
    with pytest.raises(BackupError, match=said):
        put_back_folder(rolled_back, gw.settings, replace=True)
    assert everything(gw.settings.data) == before


def test_the_folder_that_is_in_place_and_that_of_another_ledger_are_refused(
    rolled_back: Path, gw: Gateway, elsewhere: Settings, clock: Any, entropy: Any
) -> None:
    with pytest.raises(BackupError, match="the data that is in place"):
        put_back_folder(gw.settings.data, gw.settings, replace=True)
    found(elsewhere, clock, entropy)
    with pytest.raises(BackupError, match="holds another ledger"):
        put_back_folder(rolled_back, elsewhere, replace=True)


def test_nothing_is_left_behind_that_nobody_needs(rolled_back: Path, gw: Gateway) -> None:
    left = {path.name for path in gw.settings.data.parent.iterdir()}
    assert not any(name.endswith(".lock") for name in left)
    assert rolled_back.name in left
