"""The doctor names each thing that is wrong, what it means, and a command; it harms nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import compose
from gateway.composition import Gateway
from gateway.operation.backup.noted import note_backup
from gateway.operation.doctor import examination, keys, ledger, machine, network, private, records
from gateway.operation.doctor.examination import examine_all
from gateway.operation.doctor.findings import Finding, Meanings, Scene, language, printed
from gateway.operation.doctor.running import running_node
from gateway.operation.watermark import Loss, Mark, write_mark
from gateway.settings import Settings
from ledger.engine.embedded import open_view_only
from tests.gateway.operation.conftest import Life

HOUR = 3_600_000
# What the machine of the tests is like is not what these tests are about.
OF_THE_MACHINE = {"running-as-root", "clock-free", "libraries-differ", "not-running"}
TABLES: tuple[Meanings, ...] = (
    examination.MEANINGS,
    keys.MEANINGS,
    ledger.MEANINGS,
    machine.MEANINGS,
    network.MEANINGS,
    private.MEANINGS,
    records.MEANINGS,
)


@pytest.fixture
def well(gw: Gateway, life: Life, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A stopped node with which all is well: saved, and its offline keys carried away."""
    life.look()
    gw.watermark.raise_now()
    gw.close()
    shutil.rmtree(gw.settings.offline_path)
    newest = max(path.stat().st_mtime_ns for path in gw.settings.keys_path.glob("*/*.key"))
    note_backup(gw.settings, max(gw.clock(), newest // 1_000_000), 1, keys=True)
    gw.settings.data.parent.chmod(0o700)
    return gw


def examine(gw: Gateway, **changes: Any) -> list[Finding]:
    wanted = {"settings": gw.settings, "environment": {}, "now": gw.clock(), "uid": os.geteuid(), **changes}
    return [one for one in examine_all(Scene(**wanted)) if one.code not in OF_THE_MACHINE]


def codes(found: list[Finding]) -> list[str]:
    return [one.code for one in found]


def sql(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute(text)


def spoil(path: Path, at: int, count: int = 4096) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * count)


def test_nothing_is_found_when_nothing_is_wrong(well: Gateway) -> None:
    assert examine(well, deep=True) == []


def later_mark(gw: Gateway) -> None:
    write_mark(gw.settings.mark_path, Mark(gw.ledger.id, 99, "0" * 64, 1))


def a_loss(gw: Gateway) -> None:
    write_mark(
        gw.settings.mark_path,
        Mark(gw.ledger.id, 1, gw_root(gw), 1, (Loss(gw.clock(), 1, 9, "0" * 64),)),
    )


def gw_root(gw: Gateway) -> str:
    with open_view_only(gw.settings.ledger_path, gw.ledger.genesis_bytes) as view:
        return view.root_at(1).hex()


def key(gw: Gateway, use: str) -> Path:
    return gw.settings.keys_path / gw.ledger.genesis.institutions[0]["id"] / f"{use}.key"


def exchange_keys(gw: Gateway) -> None:
    key(gw, "desk").write_bytes(key(gw, "peer").read_bytes())


def waiting_key(gw: Gateway) -> None:
    folder = gw.settings.keys_waiting_path / gw.ledger.genesis.institutions[0]["id"]
    folder.mkdir(parents=True, mode=0o700)
    gw.settings.keys_waiting_path.chmod(0o700)
    shutil.copy2(key(gw, "desk"), folder / "desk.key")


def operators_key(gw: Gateway) -> Path:
    return gw.settings.keys_path / gw.ledger.genesis.operators[0]["id"] / "checkpoint.key"


def offline_key(gw: Gateway) -> None:
    gw.settings.offline_path.mkdir(mode=0o700)
    (gw.settings.offline_path / "x").mkdir(mode=0o700)
    shutil.copy2(key(gw, "desk"), gw.settings.offline_path / "x" / "offline.key")


def moved_data(gw: Gateway, name: str) -> None:
    gw.settings.data.rename(gw.settings.data.with_name(name))


def record_byte(gw: Gateway) -> None:
    sql(gw.settings.ledger_path, 'UPDATE records SET time = time + 1 WHERE "index" = 2')


Damage = Callable[[Gateway], object]
# what was done: (how, findings, part of the command)
CASES: dict[str, tuple[Damage, list[str], str]] = {
    "nothing was founded": (lambda gw: shutil.rmtree(gw.settings.data), ["not-founded"], "serve --no-demo"),
    "a restore was cut off": (
        lambda gw: moved_data(gw, "node.before-20260101T000000Z"),
        ["restore-cut-off"],
        "restore BACKUP",
    ),
    "a restore left the earlier data": (
        lambda gw: gw.settings.data.with_name("node.before-20260101T000000Z").mkdir(),
        ["left-over"],
        "rm -r ",
    ),
    "the genesis is gone": (lambda gw: gw.settings.genesis_path.unlink(), ["not-founded"], ""),
    "the genesis is another text": (
        lambda gw: gw.settings.genesis_path.write_text("{}"),
        ["genesis-unreadable"],
        "restore BACKUP --replace",
    ),
    "the ledger file is nonsense": (
        lambda gw: spoil(gw.settings.ledger_path, 0),
        ["ledger-damaged", "database-damaged"],
        "restore NEWEST_BACKUP --replace",
    ),
    "the ledger's last record is gone": (
        lambda gw: sql(
            gw.settings.ledger_path, 'DELETE FROM records WHERE "index" = (SELECT max("index") FROM records)'
        ),
        ["ledger-damaged"],
        "restore NEWEST_BACKUP --replace",
    ),
    "the ledger is shorter than it was": (later_mark, ["ledger-rolled-back"], "accept-loss"),
    "records were given up lately": (a_loss, ["ledger-records-lost"], ""),
    "the mark says nothing": (
        lambda gw: gw.settings.mark_path.write_text("{"),
        ["mark-unreadable"],
        ".unreadable",
    ),
    "the database is nonsense": (
        lambda gw: spoil(gw.settings.database_path, 0),
        ["database-damaged"],
        "restore NEWEST_BACKUP --replace",
    ),
    "the database is gone": (
        lambda gw: gw.settings.database_path.unlink(),
        ["database-missing"],
        "restore NEWEST_BACKUP --replace",
    ),
    "the database is of an earlier release": (
        lambda gw: sql(gw.settings.database_path, "UPDATE alembic_version SET version_num = '0000'"),
        ["migrations-missing"],
        "backup",
    ),
    "the database is of a later release": (
        lambda gw: sql(gw.settings.database_path, "UPDATE alembic_version SET version_num = '9999'"),
        ["release-older"],
        "git checkout",
    ),
    "the openings are gone": (
        lambda gw: sql(gw.settings.database_path, "DELETE FROM opening"),
        ["openings-missing"],
        "restore NEWEST_BACKUP --replace",
    ),
    "no key is there": (
        lambda gw: shutil.rmtree(gw.settings.keys_path),
        ["keys-none", "checkpoint-key"],
        "tar -xf",
    ),
    "one key is gone": (
        lambda gw: key(gw, "desk").unlink(),
        ["key-missing"],
        "institution rotate WX --use desk",
    ),
    "one key is another's": (
        exchange_keys,
        ["key-differs", "keys-unsaved"],
        "institution rotate WX --use desk",
    ),
    "one key file is empty": (
        lambda gw: key(gw, "peer").write_text(""),
        ["key-malformed", "keys-unsaved"],
        "mv ",
    ),
    "the operator's key is gone": (lambda gw: operators_key(gw).unlink(), ["checkpoint-key"], "tar -xf"),
    "a rotation waits": (waiting_key, ["rotation-unfinished"], ""),
    "the offline keys are here": (offline_key, ["offline-here"], "rm -r"),
    "no backup was made": (
        lambda gw: gw.settings.backup_note_path.unlink(),
        ["keys-unsaved", "backup-none"],
        "backup",
    ),
    "the keys were never saved": (
        lambda gw: gw.settings.backup_note_path.write_text(
            json.dumps({"at": gw.clock(), "size": 1, "keys_at": 0})
        ),
        ["keys-unsaved"],
        "backup --with-keys",
    ),
    "the newest backup is two days old": (
        lambda gw: note_backup(gw.settings, gw.clock() - 49 * HOUR, 1, keys=False),
        ["backup-old"],
        "backup",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_named_that(case: str, well: Gateway) -> None:
    damage, wanted, command = CASES[case]
    damage(well)
    found = examine(well)
    assert codes(found) == wanted
    assert command in found[0].command
    for one in found:
        assert "{" not in " ".join((*one.words("en"), *one.words("zh"), one.command))


SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the addresses are others than the ledger's": (
        {"console_origin": "https://elsewhere.example", "trusted_proxies": 1},
        ["addresses-differ"],
    ),
    "the wallet is not on HTTPS": (
        {"wallet_origin": "http://wallet.example"},
        ["addresses-differ", "https-missing"],
    ),
    "a proxy in front is not trusted": (
        {"console_origin": "https://elsewhere.example"},
        ["addresses-differ", "proxies-untold"],
    ),
    "the log has no folder": ({"log": Path("/nowhere/at/all/yaoshi.log")}, ["log-unwritable"]),
    "the disk is full": ({"disk_stop_bytes": 2**62}, ["disk-full"]),
    "the disk is nearly full": ({"disk_warn_bytes": 2**62}, ["disk-low"]),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_it_is_named_when_by_the_settings(case: str, well: Gateway) -> None:
    changes, wanted = SETTINGS[case]
    found = examine(well, settings=replace(well.settings, **changes))
    assert codes(found) == wanted


def test_a_clock_behind_the_ledger_and_a_setting_that_is_none_are_named(well: Gateway) -> None:
    (clock,) = examine(well, now=well.clock() - 6_000)
    assert (clock.code, clock.level) == ("clock-behind", "wrong")
    assert "6 seconds" in clock.words("en")[0]
    (unknown,) = examine(well, environment={"YAOSHI_PROT": "1", "YAOSHI_PORT": "8080", "HOME": "/"})
    assert (unknown.code, unknown.level) == ("setting-unknown", "warning")
    assert "YAOSHI_PROT" in unknown.words("en")[0]


def test_what_only_a_replay_finds_is_found_by_looking_deep(well: Gateway) -> None:
    record_byte(well)
    assert examine(well) == []
    (one,) = examine(well, deep=True)
    assert (one.code, one.level) == ("ledger-altered", "wrong")
    assert "record 2" in one.words("en")[0]


def test_a_checkpoint_that_somebody_kept_is_compared(gw: Gateway, life: Life, well: Gateway) -> None:
    node = compose(well.settings, well.clock, well.entropy)
    with node.ledger.view() as view:
        kept = view.checkpoint()
    node.close()
    assert examine(well, expected=kept) == []
    assert codes(examine(well, expected="nonsense")) == ["checkpoint-foreign"]
    sql_free = well.settings.data.with_name("longer")
    shutil.copytree(well.settings.data, sql_free)
    longer = compose(replace(well.settings, data=sql_free), well.clock, well.entropy)
    life.world = replace(life.world, gw=longer)
    life.look()
    with longer.ledger.view() as view:
        beyond = view.checkpoint()
    longer.close()
    assert codes(examine(well, expected=beyond)) == ["checkpoint-beyond"]


def test_a_taken_port_is_named_unless_it_is_ours(well: Gateway) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (one,) = examine(well, settings=replace(well.settings, port=taken.getsockname()[1]))
        assert one.code == "port-taken"
        assert str(taken.getsockname()[1]) in one.command


def test_a_node_that_holds_the_ledger_and_does_not_answer_is_named(well: Gateway, free_port: int) -> None:
    assert running_node(well.settings) is None
    node = compose(well.settings, well.clock, well.entropy)
    try:
        running = running_node(well.settings)
        assert running is not None
        assert running.pid == os.getpid()
        found = examine(well, settings=replace(well.settings, port=free_port))
        assert codes(found) == ["not-answering"]
        # Keys that changed under it are read at its next start.
        path = key(well, "desk")
        path.write_bytes(path.read_bytes())
        found = examine(well, settings=replace(well.settings, port=free_port))
        assert [one.command for one in found if one.code == "keys-unread"] == [f"kill -HUP {os.getpid()}"]
    finally:
        node.close()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_examination_changes_nothing(well: Gateway) -> None:
    def state(settings: Settings) -> dict[str, tuple[bytes, int]]:
        return {
            str(path): (path.read_bytes(), path.stat().st_mode)
            for path in sorted(settings.data.rglob("*"))
            if path.is_file()
        }

    before = state(well.settings)
    examine(well, deep=True)
    assert state(well.settings) == before


def test_every_finding_has_words_in_both_languages_and_fits_a_line() -> None:
    seen: set[str] = set()
    for table in TABLES:
        for code, one in table:
            assert code not in seen, code
            seen.add(code)
            assert all((one.what_en, one.means_en, one.what_zh, one.means_zh)), code
            assert one.level in ("wrong", "warning", "note")
    assert len(seen) > 40


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_it_speaks_the_language_of_the_locale(environment: dict[str, str], wanted: str) -> None:
    assert language(environment) == wanted


def test_what_is_printed_says_what_it_means_and_what_to_type(well: Gateway) -> None:
    later_mark(well)
    english, chinese = (printed(examine(well), each) for each in ("en", "zh"))
    assert english.startswith("WRONG  The ledger has ")
    assert (
        "    Type: .venv/bin/flask --app app restore --replace NEWER_BACKUP_OR_FOLDER_KEPT_ASIDE" in english
    )
    assert chinese.startswith("错误  账本现有 ")
    assert "请输入：" in chinese
