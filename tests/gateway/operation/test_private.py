"""A node starts only on files that belong to it and to nobody else, and says what to type otherwise."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest

from gateway.cli.serve import require_sound
from gateway.identity.founding import found
from gateway.operation.doctor import private
from gateway.operation.doctor.findings import Finding, Scene
from gateway.settings import Settings
from tests.gateway.conftest import Clock, Entropy

ME = os.geteuid()


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(settings.data.parent)  # so that paths are short
    found(settings, Clock(), Entropy())
    return settings


def findings(settings: Settings, uid: int = ME) -> list[Finding]:
    return list(private.examine(Scene(settings, {}, 0, uid)))


def a_key(data: Path) -> Path:
    return next(data.glob("keys/*/release.key"))


def chmod(choose: Callable[[Path], Path], mode: int) -> Callable[[Path], None]:
    return lambda data: choose(data).chmod(mode)


def open_everything(data: Path) -> None:
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


# (what was done to the data folder, code, the command with {key} for the key's path)
CASES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a key may be read by its group": (chmod(a_key, 0o640), "file-open", "chmod 600 {key}"),
    "a key may be read by all": (chmod(a_key, 0o644), "file-open", "chmod 600 {key}"),
    "a key may be written by all": (chmod(a_key, 0o602), "file-open", "chmod 600 {key}"),
    "a key cannot be read by its owner": (chmod(a_key, 0o200), "file-closed", "chmod 600 {key}"),
    "an institution's folder is open": (
        chmod(lambda data: a_key(data).parent, 0o750),
        "file-open",
        "chmod 700 {folder}",
    ),
    "the keys' folder is open": (
        chmod(lambda data: data / "keys", 0o711),
        "file-open",
        "chmod 700 node/keys",
    ),
    "the data folder is open": (chmod(lambda data: data, 0o755), "file-open", "chmod 700 node"),
    "the session secret is open": (
        chmod(lambda data: data / "secrets" / "session.key", 0o604),
        "file-open",
        "chmod 600 node/secrets/session.key",
    ),
    "an offline key is open": (
        chmod(lambda data: next(data.glob("offline/*/vote.key")), 0o604),
        "file-open",
        "chmod 600 {vote}",
    ),
    "everything is open": (open_everything, "files-open", "chmod -R u=rwX,go= node"),
    "the folder above may be written by all": (
        chmod(lambda data: data.parent, 0o777),
        "folder-shared",
        "chmod go-w .",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_node_does_not_start_when(case: str, here: Settings) -> None:
    spoil, code, command = CASES[case]
    key, vote = a_key(here.data), next(here.data.glob("offline/*/vote.key"))
    spoil(here.data)
    try:
        (one,) = findings(here)
        short = [path.relative_to(here.data.parent) for path in (key, vote, key.parent)]
        wanted = command.format(key=short[0], vote=short[1], folder=short[2])
        assert (one.code, one.level, one.command) == (code, "wrong", wanted)
        with pytest.raises(click.ClickException) as refused:
            require_sound(here)
        assert one.command in refused.value.message
        # The command mends it.
        assert os.waitstatus_to_exitcode(os.system(one.command)) == 0  # noqa: S605 - what we print is what is typed
        assert findings(here) == []
        require_sound(here)
    finally:
        here.data.parent.chmod(0o700)


def test_a_folder_that_all_may_write_but_only_owners_may_rename_is_as_good_as_tmp(here: Settings) -> None:
    here.data.parent.chmod(0o1777)
    assert findings(here) == []


def test_a_folder_that_is_not_there_yet_is_none(settings: Settings) -> None:
    assert findings(settings) == []


def test_files_of_another_user_are_named_with_both_users(here: Settings) -> None:
    (one,) = findings(here, uid=ME + 1)
    assert (one.code, one.level) == ("owner-other", "wrong")
    assert one.command.startswith("sudo chown -R ")
    assert pwd.getpwuid(ME).pw_name in one.words("en")[0]


@pytest.mark.skipif(ME != 0, reason="only root can give files away: run the tests as root, as CI does")
@pytest.mark.parametrize(
    ("whose", "uid", "code"),
    [
        ("one key", 0, "owner-other"),
        ("everything", 0, "root-on-others"),
        ("everything", 1, None),
        ("nothing", 0, None),
    ],
)
def test_root_and_the_nodes_user_do_not_mix(whose: str, uid: int, code: str | None, here: Settings) -> None:
    changed = {
        "one key": [a_key(here.data)],
        "everything": [here.data, *here.data.rglob("*")],
        "nothing": [],
    }[whose]
    for path in changed:
        os.chown(path, 1, 1)
    assert [one.code for one in findings(here, uid)] == ([code] if code else [])
    if code == "root-on-others":
        (one,) = findings(here, uid)
        assert one.command.startswith(f"sudo -u {pwd.getpwuid(1).pw_name} ")


def test_a_link_to_a_folder_elsewhere_is_judged_where_it_points(here: Settings, tmp_path: Path) -> None:
    (here.data / "keys").rename(tmp_path / "encrypted")
    (here.data / "keys").symlink_to(tmp_path / "encrypted")
    assert findings(here) == []
    (tmp_path / "encrypted").chmod(0o755)
    assert [one.code for one in findings(replace(here))] == ["file-open"]
