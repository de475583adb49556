"""The Caddyfile as shipped, before a real node: two origins over HTTPS, and streams at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.node import ROOT, Node, fetch, free_port, wait_until_ready
from tests.journeys.staff import Staff
from tests.journeys.windows import missing

CONSOLE, WALLET = "127.0.0.5", "127.0.0.6"


@dataclass
class ProxiedNode(Node):
    """A node that people reach through the proxy only; ``https_port`` is the proxy's."""

    https_port: int = 0

    @property
    def console(self) -> str:
        return f"https://{CONSOLE}:{self.https_port}"

    @property
    def wallet(self) -> str:
        return f"https://{WALLET}:{self.https_port}"


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all that it starts, ended at the end."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedNode]:
    caddy = shutil.which("caddy")
    if caddy is None:
        missing("Caddy", "`apt install caddy`")
    folder, port, https_port = tmp_path_factory.mktemp("caddy"), free_port(), free_port()
    environment = {
        **os.environ,
        "YAOSHI_PORT": str(port),
        "YAOSHI_VAR": str(folder),
        "YAOSHI_CONSOLE": f"https://{CONSOLE}:{https_port}",
        "YAOSHI_WALLET": f"https://{WALLET}:{https_port}",
        "YAOSHI_TRUSTED_PROXIES": "1",
        "YAOSHI_UPSTREAM": f"127.0.0.1:{port}",
        "XDG_DATA_HOME": str(folder / "caddy"),
        "XDG_CONFIG_HOME": str(folder / "caddy"),
    }
    config, log = folder / "Caddyfile", folder / "node.log"
    # Only what a test has to add: no door for administration, no ports of root's, no changes to the machine.
    more = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n"
    shipped = (ROOT / "deploy/caddy/Caddyfile").read_text("utf-8")
    config.write_text(shipped.replace("{\n", more, 1), "utf-8")
    serve = [sys.executable, "-m", "flask", "--app", "app", "serve"]
    run = [str(caddy), "run", "--config", str(config), "--adapter", "caddyfile"]
    trusted = pytest.MonkeyPatch()
    trusted.setenv("SSL_CERT_FILE", str(folder / "caddy/caddy/pki/authorities/local/root.crt"))
    with running(serve, environment, log) as process, running(run, environment, log):
        node = ProxiedNode({}, folder, port, process, https_port)
        wait_until_ready(process, f"{node.console}/readyz", log)
        node.demo = json.loads((folder / "demo.json").read_text())
        yield node
    trusted.undo()


def refused(address: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as answer:
        fetch(address)
    with answer.value as problem:
        return int(problem.code)


def test_each_host_serves_its_own_side_only(proxied: ProxiedNode) -> None:
    assert "addEventListener" in fetch(f"{proxied.wallet}/sw.js")
    assert "<html" in fetch(f"{proxied.console}/console/")
    assert refused(f"{proxied.console}/sw.js") == 404
    assert refused(f"{proxied.wallet}/console/") == 404


def test_browsers_are_told_to_stay_with_https(proxied: ProxiedNode) -> None:
    with urllib.request.urlopen(f"{proxied.console}/readyz", timeout=5) as answer:  # noqa: S310 - our own node
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_staff_sign_in_and_hear_of_a_change_at_once(proxied: ProxiedNode) -> None:
    desk = Staff(proxied, "WT", "desk")
    heard: list[bytes] = []
    listening = threading.Event()

    def listen() -> None:
        with desk.stream("events") as stream:
            listening.set()
            while not heard or b"changed" not in heard[-1]:
                heard.append(stream.readline())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert listening.wait(10)
    desk.invite(desk.find("林秀兰")["id"])
    listener.join(10)
    # Buffered by the proxy, nothing would come before the stream ends after a minute.
    assert not listener.is_alive()
