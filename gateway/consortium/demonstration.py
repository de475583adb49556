"""Four hospitals on this machine that share no administrator but the one who types: the whole, to try out.

Each has a folder, keys, a gateway, an application and a consensus node of its own, all on loopback; they
meet as four machines would. The patients are synthetic. Not for anybody's records: one machine is one
administrator.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from gateway.consortium.agreement import read_agreement
from gateway.consortium.founding import (
    Meeting,
    begin_joining,
    finish_joining,
    sign_agreement,
)
from gateway.consortium.postgres import Server
from gateway.consortium.processes import Processes
from gateway.identity.founding import DEMONSTRATION, Founder
from gateway.settings import ROOT, Settings, settings_from_env

FOUNDERS = (*DEMONSTRATION, Founder("BQ", "hospital", "北桥县人民医院", "Beiqiao County Hospital"))
# Above the gateway's port, and below 32768, where no outgoing connection takes them while a node is down.
MEETING, RPC, HIGHEST_PORT = 18_000, 18_100, 14_600


@dataclass(frozen=True)
class Member:
    """One hospital of the demonstration."""

    founder: Founder
    settings: Settings
    environment: dict[str, str]

    @property
    def meets(self) -> str:
        """Where its consensus node meets the others."""
        return f"127.0.0.1:{self.meeting}"

    @property
    def meeting(self) -> int:
        """The port at which its consensus node meets the others."""
        return self.settings.port + MEETING

    @property
    def rpc(self) -> int:
        """The port at which the gateway asks the consensus node."""
        return self.settings.port + RPC


def members(root: Path, port: int, server: Server | None) -> list[Member]:
    """The four, with gateways on `port` and the three after it; the wallet is the first one's.

    Each has a database of the server; files where there is none.
    """
    found = []
    for number, founder in enumerate(FOUNDERS):
        environment = {
            "YAOSHI_VAR": str(root / founder.code.lower()),
            "YAOSHI_PORT": str(port + number),
            "YAOSHI_WALLET": f"http://127.0.0.1:{port}",
            "YAOSHI_CONSENSUS": f"http://127.0.0.1:{port + number + RPC}",
            "YAOSHI_POSTGRES": "" if server is None else server.address(founder.code.lower()),
        }
        found.append(Member(founder, settings_from_env({**os.environ, **environment}), environment))
    return found


def found_together(found: list[Member], clock: Callable[[], int], entropy: Callable[[int], bytes]) -> None:
    """What four administrators would do, one after another."""
    texts = []
    for one in found:
        statement = begin_joining(one.settings, one.founder.english, [one.founder], one.meets, entropy)
        texts.append(statement.read_text("utf-8"))
    begun = datetime.fromtimestamp(clock() // 1000, UTC).isoformat()
    wallet = found[0].settings.wallet_origin
    head = f'name = "四院 Yaoshi"\norigin = "localhost/consortium"\nwallet = "{wallet}"\nat = {begun}\n\n'
    agreement = read_agreement(head + "\n".join(texts))
    signed = {kid: one for member in found for kid, one in sign_agreement(member.settings, agreement).items()}
    for one in found:
        finish_joining(one.settings, agreement, signed, Meeting(one.rpc))


def start(processes: Processes, one: Member, part: str, *arguments: str) -> None:
    """Start one part of a member: a command of ours, in the member's environment."""
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *arguments]
    processes.start(f"{one.founder.code} {part}", command, one.environment, log_of(one, part))


def log_of(one: Member, part: str) -> Path:
    """The file with what this part of a member prints."""
    return one.settings.data.parent / f"{part}.log"


def is_ready(one: Member) -> bool:
    """Whether the member's gateway answers that it is ready to work."""
    request = Request(
        f"http://127.0.0.1:{one.settings.port}/readyz", headers={"Host": one.settings.console_host}
    )
    try:
        with urlopen(request, timeout=2) as answer:  # noqa: S310 - our own address, with a fixed scheme
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def sheet_of(found: list[Member], sheets: list[dict[str, Any]]) -> dict[str, Any]:
    """What var/consortium.json holds: {wallet, nodes: [{base, console, institutions, staff}]}."""
    kept = ("base", "console", "institutions", "staff")
    return {
        "wallet": f"{found[0].settings.wallet_origin}/",
        "nodes": [{name: sheet[name] for name in kept} for sheet in sheets],
    }
