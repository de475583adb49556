"""A real node in a process of its own, on ports and in a folder of its own; ended, killed and started again.

Not here: browsers (windows), people at consoles and phones (console, staff, wallet).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STARTUP_SECONDS = 90
POLL_SECONDS = 0.05


@dataclass
class Node:
    """A running node: its addresses and sign-ins (as in demo.json), its folder, its process."""

    demo: dict[str, Any]
    var: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def console(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def wallet(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def console_of(self, code: str) -> str:
        """The origin of this institution's console; here all have one."""
        return self.console

    @property
    def data(self) -> Path:
        return self.var / f"localhost-{self.port}"

    def flask(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `flask …` command as it is typed at this institution; here all share a node."""
        return flask(self, *arguments)

    @contextmanager
    def stopped(self, code: str) -> Iterator[None]:
        """While this institution's gateway does not run."""
        stop_node(self)
        yield
        start_again(self)

    def institution(self, code: str) -> dict[str, Any]:
        registry = json.loads(fetch(f"{self.wallet}/registry.json"))
        return next(item for item in registry["institutions"] if item["code"] == code)

    def account(self, code: str, role: str) -> dict[str, Any]:
        institution = self.institution(code)["id"]
        return next(s for s in self.demo["staff"] if s["institution"] == institution and s["role"] == role)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own node on loopback
        return answer.read().decode()


def free_port() -> int:
    """A port that is free, and whose metrics port (a thousand above) fits as well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return port if port < 60_000 else port - 20_000


def start_node(var: Path, port: int, until: str = "readyz") -> Node:
    """Starts a node; back when it says that it is ready (or lives). Raises AssertionError otherwise."""
    with (var / "node.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "serve"],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_signals,
            env=environment(var, port),
        )
    wait_until_ready(process, f"http://localhost:{port}/{until}", var / "node.log")
    return Node(json.loads((var / "demo.json").read_text()), var, port, process)


def _hear_signals() -> None:
    # Tests that run under nohup hand on an ignored SIGHUP, which the node leaves ignored.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def environment(var: Path, port: int) -> dict[str, str]:
    # Many people sign in from one address here, as they would behind a hospital's proxy.
    return {
        **os.environ,
        "YAOSHI_PORT": str(port),
        "YAOSHI_VAR": str(var),
        "YAOSHI_SIGNIN_PER_MINUTE": "1000",
    }


def start_again(node: Node, until: str = "readyz") -> None:
    """Starts a stopped node on its own folder; the addresses stay."""
    node.process = start_node(node.var, node.port, until).process


def stop_node(node: Node, how: int = signal.SIGTERM) -> None:
    """Ends the node and everything that it started; SIGKILL leaves it no last word."""
    if node.process.poll() is None:
        os.killpg(node.process.pid, how)
    node.process.wait(30)


def flask(node: Node, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A `flask …` command on this node's folder, as an operator types it."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT,
        env=environment(node.var, node.port),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Back when the address answers. Raises AssertionError with the end of the log when the process ended."""
    end = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < end:
        try:
            fetch(address)
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                # Waits on the process, so that an early end is noticed at once.
                process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
    raise AssertionError("the node did not become ready:\n" + log.read_text()[-4000:])
