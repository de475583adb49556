"""A node that does not end by itself is ended: its application is gone, or it was told to end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.consortium.node import NodeError, command

WITHIN_S = 30
# A node as the watchdog sees it: it says that it runs, and how it ends is its own affair.
STUBBORN = (
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('runs', flush=True); signal.pause(); sys.exit(9)"
)
WILLING = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('runs', flush=True); signal.pause()"
# What CometBFT usually does: it ends when its own connection to the application breaks.
ENDS_ALONE = """
import os, socket, threading, tomllib
held = socket.socket(socket.AF_UNIX)
with open(os.path.join(sys.argv[-1], "config/config.toml"), "rb") as settings:
    held.connect(tomllib.load(settings)["proxy_app"].removeprefix("unix://"))
held.sendall(b"asks")
assert held.recv(64)
threading.Thread(target=lambda: held.recv(64) or os._exit(0), daemon=True).start()
"""
KILLED = "The consensus node did not end in time, and was killed.\n"
SHORT = "print('runs', flush=True); sys.exit(5)"


class Application:
    """Answers what comes, until it dies."""

    def __init__(self, path: Path) -> None:
        self.path, self._held, self._listener = path, list[socket.socket](), listening(path)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._held.append(connection)
            if connection.recv(64):
                connection.sendall(b"\x02\x12\x00\x02\x1a\x00")

    def die(self) -> None:
        """Dying again is harmless."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in (self._listener, *self._held):
            one.close()


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    made = Application(tmp_path / "abci.sock")
    yield made
    made.die()


def listening(place: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(place))
    made.listen()
    return made


def begin(home: Path, application: Path, node: str) -> subprocess.Popen[str]:
    """The watchdog with a node that does this; it is not there yet when this comes back."""
    (home / "config").mkdir(parents=True)
    program = home / "node"
    program.write_text(f"#!{sys.executable} -IS\nimport signal, sys\n{node}\n")
    program.chmod(0o700)
    (home / "config/config.toml").write_text(f'proxy_app = "unix://{application}"\n')
    return subprocess.Popen(command(program, home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_running(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == "runs\n"


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How it ended, and what it said of it."""
    said = process.communicate(timeout=WITHIN_S)[1]
    return process.returncode, said


@pytest.mark.parametrize("node", [STUBBORN, WILLING], ids=["it must be killed", "it ends by itself"])
def test_a_node_begins_again_when_another_application_answers(
    node: str, tmp_path: Path, application: Application
) -> None:
    process = begin(tmp_path, application.path, f"{ENDS_ALONE if node == WILLING else ''}{node}")
    assert is_running(process)
    application.die()
    assert process.stderr is not None
    said = [process.stderr.readline()]
    if node == STUBBORN:
        assert said.pop() == KILLED
        said.append(process.stderr.readline())
    assert said == ["The application is gone. The consensus node begins again when one answers.\n"]
    application.path.unlink()
    another = Application(application.path)
    assert is_running(process)
    process.send_signal(signal.SIGKILL if node == STUBBORN else signal.SIGTERM)
    assert ended(process)[0] == (-9 if node == STUBBORN else 7)
    another.die()


def test_a_node_that_does_not_end_when_told_to_is_killed(tmp_path: Path, application: Application) -> None:
    process = begin(tmp_path, application.path, STUBBORN)
    assert is_running(process)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (137, KILLED)


def test_a_node_that_ends_when_told_to_says_how(tmp_path: Path, application: Application) -> None:
    process = begin(tmp_path, application.path, WILLING)
    assert is_running(process)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (7, "")


def test_a_node_that_ends_by_itself_says_how(tmp_path: Path, application: Application) -> None:
    assert ended(begin(tmp_path, application.path, SHORT)) == (5, "")


def test_a_node_begins_when_its_application_answers(tmp_path: Path) -> None:
    place = tmp_path / "abci.sock"
    silent = listening(place)
    process = begin(tmp_path, place, WILLING)
    with silent, silent.accept()[0] as connection:
        assert connection.recv(64) == b"\x02\x0a\x00\x02\x12\x00"
        assert process.poll() is None
    place.unlink()
    application = Application(place)
    assert is_running(process)
    application.die()
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (7, "")


def test_a_watchdog_that_waits_for_an_application_ends_when_told_to(tmp_path: Path) -> None:
    silent = listening(tmp_path / "abci.sock")
    process = begin(tmp_path, tmp_path / "abci.sock", WILLING)
    with silent, silent.accept()[0]:  # its signals are set up before it asks
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "")


def test_a_node_does_not_outlive_its_watchdog(tmp_path: Path, application: Application) -> None:
    process = begin(tmp_path, application.path, STUBBORN)
    assert is_running(process)
    process.kill()
    assert ended(process) == (-9, "")  # back when the node's end of the pipe is closed, too


def test_a_home_without_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"config\.toml cannot be read"):
        command(tmp_path / "node", tmp_path)
