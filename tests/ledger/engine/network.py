"""A CometBFT node of its own for a test, beside an application in this process or in one of its own."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.encoding import b64u
from ledger.engine.abci.server import Server, serve_application
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.cometbft_config import NodeSettings, config_toml
from ledger.engine.cometbft_genesis import chain_genesis
from ledger.engine.views import view_of
from ledger.genesis import parse_genesis
from ledger.store.database import Store
from ledger.view import no_checkpoint_key
from tests.ledger import world

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 60


def cometbft() -> str:
    """The node's program; without it the test is skipped."""
    found = shutil.which("cometbft", path=str(Path(sys.executable).parent)) or shutil.which("cometbft")
    if found is None:
        pytest.skip("CometBFT is not there: make cometbft brings it")
    return found


_ports = iter(range(21_000 + 700 * (os.getpid() % 15), 32_768))


def free_port() -> int:
    """A port below those of outgoing connections; no two calls of one process give the same."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes do."""
    tick = threading.Event()
    for _ in range(WITHIN_S * 50):
        if holds():
            return
        tick.wait(0.02)
    raise AssertionError(f"not within {WITHIN_S} s: {what}")


class Member:
    """One member's application and node, in a folder with a short name (a socket's path is)."""

    def __init__(self, genesis: bytes) -> None:
        self.genesis = parse_genesis(genesis)
        self.folder = Path(tempfile.mkdtemp(prefix="abci"))
        self.home, self.store = self.folder / "c", self.folder / "ledger.db"
        self.socket = self.folder / "run" / "abci.sock"
        self.rpc_port, self.p2p_port = free_port(), free_port()
        self.node: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._application: tuple[Store, Server, threading.Thread] | None = None
        self.failed: list[BaseException] = []
        self._run("init", "validator")
        key = json.loads((self.home / "config/priv_validator_key.json").read_text())["pub_key"]["value"]
        self.validator = b64u(base64.b64decode(key))
        self.id = self._run("show-node-id").strip()

    @property
    def rpc(self) -> str:
        return f"http://127.0.0.1:{self.rpc_port}"

    def configure(self, members: list[Member]) -> None:
        """Write the settings and the chain's genesis of these members."""
        peers = tuple(f"{one.id}@127.0.0.1:{one.p2p_port}" for one in members if one is not self)
        listen = f"127.0.0.1:{self.p2p_port}"
        settings = NodeSettings("n", self.socket, self.rpc_port, listen, peers, shared_machine=True)
        (self.home / "config/config.toml").write_text(config_toml(settings))
        genesis = chain_genesis(self.genesis, {one.validator: "" for one in members})
        (self.home / "config/genesis.json").write_bytes(genesis)

    def start_application(self) -> None:
        """Serve the ledger from a thread."""
        store = Store(self.store, write=True)
        ready = threading.Event()
        servers: list[Server] = []

        def started(server: Server) -> None:
            servers.append(server)
            ready.set()

        def serve() -> None:
            try:
                serve_application(
                    store, self.genesis, world.contracts(), self.socket, lambda _node: True, started
                )
            except BaseException as fault:
                self.failed.append(fault)
                ready.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert ready.wait(WITHIN_S)
        if self.failed:
            store.close()
            raise self.failed[-1]
        self._application = (store, servers[0], thread)

    def stop_application(self) -> None:
        if self._application is not None:
            store, server, thread = self._application
            server.close()
            thread.join(WITHIN_S)
            store.close()
            self._application = None

    def start_application_process(self, point: str = "never", height: int = 0) -> None:
        """Serve the ledger from a process of its own, which dies at a point (`crashing`)."""
        (self.folder / "ledger-genesis").write_bytes(self.genesis.data)
        self.socket.unlink(missing_ok=True)
        program = [sys.executable, "-m", "tests.ledger.engine.crashing", str(self.folder), point, str(height)]
        log = (self.folder / "application.log").open("ab")
        self.process = subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log)
        log.close()
        wait_until(self.socket.exists, "the application listens")

    def stop_application_process(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(WITHIN_S)
            self.process = None

    def start_node(self) -> None:
        log = (self.folder / "node.log").open("ab")
        self.node = subprocess.Popen([cometbft(), "start", "--home", str(self.home)], stdout=log, stderr=log)
        log.close()

    def start_node_if_stopped(self) -> None:
        if self.node is None:
            self.start_node()

    def stop_node(self) -> None:
        if self.node is not None:
            self.node.kill()
            self.node.wait(WITHIN_S)
            self.node = None

    def call(self, method: str, **params: Any) -> Any:
        """The result of an RPC of the node."""
        connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=5)
        try:
            body = json.dumps({"jsonrpc": "2.0", "id": 0, "method": method, "params": params})
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    @property
    def height(self) -> int:
        """The node's height, -1 when it does not answer."""
        try:
            return int(self.call("status")["result"]["sync_info"]["latest_block_height"])
        except (OSError, KeyError, ValueError, http.client.HTTPException):
            return -1

    def open_engine(self, clock: Callable[[], int], **options: Any) -> CometBFTEngine:
        return CometBFTEngine.open(
            self.store,
            self.genesis.data,
            contracts=world.contracts(),
            checkpoint_seed=world.CHECKPOINT_SEED,
            clock=clock,
            rpc=self.rpc,
            wake_directory=self.socket.parent,
            **options,
        )

    def tip(self) -> tuple[int, bytes]:
        """Size and root of the ledger in this member's store."""
        store = Store(self.store, write=False)
        try:
            with view_of(store, self.genesis, no_checkpoint_key) as view:
                return view.size, view.root
        finally:
            store.close()

    def remove(self) -> None:
        """Stop everything and delete the folder."""
        self.stop_node()
        self.stop_application()
        self.stop_application_process()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [cometbft(), *arguments, "--home", str(self.home)], capture_output=True, text=True, check=True
        )
        return done.stdout


def one_member(genesis: bytes) -> Member:
    """A network of one, started."""
    member = Member(genesis)
    member.configure([member])
    member.start_application()
    member.start_node()
    return member
