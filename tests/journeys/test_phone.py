"""A real phone's way in: it does not trust the machine, is told why, trusts it once, and links over HTTPS."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.node import ROOT, Node, fetch, free_port, stop_node, wait_until_ready
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import FLAGS, PATIENCE_MS, PHONE, missing

PATIENT = "林秀兰"
# An address of this machine that is neither of the two that `make run` uses.
ADDRESS = "127.0.0.2"


@dataclass
class LanNode(Node):
    """A node as `make phone` starts it: three ports of one address."""

    @property
    def wallet(self) -> str:
        return f"https://{ADDRESS}:{self.port}"

    @property
    def console(self) -> str:
        return f"https://{ADDRESS}:{self.port + 1}"

    @property
    def guide(self) -> str:
        return f"http://{ADDRESS}:{self.port + 2}"


def start_phone(var: Path, port: int) -> LanNode:
    """`make phone`; back when it is ready. What it prints is in var/phone.log."""
    with (var / "phone.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "phone", "--address", ADDRESS],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "YAOSHI_PORT": str(port), "YAOSHI_VAR": str(var)},
        )
    node = LanNode({}, var, port, process)
    wait_until_ready(process, f"{node.guide}/", var / "phone.log")
    os.environ["SSL_CERT_FILE"] = str(var / "phone" / ADDRESS / "authority.pem")
    wait_until_ready(process, f"{node.console}/readyz", var / "phone.log")
    node.demo = json.loads((var / "demo.json").read_text())
    return node


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanNode]:
    before = os.environ.get("SSL_CERT_FILE")
    node = start_phone(tmp_path_factory.mktemp("lan"), free_port())
    yield node
    stop_node(node)
    if before is None:
        del os.environ["SSL_CERT_FILE"]
    else:
        os.environ["SSL_CERT_FILE"] = before


@pytest.fixture
def phone(tmp_path: Path, browser: Any) -> Any:
    """A browser with a store of trusted authorities of its own, empty at first, and the way to add to it."""
    chromium, certutil = shutil.which("chromium"), shutil.which("certutil")
    if chromium is None:
        missing("Chromium", "`apt install chromium`")
    if certutil is None:
        missing("certutil", "`apt install libnss3-tools`")
    store = tmp_path / "home" / ".pki" / "nssdb"
    store.mkdir(parents=True)
    subprocess.run([str(certutil), "-N", "-d", f"sql:{store}", "--empty-password"], check=True)

    def trust(certificate: Path) -> None:
        adds = ["-A", "-d", f"sql:{store}", "-n", "yaoshi", "-t", "C,,", "-i", str(certificate)]
        subprocess.run([str(certutil), *adds], check=True)

    def window() -> Any:
        context = browser.browser_type.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=chromium,
            args=list(FLAGS),
            env={**os.environ, "HOME": str(tmp_path / "home")},
            viewport=PHONE,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    return window, trust


def test_a_phone_on_the_network_trusts_once_and_links(lan: LanNode, phone: Any, tmp_path: Path) -> None:
    window, trust = phone
    first = window()
    with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
        first.pages[0].goto(f"{lan.wallet}/")
    page = first.new_page()
    page.goto(f"{lan.guide}/")
    expect(page.locator("h1")).to_have_text("让手机信任这台电脑，只做一次")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载证书 yaoshi.crt").click()
    download.value.save_as(tmp_path / "yaoshi.crt")
    printed = (lan.var / "phone.log").read_text()
    shown = page.locator("code").inner_text()
    assert f"fingerprint (SHA-256) {shown}" in printed
    first.close()

    trust(tmp_path / "yaoshi.crt")
    second = window()
    wallet = Wallet(second.pages[0], lan)
    wallet.open()
    assert wallet.page.evaluate("isSecureContext")
    desk = Staff(lan, "WT", "desk")
    patient = desk.find(PATIENT)["id"]
    desk.open(patient)
    wallet.link(desk, patient)
    wallet.sees(PATIENT)
    wallet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    second.close()


def test_the_two_ports_are_two_origins(lan: LanNode) -> None:
    for address in (f"{lan.console}/sw.js", f"{lan.wallet}/console/"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(address)
        with refused.value as answer:
            assert answer.code == 404


def test_a_new_address_begins_a_new_ledger_and_says_so(lan: LanNode) -> None:
    printed = (lan.var / "phone.log").read_text()
    assert f"{ADDRESS} is a new address: a new ledger begins" in printed
    folders = {folder.name for folder in lan.var.iterdir() if (folder / "genesis.json").exists()}
    assert folders == {f"{ADDRESS}-{lan.port + 1}"}


def test_it_ends_with_everything_that_it_started(tmp_path: Path) -> None:
    node = start_phone(tmp_path, free_port())
    node.process.send_signal(signal.SIGTERM)
    node.process.wait(30)
    for address in (f"{node.guide}/", f"{node.console}/readyz", f"{node.wallet}/"):
        with pytest.raises(urllib.error.URLError, match="refused"):
            fetch(address)


def test_it_ends_and_says_so_when_the_process_beside_it_dies(tmp_path: Path) -> None:
    node = start_phone(tmp_path, free_port())
    printed = (tmp_path / "phone.log").read_text()
    assert f"YAOSHI_CONSOLE={node.console} YAOSHI_WALLET={node.wallet}" in printed
    assert "never under the console's" not in printed
    beside = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"gateway.phone.beside" in read_or_nothing(path) and parent_of(path) == node.process.pid
    ]
    assert len(beside) == 1
    os.kill(beside[0], signal.SIGKILL)
    assert node.process.wait(30) == 1
    assert f"The process that serves {node.console}/" in (tmp_path / "phone.log").read_text()
    with pytest.raises(urllib.error.URLError, match="refused"):
        fetch(f"{node.wallet}/")


def read_or_nothing(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def parent_of(cmdline: Path) -> int:
    return int(read_or_nothing(cmdline.with_name("stat")).rpartition(b")")[2].split()[1])
