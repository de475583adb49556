"""An operator's days: backups under load, another machine, kills at bad moments, an older backup put back.

Real processes and commands as they are typed; nothing here reaches into the node.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import expect

from tests.journeys.node import (
    ROOT,
    Node,
    environment,
    fetch,
    flask,
    free_port,
    start_again,
    start_node,
    stop_node,
)
from tests.journeys.staff import RefusedError, Staff
from tests.journeys.test_crash import entry_ids
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT = "吴思远"
PATIENCE_SECONDS = 60
WRITERS = 4
KILLS = 4


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Node]:
    """A node of this test's own, which may be stopped, rolled back and killed."""
    var = tmp_path / "var"
    var.mkdir(mode=0o700)
    running = start_node(var, free_port())
    yield running
    stop_node(running)


def on_another_machine(node: Node, tmp_path: Path) -> Node:
    """The same addresses with nothing behind them yet; the first machine must be stopped."""
    var = tmp_path / "machine"
    var.mkdir(mode=0o700)
    return replace(node, var=var)


def typed(node: Node, *words: str) -> str:
    """What a command says that must succeed."""
    done = flask(node, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def codes_of(node: Node) -> list[str]:
    found = json.loads(flask(node, "doctor", "--json").stdout)
    return [one["code"] for one in found]


def ready(node: Node) -> tuple[int, list[str]]:
    try:
        status, text = 200, fetch(f"{node.console}/readyz")
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    return status, [one["code"] for one in json.loads(text)["warnings"]]


def records(file: Path) -> int:
    with tarfile.open(file) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        return int(json.loads(manifest.read())["size"])


def looking(doctor: Staff, patient: str, over: Event, made: list[str]) -> None:
    """Opens a chart again and again; each opening is an entry that the answer names."""
    while not over.is_set():
        try:
            made.append(doctor.open(patient)["look"])
        except (OSError, HTTPException):
            return


def wait_for(reached: Callable[[], bool], what: str) -> None:
    end, pause = time.monotonic() + PATIENCE_SECONDS, Event()
    while not reached():
        assert time.monotonic() < end, what
        pause.wait(0.005)


def test_a_backup_made_under_load_brings_the_node_to_another_machine(own: Node, tmp_path: Path) -> None:
    doctor, over, made = Staff(own, "WX", "clinician"), Event(), list[str]()
    patients = [each["id"] for each in doctor.call("POST", "patients/search", {"text": "合成"})["patients"]]
    files = [tmp_path / f"{number}.tar" for number in range(2)]
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [
            pool.submit(looking, doctor, patients[place % len(patients)], over, made)
            for place in range(WRITERS)
        ]
        acknowledged = []
        try:
            for file in files:
                before = len(made)
                wait_for(lambda before=before: len(made) >= before + 5, "no load")
                acknowledged.append(list(made))
                typed(own, "backup", "--with-keys", str(file))
        finally:
            over.set()
    assert [each.exception() for each in running] == [None] * WRITERS
    assert records(files[0]) < records(files[1])
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert "Everything holds." in typed(own, "restore", "--check", str(files[0]))
    assert [code for code in codes_of(own) if code.startswith(("openings", "ledger", "database"))] == []
    stop_node(own)

    there = on_another_machine(own, tmp_path)
    said = typed(there, "restore", str(files[-1]))
    assert f"{records(files[-1])} ledger records" in said
    assert "NO KEYS" not in said
    start_again(there)
    try:
        assert ready(there) == (200, [])
        auditor = Staff(there, "WX", "auditor")
        found = entry_ids(auditor)
        assert len(found) == records(files[-1])
        assert set(acknowledged[-1]) <= found
        assert Staff(there, "WX", "clinician").open(patients[0])["look"] not in found
    finally:
        stop_node(there)


def test_a_backup_killed_at_any_moment_leaves_no_half_of_one(own: Node, tmp_path: Path) -> None:
    seed = int(os.environ.get("YAOSHI_SEED") or random.SystemRandom().randrange(2**32))
    print(f"YAOSHI_SEED={seed}")  # noqa: T201 - repeats exactly these moments
    moments = random.Random(seed)  # noqa: S311 - moments of a kill, no secret
    folder = tmp_path / "backups"
    folder.mkdir()
    for number in range(KILLS):
        file = folder / f"{number}.tar"
        process = begin(own, "backup", str(file))
        wait_for(lambda file=file: any(folder.glob(".yaoshi-backup-*")) or file.exists(), "no backup began")
        Event().wait(moments.random() * 0.3)
        process.kill()
        process.wait()
        if file.exists():
            assert "Everything holds." in typed(own, "restore", "--check", str(file))
        assert ready(own) == (200, [])
    typed(own, "backup", str(folder / "last.tar"))
    assert [path.name for path in folder.glob(".*")] == []
    assert "Everything holds." in typed(own, "restore", "--check", str(folder / "last.tar"))


def test_a_restore_killed_at_any_moment_is_finished_by_the_next(own: Node, tmp_path: Path) -> None:
    seed = int(os.environ.get("YAOSHI_SEED") or random.SystemRandom().randrange(2**32))
    print(f"YAOSHI_SEED={seed}")  # noqa: T201 - repeats exactly these moments
    moments = random.Random(seed)  # noqa: S311 - moments of a kill, no secret
    file = tmp_path / "backup.tar"
    typed(own, "backup", "--with-keys", str(file))
    stop_node(own)
    for _ in range(KILLS):
        process = begin(own, "restore", "--replace", str(file))
        draft = own.data.with_name(f"{own.data.name}.restoring")
        wait_for(
            lambda draft=draft, process=process: draft.exists() or process.poll() is not None, "no restore"
        )
        Event().wait(moments.random() * 1.2)
        process.kill()
        process.wait()
        # The old data or the new is in place, or neither, and then nothing is founded in its stead.
        if own.data.exists():
            assert "not-founded" not in codes_of(own), f"YAOSHI_SEED={seed}"
            assert (own.data / "genesis.json").exists()
        else:
            refused = flask(own, "serve")
            assert refused.returncode == 1
            assert "restore was cut off" in refused.stdout + refused.stderr
    typed(own, "restore", "--replace", str(file))
    assert not own.data.with_name(f"{own.data.name}.restoring").exists()
    start_again(own)
    assert ready(own) == (200, [])


def test_nothing_is_founded_between_the_two_renames_of_a_restore(own: Node, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    typed(own, "backup", "--with-keys", str(file))
    stop_node(own)
    own.data.rename(own.data.with_name(f"{own.data.name}.before-20260101T000000Z"))
    refused = flask(own, "serve")
    assert refused.returncode == 1
    assert "A restore was cut off" in refused.stdout + refused.stderr
    assert not own.data.exists()
    typed(own, "restore", str(file))
    start_again(own)
    assert ready(own) == (200, [])


def test_an_older_backup_is_noticed_by_the_node_by_its_staff_and_by_the_phone(
    own: Node, tmp_path: Path, windows: Windows
) -> None:
    phone, desk, doctor = (
        Wallet(windows.phone(), own),
        Staff(own, "QH", "desk"),
        Staff(own, "QH", "clinician"),
    )
    patient = desk.find(PATIENT)["id"]
    phone.link(desk, patient)
    doctor.open(patient)
    file = tmp_path / "older.tar"
    typed(own, "backup", str(file))
    for _ in range(2):
        doctor.open(patient)
    phone.open()
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对"))
    stop_node(own)

    said = typed(own, "restore", "--replace", str(file))
    assert "THIS BACKUP IS OLDER" in said
    assert "2 ledger records are missing" in said
    start_again(own, "livez")
    assert ready(own) == (503, ["ledger-rolled-back"])
    assert "ledger-rolled-back" in codes_of(own)
    assert flask(own, "doctor").returncode == 2
    assert "Put the newer data back if it exists" in flask(own, "doctor").stdout
    status = doctor.call("GET", "status")
    assert [one["code"] for one in status["warnings"]] == ["ledger-rolled-back"]
    with pytest.raises(RefusedError, match="503 ledger-rolled-back"):
        doctor.open(patient)

    phone.open()
    phone.sees_title("以前的记录被改写了")
    phone.sees("告诉医院隐私负责人")
    expect(phone.page.locator(".shield")).to_have_count(0)

    # The later data is put back: all is as it was, for the phone, too.
    stop_node(own)
    (aside,) = own.var.glob(f"{own.data.name}.before-*")
    shutil.rmtree(own.data)
    aside.rename(own.data)
    start_again(own)
    assert ready(own) == (200, [])
    phone.open()
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对"))
    expect(phone.page.locator(".alarm")).to_have_count(0)


def test_after_a_loss_that_is_accepted_the_node_works_and_the_phone_keeps_its_alarm(
    own: Node, tmp_path: Path, windows: Windows
) -> None:
    phone, desk, doctor = (
        Wallet(windows.phone(), own),
        Staff(own, "QH", "desk"),
        Staff(own, "QH", "clinician"),
    )
    patient = desk.find(PATIENT)["id"]
    phone.link(desk, patient)
    file = tmp_path / "older.tar"
    typed(own, "backup", str(file))
    doctor.open(patient)
    phone.open()
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对"))
    stop_node(own)
    typed(own, "restore", "--replace", str(file))
    start_again(own, "livez")
    typed(own, "ledger", "accept-loss", "--yes")
    # The decision is read at the next start, and a running node starts anew when it is told to.
    own.process.send_signal(signal.SIGHUP)
    wait_for(lambda: settled(own) == (200, ["ledger-records-lost"]), "no new beginning")
    assert own.process.poll() is None
    assert "ledger-records-lost" in codes_of(own)
    for _ in range(3):
        doctor.open(patient)
    phone.open()
    phone.sees_title("以前的记录被改写了")


def test_keys_that_were_exchanged_are_read_on_a_signal(own: Node) -> None:
    first = worker(own)
    path = next((own.data / "keys").glob("*/release.key"))
    path.write_bytes(path.read_bytes())
    found = json.loads(flask(own, "doctor", "--json").stdout)
    (told,) = [one["command"] for one in found if one["code"] == "keys-unread"]
    assert told == f"kill -HUP {own.process.pid}"
    os.kill(int(told.split()[-1]), signal.SIGHUP)
    wait_for(lambda: worker(own) != first and settled(own) == (200, []), "no new beginning")
    assert "keys-unread" not in codes_of(own)
    doctor = Staff(own, "WX", "clinician")
    patient = doctor.call("POST", "patients/search", {"text": "合成"})["patients"][0]["id"]
    assert doctor.open(patient)["look"]


def test_a_stop_during_a_new_beginning_stops(own: Node) -> None:
    own.process.send_signal(signal.SIGHUP)
    own.process.send_signal(signal.SIGTERM)
    own.process.wait(PATIENCE_SECONDS)
    assert settled(own) is None
    start_again(own)
    assert ready(own) == (200, [])


def worker(node: Node) -> str:
    """The process that has the ledger."""
    return (node.data / "ledger.db.lock").read_text()


def settled(node: Node) -> tuple[int, list[str]] | None:
    """As ready(); None while nobody answers."""
    try:
        return ready(node)
    except (OSError, HTTPException):
        return None


def begin(node: Node, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=ROOT,
        env=environment(node.var, node.port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
