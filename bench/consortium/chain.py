"""Four CometBFT nodes on loopback with the product's settings, before our application or their own kvstore.

The kvstore runs inside its node's process, keeps all in memory and verifies nothing: what CometBFT itself
costs. Everything else is the same: settings, block size, four nodes, this machine. All is gone afterwards.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.consortium.town import NODES, Town
from gateway.consortium.node import find_program, make_home, settle
from ledger.engine.cometbft_config import NodeSettings
from ledger.engine.cometbft_genesis import chain_genesis
from ledger.engine.rpc import Measures, Node
from ledger.genesis import parse_genesis

READY_WITHIN_S = 60.0
FIRST_PORT, LAST_PORT = 20_000, 32_000


@dataclass
class Validator:
    """One node, and the application beside it where there is one."""

    folder: Path
    rpc_port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "abci.sock"

    @property
    def rpc(self) -> str:
        return f"http://127.0.0.1:{self.rpc_port}"

    def measures(self) -> Measures | None:
        """Where the node is now."""
        with closing(Node(self.rpc)) as node:
            return node.measures()


@contextmanager
def network(town: Town | None) -> Iterator[list[Validator]]:
    """Four nodes that have met and made a first block; with a town our applications, else the kvstore."""
    folder = Path(tempfile.mkdtemp(prefix="yb"))
    validators: list[Validator] = []
    try:
        validators = _prepared(folder, town)
        if town is not None:
            for one in validators:
                one.processes.append(_run(one.folder / "application.log", *_application(one.folder)))
            _wait(lambda: all(one.socket.exists() for one in validators), "the applications listen")
        program = str(find_program())
        for one in validators:
            home = str(one.folder / "node")
            one.processes.append(_run(one.folder / "node.log", program, "start", "--home", home))
        _wait(lambda: all(_has_met(one) for one in validators), "all nodes have met")
        yield validators
    finally:
        for one in validators:
            for process in reversed(one.processes):
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(folder: Path, town: Town | None) -> list[Validator]:
    homes, ports = [], iter(range(FIRST_PORT, LAST_PORT))
    validators = [Validator(folder / str(number), _free(ports)) for number in range(NODES)]
    meets = [f"127.0.0.1:{_free(ports)}" for _ in validators]
    for one in validators:
        one.folder.mkdir()
        homes.append(make_home(find_program(), one.folder / "node"))
    if town is not None:
        town.found([key for key, _ in homes])
    genesis = parse_genesis((town or Town().found([key for key, _ in homes])).genesis)
    for number, one in enumerate(validators):
        peers = tuple(f"{homes[n][1]}@{meets[n]}" for n in range(NODES) if n != number)
        settings = NodeSettings("n", one.socket, one.rpc_port, meets[number], peers, shared_machine=True)
        settle(one.folder / "node", chain_genesis(genesis, {key: "" for key, _ in homes}), settings)
        (one.folder / "genesis.json").write_bytes(genesis.data)
        if town is None:
            config = one.folder / "node/config/config.toml"
            text = config.read_text("utf-8").replace(f'"unix://{one.socket}"', '"kvstore"', 1)
            config.write_text(text, "utf-8")
    return validators


def _application(folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.consortium.application", str(folder)]


def _run(log: Path, *command: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file)


def _has_met(one: Validator) -> bool:
    found = one.measures()
    return found is not None and len(found.peers) == NODES - 1


def _wait(holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"not in time: {what}")
        time.sleep(0.05)


def _free(ports: Iterator[int]) -> int:
    """A port below those of outgoing connections."""
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")
