"""A real consortium on this machine: sides founded as people do it, each with application and node."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from app import open_ledger
from gateway.cli.opening import now_ms
from gateway.consortium.agreement import read_agreement
from gateway.consortium.directory import admission
from gateway.consortium.founding import Meeting, begin_joining, finish_joining, sign_agreement
from gateway.consortium.node import find_program
from gateway.contracts import CONTRACTS
from gateway.identity.founding import Founder
from gateway.identity.keyring import operator_here, read_keys
from gateway.identity.rotation import named_keys
from gateway.settings import Settings
from ledger.committed import Committed
from ledger.encoding import unb64u
from ledger.engine.abci.server import Server, serve_application
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.rpc import Measures, Node
from ledger.engine.views import view_of
from ledger.errors import Refusal
from ledger.genesis import Genesis, parse_genesis
from ledger.machine import Contract
from ledger.signing import sign_compact
from ledger.store.chain import read_chain_tip
from ledger.store.database import Store
from ledger.store.place import Postgres
from ledger.view import no_checkpoint_key
from tests.gateway.consortium.members import CODES, HEAD
from tests.ledger.engine.network import WITHIN_S, free_port, wait_until

WALLET = "https://wallet.example"


class Side:
    """One hospital: its folder, its application (in a thread) and its node (a process)."""

    def __init__(self, root: Path, code: str) -> None:
        self.code, self.rpc, self.p2p, self.web = code, free_port(), free_port(), free_port()
        self.settings = Settings(
            console_origin=f"http://localhost:{self.web}",
            wallet_origin=WALLET,
            data=root / code / f"localhost-{self.web}",
            consensus=f"http://127.0.0.1:{self.rpc}",
        )
        self.contracts: Mapping[int, Iterable[Contract]] = CONTRACTS
        self.stopped_by: BaseException | None = None
        self.admitted: set[str] = set()
        self.refused: set[str] = set()
        self.node: subprocess.Popen[bytes] | None = None
        self.engine: CometBFTEngine | None = None
        self._application: tuple[Store, Server, threading.Thread] | None = None

    def make_keys(self, ledger: str | None = None) -> Path:
        """As `flask consortium keys`: the file with the statement, for the `ledger` that it comes to."""
        founder = Founder(
            self.code, "hospital", f"{self.code} 医院（合成）", f"{self.code} Hospital (synthetic)"
        )
        meets = f"127.0.0.1:{self.p2p}"
        return begin_joining(self.settings, f"{self.code} Hospital", [founder], meets, os.urandom, ledger)

    @property
    def genesis(self) -> Genesis:
        return parse_genesis(self.settings.genesis_path.read_bytes())

    @property
    def operator(self) -> str:
        return operator_here(self.settings, self.genesis)

    def start_application(self) -> None:
        store, ready, servers = Store(self.settings.ledger_place, write=True), threading.Event(), []

        def started(server: Server) -> None:
            servers.append(server)
            ready.set()

        def serve() -> None:
            try:
                admits = self._noting(admission(store, self.genesis, self.settings.node_path))
                place = self.settings.application_path
                serve_application(store, self.genesis, self.contracts, place, admits, started)
            except BaseException as fault:
                self.stopped_by = fault
                ready.set()

        self.stopped_by = None
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert ready.wait(WITHIN_S)
        if not servers:
            store.close()
            return
        self._application = (store, servers[0], thread)

    def _noting(self, admits: Callable[[str], bool]) -> Callable[[str], bool]:
        def noting(node: str) -> bool:
            is_welcome = admits(node)
            (self.admitted if is_welcome else self.refused).add(node)
            return is_welcome

        return noting

    def start_node(self) -> None:
        with (self.settings.data / "node.log").open("ab") as log:
            home = str(self.settings.node_path)
            command = [str(find_program()), "start", "--home", home]
            self.node = subprocess.Popen(command, stdout=log, stderr=log)

    def start(self) -> None:
        self.start_application()
        self.start_node()

    def open(self) -> CometBFTEngine:
        """The gateway's end of it."""
        if self.engine is None:
            keys = read_keys(self.settings.keys_path)
            opened = open_ledger(self.settings, self.genesis, keys, now_ms)
            assert isinstance(opened, CometBFTEngine)
            self.engine = opened
        return self.engine

    def stop_node(self) -> None:
        """As when its machine loses power."""
        if self.node is not None:
            self.node.kill()
            self.node.wait(WITHIN_S)
            self.node = None

    def stop(self) -> None:
        self.stop_node()
        if self.engine is not None:
            self.engine.close()
            self.engine = None
        if self._application is not None:
            store, server, thread = self._application
            server.close()
            thread.join(WITHIN_S)
            store.close()
            self._application = None

    def measures(self) -> Measures | None:
        with closing(Node(self.settings.consensus)) as node:
            return node.measures()

    def ask(self, method: str) -> dict[str, Any]:
        """The result of an RPC of the node."""
        with urlopen(f"{self.settings.consensus}/{method}", timeout=10) as answer:  # noqa: S310 - loopback
            return dict(json.loads(answer.read())["result"])

    @property
    def height(self) -> int:
        found = self.measures()
        return -1 if found is None else found.height

    def tip(self) -> tuple[int, bytes]:
        """Size and root of the ledger in this side's store."""
        store = Store(self.settings.ledger_place, write=False)
        try:
            with view_of(store, self.genesis, no_checkpoint_key) as view:
                return view.size, view.root
        finally:
            store.close()

    def application_height(self) -> int:
        store = Store(self.settings.ledger_place, write=False)
        try:
            with store.snapshot() as connection:
                return read_chain_tip(connection).height
        finally:
            store.close()

    def get(self, key: str) -> dict[str, Any] | None:
        """A state document of this side's replica."""
        with self.open().view() as view:
            return view.get(key)

    def sign(self, kind: str, use: str = "vote", subject: str | None = None, **members: Any) -> str:
        """An entry by an offline key of this side."""
        subject = subject or self.operator
        seed = unb64u((self.settings.offline_path / subject / f"{use}.key").read_text("ascii").strip())
        payload = {"ledger": self.genesis.id, "subject": subject, "kind": kind, "at": now_ms(), **members}
        return sign_compact(seed, "yaoshi-entry", payload)

    def write(self) -> Committed | Refusal:
        """One more record: a new review key of its institution, of which nobody has the seed."""
        (institution,) = {path.parent.name for path in self.settings.offline_path.glob("*/offline.key")}
        with self.open().view() as view:
            named = named_keys(view, institution, {"review": os.urandom(32)})
        return self.record(self.sign("institution.keys", "offline", institution, **named))

    def record(self, entry: str) -> Committed | Refusal:
        return self.open().record(entry, WITHIN_S)


class Network:
    """Sides that began one ledger together."""

    def __init__(
        self, root: Path, codes: tuple[str, ...] = CODES, postgres: Mapping[str, Postgres] | None = None
    ) -> None:
        """`postgres` has the databases of the sides that keep no files."""
        self.root = root
        self.sides = [Side(root, code) for code in codes]
        for one in self.sides:
            one.settings = replace(one.settings, postgres=(postgres or {}).get(one.code))
        texts = [one.make_keys().read_text("utf-8") for one in self.sides]
        head = HEAD.replace("2026-12-01T08:00:00+08:00", datetime.now(UTC).isoformat(timespec="seconds"))
        agreement = read_agreement(head + "\n".join(texts))
        signed = {kid: s for one in self.sides for kid, s in sign_agreement(one.settings, agreement).items()}
        for one in self.sides:
            assert finish_joining(one.settings, agreement, signed, Meeting(one.rpc))
        try:
            for one in self.sides:
                one.start()
            wait_until(lambda: all(one.height > 0 for one in self.sides), "the first block")
        except BaseException:
            self.close()
            raise

    def history(self, count: int = 4) -> None:
        """Records by those whose nodes run."""
        running = [one for one in self.sides if one.node is not None]
        for number in range(count):
            assert isinstance(running[number % len(running)].write(), Committed)

    def decide(self, change: dict[str, Any], voters: list[Side] | None = None) -> str:
        """One proposes, the others vote until it is decided; the proposal's id."""
        proposer, *others = voters or self.sides
        proposed = proposer.record(proposer.sign("operator.propose", change=change))
        assert isinstance(proposed, Committed), proposed
        for one in others:
            if proposer.get(f"proposal/{proposed.entry_id}") is None:
                break
            voted = one.record(one.sign("operator.vote", proposal=proposed.entry_id, accept=True))
            assert isinstance(voted, Committed), voted
            self.assert_level()
        assert proposer.get(f"proposal/{proposed.entry_id}") is None
        return proposed.entry_id

    def assert_level(self, sides: list[Side] | None = None) -> None:
        """All have the same records in the end."""
        compared = sides or self.sides
        wait_until(lambda: len({one.tip() for one in compared}) == 1, "all level")

    def close(self) -> None:
        for one in self.sides:
            one.stop()
