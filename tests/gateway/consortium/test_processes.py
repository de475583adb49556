"""Processes that outlive their command: those that were started end, and no others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.consortium.processes import Processes

SAYS_READY = "import signal, threading; {}; print('ready', flush=True); threading.Event().wait()"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path / "processes.json")
    yield found
    found.end()


def start(book: Processes, tmp_path: Path, name: str, first: str = "pass") -> None:
    log = tmp_path / f"{name}.log"
    book.start(name, [sys.executable, "-c", SAYS_READY.format(first)], {}, log)
    heard = threading.Event()
    while "ready" not in log.read_text("utf-8"):
        assert not heard.wait(0.01)


def test_what_was_started_runs_until_it_is_ended(book: Processes, tmp_path: Path) -> None:
    start(book, tmp_path, "one")
    start(book, tmp_path, "two")
    assert book.running() == ["one", "two"]
    assert Processes(tmp_path / "processes.json").end() == ["two", "one"]
    assert book.running() == []
    assert book.end() == []


def test_one_that_will_not_go_is_ended_by_force(
    book: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.consortium.processes.END_WITHIN_S", 0.2)
    start(book, tmp_path, "deaf", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    assert book.end() == ["deaf"]
    assert book.running() == []


WAITS_FOR_THE_OTHER = """
import pathlib, signal
def end(*_):
    pathlib.Path({own!r}).touch()
    while not pathlib.Path({other!r}).exists():
        pass
    raise SystemExit
signal.signal(signal.SIGTERM, end)
"""


def test_those_of_one_kind_are_told_to_end_at_once_and_the_kind_started_last_before_all(
    book: Processes, tmp_path: Path
) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    start(book, tmp_path, "A node")
    for name, own, other in (("A gateway", first, second), ("B gateway", second, first)):
        start(book, tmp_path, name, f"exec({WAITS_FOR_THE_OTHER.format(own=own, other=other)!r})")
    assert book.end() == ["B gateway", "A gateway", "A node"]
    assert book.running() == []


def test_another_process_with_the_same_number_is_left_alone(book: Processes, tmp_path: Path) -> None:
    start(book, tmp_path, "one")
    path = tmp_path / "processes.json"
    (kept,) = json.loads(path.read_text("utf-8")).values()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        path.write_text(json.dumps({"one": kept, "two": [bystander.pid, 1]}), "utf-8")
        assert book.end() == ["one"]
        assert bystander.poll() is None
        bystander.communicate(b"\n")
    assert bystander.returncode == 0


HAS_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
print(child.pid, flush=True)
"""


@pytest.mark.parametrize("by", ["end", "tidy"])
def test_what_a_crashed_one_left_behind_is_ended_and_nobody_elses(
    by: str, book: Processes, tmp_path: Path
) -> None:
    start(book, tmp_path, "one", f"exec({HAS_A_CHILD!r})")
    child = int((tmp_path / "one.log").read_text("utf-8").split()[0])
    ((leader, _),) = json.loads((tmp_path / "processes.json").read_text("utf-8")).values()
    bystander = Processes(tmp_path / "other.json")
    start(bystander, tmp_path, "bystander")
    os.kill(leader, signal.SIGKILL)
    waiting = threading.Event()
    while book.running():
        assert not waiting.wait(0.01)
    assert Path(f"/proc/{child}").exists(), "the crash left it"
    start(book, tmp_path, "two")
    assert getattr(book, by)() == {"end": ["two", "one"], "tidy": None}[by]
    assert is_gone(child)
    assert book.running() == {"end": [], "tidy": ["two"]}[by]
    assert bystander.end() == ["bystander"]


def is_gone(pid: int) -> bool:
    """Whether the process is over; a zombie has ended, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_one_that_is_gone_already_is_no_error(book: Processes, tmp_path: Path) -> None:
    book.start("brief", [sys.executable, "-c", "pass"], {}, tmp_path / "brief.log")
    waiting = threading.Event()
    while book.running():
        assert not waiting.wait(0.01)
    assert book.end() == []
