"""A log that is moved away under full work loses no line and cuts none; a full disk stops nothing."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from gateway.web.log_file import LogFile
from gateway.web.logs import make_log

WRITERS, ROTATIONS = 4, 6


def lines(folder: Path) -> list[dict[str, object]]:
    found = []
    for path in sorted(folder.glob("yaoshi.log*")):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found += [json.loads(line) for line in text.splitlines()]
    return found


def by_renaming(path: Path, number: int) -> None:
    path.rename(path.with_name(f"yaoshi.log.{number}"))


def by_logrotate(path: Path, number: int) -> None:
    """As docs/operating.md says it: daily, compressed a day later, a new file made at once."""
    rules = path.with_name("rules")
    rules.write_text(f"{path} {{\n rotate 1000\n compress\n delaycompress\n missingok\n create 0640\n}}\n")
    rules.chmod(0o600)
    command = ["logrotate", "--force", "--state", str(path.with_name("state")), str(rules)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("rotate", [by_renaming, by_logrotate], ids=["renaming", "logrotate"])
def test_no_line_is_lost_and_none_is_cut_by(rotate: Callable[[Path, int], None], tmp_path: Path) -> None:
    if rotate is by_logrotate and shutil.which("logrotate") is None:
        pytest.skip("type: apt install logrotate")
    tmp_path.chmod(0o755)  # logrotate refuses folders that others may write
    path = tmp_path / "yaoshi.log"
    log, written, over = make_log(LogFile(path)), Event(), Event()
    counts = [0] * WRITERS

    def write(writer: int) -> int:
        number = 0
        while not over.is_set():
            log.info("request", writer=writer, number=number, route="/i/<institution>/wallet/timeline")
            counts[writer] = number = number + 1
            written.set()
        return number

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(write, writer) for writer in range(WRITERS)]
        try:
            for number in range(ROTATIONS):
                # As a day lies between two rotations: what was being written at the last one is written.
                before = list(counts)
                while not path.exists() or any(now <= then for now, then in zip(counts, before, strict=True)):
                    written.clear()
                    assert written.wait(30)
                rotate(path, number)
        finally:
            over.set()
    wanted = [(writer, number) for writer, each in enumerate(running) for number in range(each.result())]
    assert len(list(tmp_path.glob("yaoshi.log.*"))) == ROTATIONS
    assert sorted((one["writer"], one["number"]) for one in lines(tmp_path)) == wanted


def test_two_processes_write_whole_lines_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "yaoshi.log"
    one, two = LogFile(path), LogFile(path)
    for number in range(100):
        (one if number % 2 else two).write(json.dumps({"number": number}) + "\n")
    assert [each["number"] for each in lines(tmp_path)] == list(range(100))
    assert path.stat().st_mode & 0o077 & ~0o040 == 0


def test_a_log_that_cannot_be_written_stops_nothing_and_says_later_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    file = LogFile(folder / "yaoshi.log")
    log = make_log(file)
    log.info("before")
    shutil.rmtree(folder)
    log.info("lost")
    log.info("lost")
    folder.mkdir()
    log.info("after")
    assert [one["event"] for one in lines(folder)] == ["log-lines-lost", "after"]
    assert lines(folder)[0]["lines"] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_only_counted(tmp_path: Path) -> None:
    path = tmp_path / "yaoshi.log"
    path.symlink_to("/dev/full")
    log = make_log(LogFile(path))
    for _ in range(3):
        log.info("request")
    path.unlink()
    log.info("after")
    assert [one.get("lines") for one in lines(tmp_path)] == [3, None]


def test_what_no_text_can_hold_is_written_escaped(tmp_path: Path) -> None:
    LogFile(tmp_path / "yaoshi.log").write('{"event": "\ud800"}\n')
    assert (tmp_path / "yaoshi.log").read_bytes() == b'{"event": "\\ud800"}\n'
    assert os.path.getsize(tmp_path / "yaoshi.log") == 20
