"""A real node in a process of its own, and real browser windows: a phone's and a desktop's.

No mocks here. What is missing on a machine is a skip that names the command which brings it; with
YAOSHI_TESTS_MUST_NOT_SKIP set (as CI does) it is a failure instead.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTUP_SECONDS = 90


@dataclass
class Node:
    """A running node: its addresses and sign-ins (as in var/demo.json), its folder, its process."""

    demo: dict[str, Any]
    var: Path
    port: int
    process: subprocess.Popen[bytes]

    def institution(self, code: str) -> dict[str, Any]:
        registry = json.loads(fetch(f"{self.demo['wallet']}/registry.json"))
        return next(item for item in registry["institutions"] if item["code"] == code)

    def staff(self, code: str, role: str) -> dict[str, Any]:
        institution = self.institution(code)["id"]
        return next(s for s in self.demo["staff"] if s["institution"] == institution and s["role"] == role)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own node on loopback
        return answer.read().decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return port if port < 60_000 else port - 20_000


def start_node(var: Path, port: int) -> Node:
    """Starts a node and waits until it says that it is ready. Raises AssertionError with its output otherwise."""
    log = (var / "node.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "serve"],
        cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, "YAOSHI_PORT": str(port), "YAOSHI_VAR": str(var)},
    )
    wait_until_ready(process, port, var)
    demo = json.loads((var / "demo.json").read_text())
    return Node(demo, var, port, process)


def wait_until_ready(process: subprocess.Popen[bytes], port: int, var: Path) -> None:
    import time

    end = time.monotonic() + STARTUP_SECONDS
    poll = 0.05
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError("the node ended:\n" + (var / "node.log").read_text()[-4000:])
        try:
            fetch(f"http://localhost:{port}/readyz")
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                process.wait(poll)  # waits on the process, so an early end is noticed at once
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the node did not become ready:\n" + (var / "node.log").read_text()[-4000:])


def stop_node(node: Node, how: int = signal.SIGTERM) -> None:
    if node.process.poll() is None:
        os.killpg(node.process.pid, how)
    node.process.wait(20)


def missing(what: str, command: str) -> None:
    message = f"{what} is missing; {command} brings it"
    if os.environ.get("YAOSHI_TESTS_MUST_NOT_SKIP"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    running = start_node(tmp_path_factory.mktemp("node"), free_port())
    yield running
    stop_node(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("Chromium", "`apt install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield running
        running.close()


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A phone-sized window with storage of its own."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2,
                                  locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True, is_mobile=True)
    page = context.new_page()
    errors = watch(page)
    yield page
    context.close()
    assert errors == [], errors


@pytest.fixture
def desktop(browser: Any) -> Iterator[Any]:
    """A desktop window with storage of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN",
                                  timezone_id="Asia/Shanghai")
    page = context.new_page()
    errors = watch(page)
    yield page
    context.close()
    assert errors == [], errors


def watch(page: Any) -> list[str]:
    """Collects what a person would never see but an engineer must: script errors and policy violations."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text)
            if "Content Security Policy" in message.text or "Trusted" in message.text else None)
    return found
