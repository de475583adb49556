"""Four real hospitals whose every wire can be cut: gateway, application and consensus node each, under load.

Begun by `flask consortium up` as a person does; then the very processes are started again from here, with a
relay in each wire: node to node (one for each direction of each pair), node to application, gateway to node.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.contracts import CONTRACTS
from gateway.identity.keyring import KeyRing, operator_here, read_keys
from gateway.settings import Settings, settings_from_env
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.rpc import Node
from ledger.errors import LedgerError
from ledger.genesis import Genesis, parse_genesis
from ledger.store.chain import read_chain_tip
from ledger.store.database import Store
from ledger.store.reading import read_ending
from tests.faults.parts import Part, Supervisor
from tests.journeys.node import ROOT, fetch
from tests.journeys.town import Town, typed
from tests.ledger.engine.network import free_port

CODES = ("WX", "WT", "QH", "BQ")
PARTS = ("application", "node", "gateway")
STARTED_WITHIN_S = 120.0
ANSWER_WITHIN_S = 6.0


@dataclass
class Hospital:
    """One member: its settings as its gateway has them, its keys, and an engine as a gateway's is."""

    code: str
    settings: Settings
    genesis: Genesis
    keys: KeyRing
    engine: CometBFTEngine
    reader: Store

    @property
    def institution(self) -> str:
        return next(str(one["id"]) for one in self.genesis.institutions if self.keys.hosts(one["id"]))

    @property
    def operator(self) -> str:
        return operator_here(self.settings, self.genesis)

    def open(self) -> None:
        """Again, after `close`."""
        again = open_hospital(self.code, self.settings)
        self.engine, self.reader = again.engine, again.reader

    def tip(self) -> tuple[int, int, bytes]:
        """Height of the last block, size and root of the ledger, as its store holds them."""
        with self.reader.snapshot() as connection:
            ending = read_ending(connection)
            assert ending is not None
            return read_chain_tip(connection).height, ending.size, ending.root

    def is_ready(self) -> bool:
        try:
            fetch(f"{self.settings.console_origin}/readyz")
        except (OSError, ValueError):
            return False
        return True

    def node_height(self) -> int:
        """The height of its consensus node, -1 when that does not answer."""
        node = Node(self.settings.consensus)
        found = node.measures()
        node.close()
        return -1 if found is None else found.height

    def close(self) -> None:
        self.engine.close()
        self.reader.close()


class Network:
    """The four, their processes by "CODE part", and the wires between them."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.parts = {part.name: part for part in _recorded(town.var / "consortium")}
        assert len(self.parts) == len(CODES) * len(PARTS), sorted(self.parts)
        _end_as_begun(town)
        settings = {code: settings_from_env(self.part(code, "gateway").env) for code in CODES}
        self.wires = self._lay_wires(settings)
        self._relay = _start_relay(self.wires)
        self._supervisor = Supervisor(self.parts)
        self.hospitals: dict[str, Hospital] = {}
        try:
            self.start(*self.parts)
            for code in CODES:
                await_that(settings[code].application_path.exists, f"the application of {code}")
                self.hospitals[code] = open_hospital(code, settings[code])
            self.await_ready()
        except BaseException:
            self.close()
            raise

    def part(self, code: str, part: str) -> Part:
        return self.parts[f"{code} {part}"]

    def start(self, *names: str) -> None:
        for name in names:
            if not self.parts[name].runs:
                self.parts[name].start()

    def wire(self, how: str, *names: str) -> None:
        """`hold`, `break` or `pass` these wires."""
        assert self._relay.stdin is not None
        for name in names:
            assert name in self.wires, name
            self._relay.stdin.write(f"{how} {name}\n".encode())
        self._relay.stdin.flush()

    def between(self, ones: Iterable[str], others: Iterable[str]) -> list[str]:
        """The wires between the nodes of these hospitals and those."""
        pairs = [(one, other) for one in ones for other in others]
        return [f"{a}-{b}" for one, other in pairs for a, b in ((one, other), (other, one))]

    def heal(self) -> None:
        """All wires whole, all parts running, none paused."""
        self.wire("pass", *self.wires)
        for part in self.parts.values():
            part.mend()

    def await_ready(self) -> None:
        for one in self.hospitals.values():
            await_that(one.is_ready, f"the gateway of {one.code}", STARTED_WITHIN_S)

    def close(self) -> None:
        self._supervisor.close()
        for one in self.hospitals.values():
            one.close()
        for part in self.parts.values():
            part.kill()
        assert self._relay.stdin is not None
        assert self._relay.stdout is not None
        self._relay.stdin.close()
        self._relay.stdout.close()
        self._relay.wait(10)

    def _lay_wires(self, settings: dict[str, Settings]) -> dict[str, tuple[str, str]]:
        """Name: (from, to); the settings of nodes and gateways are changed to go through them."""
        wires: dict[str, tuple[str, str]] = {}
        meets = {_own_id(settings[code]): (code, _listens(settings[code])) for code in CODES}
        for code in CODES:
            home, socket = settings[code].node_path, settings[code].application_path
            config = (home / "config/config.toml").read_text("utf-8")
            peers = []
            for ident in sorted(meets.keys() - {_own_id(settings[code])}):
                other, address = meets[ident]
                wires[f"{code}-{other}"] = (f"127.0.0.1:{free_port()}", address)
                peers.append(f"{ident}@{wires[f'{code}-{other}'][0]}")
            wires[f"{code}-application"] = (str(socket.with_name("wire.sock")), str(socket))
            wires[f"{code}-gateway"] = (
                f"127.0.0.1:{free_port()}",
                settings[code].consensus.removeprefix("http://"),
            )
            config = re.sub(r'persistent_peers = ".*"', f'persistent_peers = "{",".join(peers)}"', config)
            config = config.replace(f'"unix://{socket}"', f'"unix://{wires[f"{code}-application"][0]}"')
            (home / "config/config.toml").write_text(config, "utf-8")
            self.part(code, "gateway").env["YAOSHI_CONSENSUS"] = f"http://{wires[f'{code}-gateway'][0]}"
        return wires


def open_hospital(code: str, settings: Settings) -> Hospital:
    """A member as its own gateway sees it, beside that gateway."""
    genesis, keys = parse_genesis(settings.genesis_path.read_bytes()), read_keys(settings.keys_path)
    engine = CometBFTEngine.open(
        settings.ledger_place,
        genesis.data,
        contracts=CONTRACTS,
        checkpoint_seed=keys.checkpoint_seed(operator_here(settings, genesis)),
        clock=milliseconds,
        rpc=settings.consensus,
        wake_directory=settings.application_path.parent,
        answer_within_s=ANSWER_WITHIN_S,
    )
    return Hospital(code, settings, genesis, keys, engine, Store(settings.ledger_place, write=False))


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


def await_that(holds: Callable[[], bool], what: str, seconds: float = 60.0) -> float:
    """How long it took. Raises AssertionError after so many seconds."""
    begun, tick = time.monotonic(), threading.Event()
    while not _without_outage(holds):
        assert time.monotonic() - begun < seconds, f"not within {seconds:.0f} s: {what}"
        tick.wait(0.05)
    return time.monotonic() - begun


def _without_outage(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except LedgerError:
        return False


def _recorded(folder: Path) -> list[Part]:
    """The running processes as they were started: arguments and environment, and where they print."""
    book = json.loads((folder / "processes.json").read_text("utf-8"))
    found = []
    for name, (pid, _begun) in book.items():
        process = Path(f"/proc/{pid}")
        code, part = name.split()
        if code not in CODES or part not in PARTS:
            continue
        argv = process.joinpath("cmdline").read_bytes().decode().split("\0")[:-1]
        env = dict(
            one.split("=", 1) for one in process.joinpath("environ").read_bytes().decode().split("\0") if one
        )
        found.append(Part(name, argv, env, Path(os.readlink(process / "fd/1"))))
    return found


def _end_as_begun(town: Town) -> None:
    done = typed(town.var, "consortium", "down")
    assert done.returncode == 0, done.stderr


def _own_id(settings: Settings) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cometbft")), "show-node-id", "--home", str(settings.node_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _listens(settings: Settings) -> str:
    config = (settings.node_path / "config/config.toml").read_text("utf-8")
    found = re.search(r'\[p2p\]\nladdr = "tcp://[^:"]*:(\d+)"', config)
    assert found is not None
    return f"127.0.0.1:{found[1]}"


def _start_relay(wires: dict[str, tuple[str, str]]) -> subprocess.Popen[bytes]:
    arguments = [f"{name}={source}={target}" for name, (source, target) in wires.items()]
    relay = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/faults/relay.py"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        umask=0o077,
    )
    assert relay.stdout is not None
    assert relay.stdout.readline() == b"ready\n"
    return relay
