"""Four real hospitals with one ledger: gateways, applications and consensus nodes of their own, one wallet.

Begun and ended as a person would, by `flask consortium up` and `down`; folder and ports are the test's own.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.node import ROOT, fetch

ALONE, TOGETHER = "one operator", "a consortium"
# For journeys that run unchanged on a ledger of one operator and on that of a consortium.
on_both = pytest.mark.parametrize("node", [ALONE, TOGETHER], indirect=True, scope="module")
FIRST_PORT, PORTS_EACH = 8_200, 400  # towns of different test processes never meet
RPC = 18_100
OFFSETS = (0, 1_000, 18_000, RPC)  # gateway, metrics, consensus node, its RPC


@dataclass
class Town:
    """What journeys ask of a node, of four."""

    sheet: dict[str, Any]
    var: Path

    @property
    def demo(self) -> dict[str, Any]:
        registry = json.loads(fetch(f"{self.wallet}/registry.json"))
        return {
            "ledger": registry["ledger"],
            "staff": [one for node in self.sheet["nodes"] for one in node["staff"]],
        }

    @property
    def wallet(self) -> str:
        return str(self.sheet["wallet"]).rstrip("/")

    def console_of(self, code: str) -> str:
        wanted = self.institution(code)["id"]
        return str(
            next(
                node["base"]
                for node in self.sheet["nodes"]
                if wanted in [one["id"] for one in node["institutions"]]
            )
        )

    def institution(self, code: str) -> dict[str, Any]:
        registry = json.loads(fetch(f"{self.wallet}/registry.json"))
        return next(item for item in registry["institutions"] if item["code"] == code)

    def account(self, code: str, role: str) -> dict[str, Any]:
        wanted = self.institution(code)["id"]
        return next(s for s in self.demo["staff"] if s["institution"] == wanted and s["role"] == role)

    @property
    def port(self) -> int:
        """The first gateway's port; those of the other three follow."""
        return int(self.wallet.rpartition(":")[2])

    def consortium(self, *arguments: str, code: str = "WX") -> subprocess.CompletedProcess[str]:
        """A `flask consortium …` command as it is typed: `up` beside all, the others at one hospital."""
        if arguments[0] == "up":
            return typed(self.var, "consortium", *arguments)
        return self.flask(code, "consortium", *arguments)

    def flask(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `flask …` command as it is typed at a hospital."""
        own = self.environment(code)
        return typed(Path(own.pop("YAOSHI_VAR")), *arguments, **own)

    def kill(self, code: str, *parts: str) -> None:
        """Takes these parts of a hospital away: gateway, application, node."""
        book = json.loads((self.var / "consortium" / "processes.json").read_text("utf-8"))
        for part in parts:
            os.killpg(book[f"{code} {part}"][0], signal.SIGKILL)

    @contextmanager
    def stopped(self, code: str) -> Iterator[None]:
        """While the gateway of a hospital does not run."""
        self.kill(code, "gateway")
        yield
        again = self.consortium("up", "--port", str(self.port), "--sqlite")
        assert again.returncode == 0, again.stdout + again.stderr

    def environment(self, code: str) -> dict[str, str]:
        """The settings of a hospital, as its commands need them."""
        lines = (self.var / "consortium" / code.lower() / "environment").read_text("utf-8").splitlines()
        return {
            name: " ".join(shlex.split(value)) for name, _, value in (one.partition("=") for one in lines)
        }


def begin_town(var: Path, *more: str) -> Town:
    """Begins four hospitals; back when all are ready. Raises AssertionError with what was said otherwise."""
    first = FIRST_PORT + PORTS_EACH * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    port = next(port for port in range(first, first + PORTS_EACH, 8) if _are_free(port))
    done = typed(var, "consortium", "up", "--port", str(port), *more)
    if done.returncode != 0:
        end_town(var)
        raise AssertionError(done.stdout[-2000:] + done.stderr[-4000:])
    return Town(json.loads((var / "consortium.json").read_text("utf-8")), var)


def end_town(var: Path) -> None:
    """Ends exactly the processes that were begun here."""
    done = typed(var, "consortium", "down")
    assert done.returncode == 0, done.stdout + done.stderr


def typed(var: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `flask …` command on this folder."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, "YAOSHI_VAR": str(var), "YAOSHI_SIGNIN_PER_MINUTE": "1000", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _are_free(port: int) -> bool:
    return all(_is_free(port + number + offset) for number in range(4) for offset in OFFSETS)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
