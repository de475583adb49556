"""A backup is one whole file, made beside a busy node, in which every entry can be opened."""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from gateway.composition import Gateway
from gateway.operation.backup.archive import BackupError, Manifest, describe, write_archive
from gateway.operation.backup.making import STAGING, make_backup, stream_backup
from gateway.operation.backup.noted import last_backup
from gateway.operation.backup.restoring import Wishes, check_backup, restore
from gateway.operation.openings import missing_openings
from gateway.settings import Settings
from gateway.store.snapshot import pinned
from ledger.checkpoint import open_checkpoint
from ledger.engine.embedded import open_view_only
from tests.gateway.operation.conftest import Life, silent

BackUp = Callable[..., tuple[Path, Manifest]]


def names(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def entry_ids(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "ledger.db")) as conn:
        rows = conn.execute('SELECT entry_id FROM records ORDER BY "index"').fetchall()
    return [row[0].hex() for row in rows]


def put_back(path: Path, settings: Settings, **wishes: Any) -> None:
    with path.open("rb") as source:
        restore(settings, source, Wishes(**wishes), clock=lambda: 1, entropy=os.urandom, progress=silent)


def test_a_backup_says_what_it_is_and_only_its_owner_can_read_it(
    back_up: BackUp, life: Life, gw: Gateway
) -> None:
    path, manifest = back_up()
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(path) == ["manifest.json", "genesis.json", "ledger.db", "gateway.db"]
    with gw.ledger.view() as view:
        assert (manifest.ledger, manifest.size, manifest.root) == (gw.ledger.id, view.size, view.root.hex())
    key = gw.ledger.genesis.checkpoint_key(gw.ledger.genesis.operators[0]["id"])
    assert manifest.checkpoint is not None
    assert open_checkpoint(manifest.checkpoint, gw.ledger.genesis.origin, key).size == manifest.size
    assert list(path.parent.glob(f"{STAGING}*")) == []
    with path.open("rb") as source:
        assert check_backup(gw.settings, source, gw.clock, silent) == manifest
    assert not gw.settings.data.with_name("node.checking").exists()


@pytest.mark.usefixtures("life")
def test_no_byte_of_a_key_is_in_a_backup_unless_asked_for_and_the_offline_keys_never(
    back_up: BackUp, gw: Gateway
) -> None:
    plain, with_keys = (
        back_up("plain.tar")[0].read_bytes(),
        back_up("keys.tar", with_keys=True)[0].read_bytes(),
    )
    working = [path.read_bytes().strip() for path in gw.settings.keys_path.glob("*/*.key")]
    offline = [path.read_bytes().strip() for path in gw.settings.offline_path.glob("*/*.key")]
    working.append(gw.settings.session_secret_path.read_bytes())
    assert len(working) > 10
    assert len(offline) == 4
    assert [key for key in working + offline if key in plain] == []
    assert [key for key in working if key not in with_keys] == []
    assert [key for key in offline if key in with_keys] == []


@pytest.mark.parametrize("moment", ["pinned ledger.db", "pinned gateway.db"])
def test_an_entry_between_the_two_copies_costs_no_opening(
    moment: str, back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    """The order is what this is about: with the other database pinned first, the first case fails."""
    with gw.ledger.view() as view:
        before = view.size
    between: list[str] = []

    def progress(what: str, _done: int, _total: int) -> None:
        if what == moment:
            between.extend((life.look(), life.disclose()))

    path, manifest = back_up(progress=progress)
    assert len(between) == 2
    assert manifest.size == before
    put_back(path, elsewhere)
    assert not set(between) & set(entry_ids(elsewhere.data))


def test_the_other_order_would_lose_an_opening_and_such_a_backup_is_refused(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    with pinned(gw.settings.database_path) as database:
        life.look()
        with pinned(gw.settings.ledger_path) as ledger:
            database.copy(wrong / "gateway.db", lambda done, total: None)
            ledger.copy(wrong / "ledger.db", lambda done, total: None)
    (wrong / "genesis.json").write_bytes(gw.ledger.genesis_bytes)
    _, right = back_up("right.tar")
    files = describe(wrong, ("genesis.json", "ledger.db", "gateway.db"))
    with (tmp_path / "wrong.tar").open("wb") as target:
        write_archive(target, wrong, replace(right, files=files), silent)
    with pytest.raises(BackupError, match="lacks the details of 1 entries"):
        put_back(tmp_path / "wrong.tar", elsewhere)


def test_backups_under_load_are_each_whole_and_lose_nothing_that_was_there(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    over, done = Event(), []

    def work(act: Callable[[], str]) -> None:
        while not over.is_set():
            done.append(act())

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, act) for act in (life.look, life.disclose, life.look, life.disclose)]
        try:
            for number in range(4):
                acknowledged = list(done)
                path, manifest = back_up(f"{number}.tar")
                put_back(path, elsewhere, replace=number > 0)
                kept = entry_ids(elsewhere.data)
                assert len(kept) == manifest.size
                assert set(acknowledged) <= set(kept)
        finally:
            over.set()
    assert [each.exception() for each in running] == [None] * 4
    assert len(done) > 8


def test_what_is_missing_is_found(life: Life, gw: Gateway) -> None:
    hosted = [one["id"] for one in gw.ledger.genesis.institutions]
    with gw.ledger.view() as view, gw.db.connect() as conn:
        assert missing_openings(view, conn, hosted) == []
        last = view.size - 1
    with gw.db.begin() as conn:
        conn.exec_driver_sql("DELETE FROM opening WHERE rowid = (SELECT max(rowid) FROM opening)")
    with open_view_only(gw.settings.ledger_path, gw.ledger.genesis_bytes) as view, gw.db.connect() as conn:
        assert missing_openings(view, conn, hosted) == [last]
        assert missing_openings(view, conn, hosted, newest=1) == [last]
        # Another node's institutions answer for their own.
        assert missing_openings(view, conn, hosted[1:]) == []


def test_nothing_is_overwritten(back_up: BackUp, life: Life, gw: Gateway, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("kept", "link"):
        with pytest.raises(BackupError, match="exists already and was left alone"):
            back_up(name)

    def appears(what: str, done: int, total: int) -> None:
        if what == "writing" and done == total:
            (tmp_path / "late").write_text("mine")

    with pytest.raises(BackupError, match="exists already and was left alone"):
        back_up("late", progress=appears)
    assert (kept.read_text(), (tmp_path / "late").read_text()) == ("mine", "mine")
    assert last_backup(gw.settings) is None
    assert list(tmp_path.glob(f"{STAGING}*")) == []
    assert life.look()


def test_a_backup_that_cannot_be_made_says_why_and_leaves_nothing(
    back_up: BackUp, life: Life, gw: Gateway, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="no folder"):
        back_up("nowhere/b.tar")
    gw.settings.genesis_path.rename(tmp_path / "genesis.json")
    with pytest.raises(BackupError, match="No such file or directory"):
        back_up()
    (tmp_path / "genesis.json").rename(gw.settings.genesis_path)
    assert life.look()
    assert not (tmp_path / "backup.tar").exists()
    assert list(tmp_path.glob(f"{STAGING}*")) == []


def test_a_backup_leaves_the_node_the_room_that_it_needs(life: Life, gw: Gateway, tmp_path: Path) -> None:
    settings = replace(gw.settings, disk_stop_bytes=2**62)
    with pytest.raises(BackupError, match="free some, or name a place on another disk"):
        make_backup(settings, tmp_path / "b.tar", with_keys=False, clock=gw.clock, progress=silent)
    assert [path.name for path in tmp_path.iterdir() if "b.tar" in path.name or STAGING in path.name] == []
    assert life.look()


def test_what_a_killed_backup_left_is_removed_and_a_living_ones_is_not(
    back_up: BackUp, life: Life, tmp_path: Path
) -> None:
    left = tmp_path / f"{STAGING}dead"
    left.mkdir()
    (left / "ledger.db").write_bytes(b"half")
    seen: list[int] = []

    def progress(what: str, _done: int, _total: int) -> None:
        if what == "pinned ledger.db" and not seen:
            seen.append(len(list(tmp_path.glob(f"{STAGING}*"))))
            back_up("within.tar")
            seen.append(len(list(tmp_path.glob(f"{STAGING}*"))))

    back_up(progress=progress)
    assert seen == [1, 1]
    assert list(tmp_path.glob(f"{STAGING}*")) == []
    assert life.look()


def test_a_backup_is_noted_with_its_time(back_up: BackUp, life: Life, gw: Gateway, clock: Any) -> None:
    back_up("one.tar")
    first = last_backup(gw.settings)
    assert first is not None
    assert (first.at, first.keys_at) == (clock.now, 0)
    clock.advance(hours=1)
    back_up("two.tar", with_keys=True)
    clock.advance(hours=1)
    back_up("three.tar")
    last = last_backup(gw.settings)
    assert last is not None
    assert (last.at, last.keys_at) == (clock.now, clock.now - 3_600_000)
    assert life.look()


def test_a_stream_can_be_put_back_as_well(life: Life, gw: Gateway, elsewhere: Settings) -> None:
    stream = io.BytesIO()
    made = stream_backup(gw.settings, stream, with_keys=True, clock=gw.clock, progress=silent)
    stream.seek(0)
    done = restore(elsewhere, stream, Wishes(), clock=gw.clock, entropy=os.urandom, progress=silent)
    assert done.manifest == made
    assert elsewhere.genesis_path.read_bytes() == gw.ledger.genesis_bytes
    assert list(gw.settings.data.glob(f"{STAGING}*")) == []
    assert life.look()
