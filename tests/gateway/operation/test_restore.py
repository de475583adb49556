"""A restore puts a checked backup in place or changes nothing; an older one is put back and told apart."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import compose, create_app
from gateway.composition import Gateway
from gateway.identity.founding import FoundingError, found
from gateway.operation.backup.archive import BackupError, Manifest
from gateway.operation.backup.restoring import Restored, Wishes, check_backup, restore
from gateway.operation.watermark import read_mark
from gateway.settings import Settings
from tests.gateway.conftest import CONSOLE
from tests.gateway.operation.conftest import Life, silent

BackUp = Callable[..., tuple[Path, Manifest]]
Files = dict[str, bytes]


def put_back(path: Path, settings: Settings, **wishes: Any) -> Restored:
    with path.open("rb") as source:
        return restore(
            settings, source, Wishes(**wishes), clock=lambda: 1, entropy=os.urandom, progress=silent
        )


def everything(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


# A backup that is not as it should be


def members(path: Path) -> Files:
    with tarfile.open(path) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def packed(files: Files, kind: bytes = tarfile.REGTYPE) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data) if kind == tarfile.REGTYPE or name == "manifest.json" else 0
            entry.type = tarfile.REGTYPE if name == "manifest.json" else kind
            entry.linkname = "/etc/passwd"
            tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def with_manifest(files: Files, **changes: Any) -> bytes:
    manifest = {**json.loads(files["manifest.json"]), **changes}
    return packed({**files, "manifest.json": json.dumps(manifest).encode()})


def renamed(files: Files, name: str) -> bytes:
    """The backup with genesis.json under another name, in the manifest, too."""
    text = files["manifest.json"].replace(b'"genesis.json"', json.dumps(name).encode())
    rest = {each: data for each, data in files.items() if each not in ("manifest.json", "genesis.json")}
    return packed({"manifest.json": text, name: files["genesis.json"], **rest})


def altered(files: Files, name: str, at: int) -> bytes:
    data = bytearray(files[name])
    data[at] ^= 1
    return packed({**files, name: bytes(data)})


def rehashed(files: Files, name: str, change: Callable[[bytearray], None]) -> bytes:
    """Altered by somebody who makes the manifest fit."""
    from hashlib import sha256

    data = bytearray(files[name])
    change(data)
    manifest = json.loads(files["manifest.json"])
    for one in manifest["files"]:
        if one["name"] == name:
            one.update(sha256=sha256(data).hexdigest(), bytes=len(data))
    return packed({**files, "manifest.json": json.dumps(manifest).encode(), name: bytes(data)})


def swap_a_byte_of_an_entry(data: bytearray) -> None:
    at = data.rindex(b"eyJ") + 40  # within some entry's payload
    data[at] = ord("A") if data[at] != ord("A") else ord("B")


def without_openings(data: bytearray) -> None:
    import sqlite3
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with sqlite3.connect(file.name) as conn:
            conn.execute("PRAGMA journal_mode=DELETE")
            conn.execute("DELETE FROM opening")
        conn.close()
        data[:] = Path(file.name).read_bytes()


BROKEN: dict[str, tuple[Callable[[Files], bytes], str]] = {
    "it is empty": (lambda files: b"", "not a backup"),
    "it is no tar": (lambda files: b"not a tar " * 200, "not a backup"),
    "it is some other tar": (lambda files: packed({"readme": b"hello"}), "not a backup"),
    "it is cut off in the ledger": (lambda files: packed(files)[:30_000], "cut off"),
    "it is cut off between two files": (
        lambda files: packed({name: files[name] for name in list(files)[:3]}),
        "gateway.db is missing",
    ),
    "one bit of the ledger is another": (lambda files: altered(files, "ledger.db", 9_000), "hash is another"),
    "one bit of the records is another": (
        lambda files: altered(files, "gateway.db", 50_000),
        "hash is another",
    ),
    "the manifest is no JSON": (lambda files: packed({**files, "manifest.json": b"{"}), "manifest cannot"),
    "the manifest is a list": (lambda files: packed({**files, "manifest.json": b"[]"}), "manifest cannot"),
    "the manifest has a member more": (lambda files: with_manifest(files, more=1), "manifest cannot"),
    "the manifest's size is no number": (lambda files: with_manifest(files, size="9"), "manifest cannot"),
    "it is of a later kind": (lambda files: with_manifest(files, version=2), "another release"),
    "a file is there that nobody named": (
        lambda files: packed({**files, "evil.sh": b"#!/bin/sh"}),
        "something that its manifest does not name",
    ),
    "a name leads out of the folder": (lambda files: renamed(files, "../../evil"), "manifest cannot"),
    "a name is absolute": (lambda files: renamed(files, "/etc/cron.d/evil"), "manifest cannot"),
    "its files are links": (lambda files: packed(files, tarfile.SYMTYPE), "does not name"),
    "its files are devices": (lambda files: packed(files, tarfile.CHRTYPE), "does not name"),
    "its ledger ends elsewhere": (lambda files: with_manifest(files, size=3), "does not end where"),
    "its ledger is another one": (
        lambda files: with_manifest(files, ledger="0" * 64),
        "not that of its ledger",
    ),
    "an entry was altered and all hashes with it": (
        lambda files: rehashed(files, "ledger.db", swap_a_byte_of_an_entry),
        "ledger in the backup",
    ),
    "the openings were taken out and all hashes with them": (
        lambda files: rehashed(files, "gateway.db", without_openings),
        "lacks the details of",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_nothing_is_put_in_place_when(
    case: str, back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings, tmp_path: Path
) -> None:
    spoil, said = BROKEN[case]
    path, _ = back_up()
    gw.close()
    spoiled = tmp_path / "spoiled.tar"
    spoiled.write_bytes(spoil(members(path)))
    before = everything(gw.settings.data)
    for settings, wishes in ((elsewhere, Wishes()), (gw.settings, Wishes(replace=True))):
        with spoiled.open("rb") as source, pytest.raises(BackupError, match=said):
            restore(settings, source, wishes, clock=lambda: 1, entropy=os.urandom, progress=silent)
    with spoiled.open("rb") as source, pytest.raises(BackupError, match=said):
        check_backup(gw.settings, source, gw.clock, silent)
    assert everything(gw.settings.data) == before
    assert [one.name for one in elsewhere.data.parent.glob("*") if one.is_dir()] == []
    assert life.grant
    assert not any(path.is_dir() and path.name.startswith("node.") for path in tmp_path.iterdir())


# What is there already


def test_a_running_node_is_left_alone(back_up: BackUp, life: Life, gw: Gateway) -> None:
    path, _ = back_up()
    for wishes in ({}, {"replace": True}):
        with pytest.raises(BackupError, match="node is running"):
            put_back(path, gw.settings, **wishes)
    assert life.look()


def test_data_that_is_there_is_left_alone_or_kept_aside(back_up: BackUp, life: Life, gw: Gateway) -> None:
    path, _ = back_up()
    gw.close()
    before = everything(gw.settings.data)
    with pytest.raises(BackupError, match="--replace keeps it aside"):
        put_back(path, gw.settings)
    assert everything(gw.settings.data) == before
    done = put_back(path, gw.settings, replace=True)
    assert done.known is None
    assert done.aside is not None
    assert everything(done.aside) == before
    for name in ("keys", "offline", "secrets"):
        assert everything(gw.settings.data / name) == everything(done.aside / name)
    for each in (gw.settings.data, *gw.settings.data.rglob("*")):
        assert each.stat().st_mode & 0o777 == (0o700 if each.is_dir() else 0o600), each
    again = compose(gw.settings, gw.clock, gw.entropy)
    assert again.watermark.code is None
    again.close()
    assert life.grant


def test_keys_on_a_volume_of_their_own_stay_there(
    back_up: BackUp, life: Life, gw: Gateway, tmp_path: Path
) -> None:
    path, _ = back_up()
    gw.close()
    gw.settings.keys_path.rename(tmp_path / "volume")
    gw.settings.keys_path.symlink_to(tmp_path / "volume")
    put_back(path, gw.settings, replace=True)
    assert gw.settings.keys_path.readlink() == tmp_path / "volume"
    compose(gw.settings, gw.clock, gw.entropy).close()
    assert life.grant


def test_another_ledger_or_another_address_is_not_replaced(
    back_up: BackUp, life: Life, elsewhere: Settings, clock: Any, entropy: Any
) -> None:
    path, _ = back_up()
    with pytest.raises(BackupError, match="console is at http://localhost:8080"):
        put_back(path, replace(elsewhere, console_origin="https://records.example.org"))
    found(elsewhere, clock, entropy)
    with pytest.raises(BackupError, match="holds another ledger"):
        put_back(path, elsewhere, replace=True)
    assert life.look()


def test_keys_come_from_the_backup_or_from_a_folder_or_are_missed(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings, tmp_path: Path
) -> None:
    plain, whole = back_up("plain.tar")[0], back_up("whole.tar", with_keys=True)[0]
    keys = everything(gw.settings.keys_path)
    put_back(plain, elsewhere)
    assert not elsewhere.keys_path.exists()
    assert elsewhere.session_secret_path.read_bytes() != gw.settings.session_secret_path.read_bytes()
    put_back(plain, elsewhere, replace=True, keys=gw.settings.data)
    assert everything(elsewhere.keys_path) == keys
    shutil.rmtree(elsewhere.data)
    shutil.rmtree(next(elsewhere.data.parent.glob("*.before-*")))
    put_back(whole, elsewhere)
    assert everything(elsewhere.keys_path) == keys
    assert not elsewhere.offline_path.exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackupError, match="holds no keys"):
        put_back(plain, elsewhere, replace=True, keys=tmp_path / "empty")
    assert life.look()


# An older backup is noticed


def halted(settings: Settings, gw: Gateway) -> Gateway:
    node = compose(settings, gw.clock, gw.entropy)
    assert node.watermark.code == "ledger-rolled-back"
    return node


def told(node: Gateway) -> tuple[int, list[str]]:
    answer = create_app(gateway=node).test_client().get("/readyz", base_url=CONSOLE)
    return answer.status_code, [one["code"] for one in answer.json["warnings"]]


def test_a_backup_older_than_the_ledger_that_it_replaces_is_noticed(
    back_up: BackUp, life: Life, gw: Gateway
) -> None:
    path, manifest = back_up()
    life.look()
    life.look()
    gw.close()
    done = put_back(path, gw.settings, replace=True)
    assert done.known is not None
    assert done.known.size == manifest.size + 2
    node = halted(gw.settings, gw)
    assert told(node) == (503, ["ledger-rolled-back"])
    node.close()


def test_a_backup_older_than_the_mark_is_noticed_on_an_empty_machine(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    path, manifest = back_up(with_keys=True)
    life.look()
    gw.watermark.raise_now()
    there = replace(elsewhere, mark=gw.settings.mark_path)
    assert put_back(path, there).known == read_mark(gw.settings.mark_path)
    halted(there, gw).close()
    # Without that knowledge nobody here can tell: the phones do.
    done = put_back(path, replace(elsewhere, data=elsewhere.data.with_name("third")))
    assert (done.known, done.manifest) == (None, manifest)


def test_a_backup_older_than_a_checkpoint_that_somebody_kept_is_noticed(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    path, manifest = back_up(with_keys=True)
    with gw.ledger.view() as view:
        same = view.checkpoint()
    life.look()
    with gw.ledger.view() as view:
        later = view.checkpoint()
    longer = later.replace(f"\n{manifest.size + 1}\n", f"\n{manifest.size + 9}\n")
    for note in ("nonsense", later.replace("localhost", "elsewhere"), longer):
        with pytest.raises(BackupError, match="not of this ledger's operator"):
            put_back(path, elsewhere, expected=note)
    assert put_back(path, elsewhere, expected=same).known is None
    done = put_back(path, elsewhere, replace=True, expected=later)
    assert done.known is not None
    assert done.known.size == manifest.size + 1
    halted(elsewhere, gw).close()


def test_a_ledger_that_went_another_way_is_noticed_although_it_is_longer(
    back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    path, _ = back_up(with_keys=True)
    life.look()
    gw.watermark.raise_now()
    put_back(path, elsewhere)
    gw.close()
    other = compose(elsewhere, gw.clock, gw.entropy)
    life.world = replace(life.world, gw=other)
    for _ in range(3):
        life.look()
    other.close()
    halted(replace(elsewhere, mark=gw.settings.mark_path), gw).close()


# Cut off between two renames


@pytest.mark.parametrize("left", ["node.restoring", "node.before-20260101T000000Z"])
def test_nothing_is_founded_where_a_restore_was_cut_off(
    left: str, back_up: BackUp, life: Life, gw: Gateway, elsewhere: Settings
) -> None:
    path, _ = back_up(with_keys=True)
    elsewhere.data.parent.mkdir(parents=True)
    (elsewhere.data.parent / left).mkdir()
    with pytest.raises(FoundingError, match="restore was cut off"):
        found(elsewhere, gw.clock, gw.entropy)
    assert not elsewhere.data.exists()
    put_back(path, elsewhere)
    assert elsewhere.genesis_path.exists()
    assert life.look()
