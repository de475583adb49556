"""Hospitals of one ledger, each with a node, an operator and a replica of its own, that speak real HTTP.

Until engines agree among themselves, one lock puts every entry into every replica, in one order; `lag` holds
a replica back. All that a node is asked, by whomever, is written down in `heard`.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app import create_app
from gateway.composition import Gateway
from gateway.contracts import CONTRACTS
from gateway.identity.founding import write_private
from gateway.identity.keyring import read_keys, write_key
from gateway.identity.sessions import open_session
from gateway.identity.tables import staff_account
from gateway.settings import Settings
from gateway.store.database import open_database
from gateway.web.events import Bus
from gateway.web.logs import make_log
from ledger.encoding import b64u
from ledger.engine.embedded import EmbeddedEngine
from ledger.errors import Unavailable
from ledger.genesis import INSTITUTION_USES, OPERATOR_USES, build_genesis, sign_genesis
from ledger.signing import public_key
from tests.gateway.conftest import Clock, Entropy, OriginClient
from tests.gateway.tables import begin_with_tables

WALLET = "https://wallet.example"
SORTS = (
    ("WX", "hospital", "望溪市中心医院"),
    ("WT", "clinic", "梧桐里社区卫生服务中心"),
    ("QH", "examination-centre", "青禾体检中心"),
)


class Replica:
    """An engine of ledger/engine/protocol.py: what one node submits is put into all, in one order."""

    def __init__(self, engine: EmbeddedEngine, order: Order) -> None:
        self._engine, self._order = engine, order
        self.waiting: list[str] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def submit(self, entry: str) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self.record(entry, 10))
        except Unavailable as outage:
            future.set_exception(outage)
        return future

    def record(self, entry: str, timeout: float) -> Any:
        return self._order.put(self, entry, timeout)

    def lag(self) -> None:
        """From now on entries of others wait."""
        self.waiting = []

    def catch_up(self) -> None:
        """Take in what waits."""
        waiting, self.waiting = self.waiting or [], None
        for entry in waiting:
            self._engine.record(entry, 10)


class Order:
    """The one order in which all replicas take entries."""

    def __init__(self) -> None:
        self.replicas: list[Replica] = []
        self.agrees = True
        self.faults: dict[str, Unavailable] = {}
        self._lock = Lock()

    def put(self, first: Replica, entry: str, timeout: float) -> Any:
        if not self.agrees:
            raise Unavailable("no-quorum", "the replicas do not agree just now")
        if entry in self.faults:
            raise self.faults[entry]
        with self._lock:
            answer = first._engine.record(entry, timeout)
            for other in self.replicas:
                if other is not first and other.waiting is not None:
                    other.waiting.append(entry)
                elif other is not first:
                    other._engine.record(entry, timeout)
        return answer


@dataclass(frozen=True)
class Heard:
    """One request that came to a node."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]


class KeepsAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_arguments: Any) -> None:
        """Says nothing."""


@dataclass
class Node:
    """One hospital's node."""

    gw: Gateway
    app: Flask
    institution: str
    listener: socket.socket
    heard: list[Heard] = field(default_factory=list)
    server: BaseWSGIServer | None = None
    change: Callable[[Heard, int, list[Any], bytes], tuple[int, bytes]] | None = None

    @property
    def base(self) -> str:
        return f"{self.gw.settings.console_origin}/i/{self.institution}"

    def start(self) -> None:
        port = self.listener.getsockname()[1]
        self.server = make_server(
            "127.0.0.1", port, self.app.wsgi_app, True, 1, KeepsAlive, fd=self.listener.fileno()
        )
        self.server.daemon_threads = True  # type: ignore[attr-defined]
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody answers at its address any more."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.listener.close()
            self.server = None

    def client(self) -> Any:
        client = self.app.test_client()
        client.origin = self.gw.settings.console_origin  # type: ignore[attr-defined]
        return client

    def staff(self, role: str) -> FlaskClient:
        """Somebody whose session is open."""
        gw, staff = self.gw, self.gw.entropy(16).hex()
        row = {"id": staff, "institution": self.institution, "user": f"{role}-{staff[:6]}", "role": role}
        more = {"name": "测试员（合成）", "department": "内科", "role_code": role, "password": "unused"}
        with gw.db.begin() as conn:
            conn.execute(insert(staff_account).values(**row, **more, disabled=False, made_at=gw.clock()))
        with self.app.test_request_context(base_url=gw.settings.console_origin):
            response = Response()
            open_session(gw, staff, response)
        name, _, value = response.headers["Set-Cookie"].split(";")[0].partition("=")
        client = self.client()
        client.set_cookie(name, value, domain="localhost")
        client.staff_id = staff
        return client

    def __post_init__(self) -> None:
        self._answer = self.app.wsgi_app
        self.app.wsgi_app = self._listen  # type: ignore[method-assign]

    def _listen(self, environ: Any, start: Any) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        heard = Heard(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body, headers)
        self.heard.append(heard)
        environ["wsgi.input"] = io.BytesIO(body)
        if self.change is None:
            return self._answer(environ, start)
        return self._changed(heard, environ, start)

    def _changed(self, heard: Heard, environ: Any, start: Any) -> Any:
        """The answer as `change` makes it of the true one."""
        said: list[Any] = []

        def catch(status: str, headers: list[Any], _fault: Any = None) -> Any:
            said[:] = [int(status.split()[0]), headers]

        pieces = self._answer(environ, catch)
        true = b"".join(pieces)
        if hasattr(pieces, "close"):
            pieces.close()
        headers = [(name, value) for name, value in said[1] if name.lower() != "content-length"]
        status, body = self.change(heard, said[0], headers, true)  # type: ignore[misc]
        start(f"{status} Changed", [*headers, ("Content-Length", str(len(body)))])
        return [body]


@dataclass
class Town:
    """`a` holds records, `b` asks, `c` is a third hospital."""

    nodes: list[Node]
    clock: Clock
    order: Order

    @property
    def a(self) -> Node:
        return self.nodes[0]

    @property
    def b(self) -> Node:
        return self.nodes[1]

    @property
    def c(self) -> Node:
        return self.nodes[2]


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    clock, entropy = Clock(), Entropy()
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in SORTS]
    origins = [f"http://localhost:{one.getsockname()[1]}" for one in listeners]
    homes = [folder / f"node-{number}" for number in range(len(SORTS))]
    institutions = _found(homes, origins, clock, entropy)
    order = Order()
    nodes = []
    for home, origin, listener, institution in zip(homes, origins, listeners, institutions, strict=True):
        settings = _settings(home, origin)
        begin_with_tables(settings)
        gw = _compose(settings, order, clock, entropy)
        app = create_app(gateway=gw)
        app.test_client_class = OriginClient
        nodes.append(Node(gw, app, institution, listener))
    for node in nodes:
        node.start()
    yield Town(nodes, clock, order)
    for node in nodes:
        node.stop()
        node.gw.bus.close()
        node.gw.close()


def _found(homes: list[Path], origins: list[str], clock: Clock, entropy: Entropy) -> list[str]:
    """A genesis of all, and each side's keys in its own folder."""
    operators, institutions, seeds = [], [], []

    def keys_of(home: Path, subject: str, uses: tuple[str, ...]) -> dict[str, str]:
        made = {}
        for use in uses:
            seed = entropy(32)
            seeds.append(seed)
            write_key(home / "keys", subject, use, seed)
            made[use] = b64u(public_key(seed))
        return made

    for home, origin, (code, sort, chinese) in zip(homes, origins, SORTS, strict=True):
        operator, subject = entropy(16).hex(), entropy(16).hex()
        operators.append(
            {"id": operator, "name": f"Operator {code}", "keys": keys_of(home, operator, OPERATOR_USES)}
        )
        institutions.append(
            {
                "id": subject,
                "code": code,
                "type": sort,
                "operator": operator,
                "name": {"zh-CN": chinese, "en": code},
                "base": f"{origin}/i/{subject}",
                "keys": keys_of(home, subject, INSTITUTION_USES),
            }
        )
        write_private(home / "secrets" / "session.key", entropy(32).hex().encode())
    document = build_genesis(
        name="Town",
        origin="town.example/ledger",
        wallet=WALLET,
        at=clock(),
        operators=operators,
        institutions=institutions,
    )
    data = sign_genesis(document, seeds)
    for home in homes:
        write_private(home / "genesis.json", data)
    return [one["id"] for one in institutions]


def _settings(home: Path, origin: str) -> Settings:
    return Settings(
        console_origin=origin,
        wallet_origin=origin.replace("localhost", "127.0.0.1"),
        data=home,
        disk_warn_bytes=0,
        disk_warn_percent=0,
        disk_stop_bytes=0,
    )


def _compose(settings: Settings, order: Order, clock: Clock, entropy: Entropy) -> Gateway:
    keys = read_keys(settings.keys_path)
    data = settings.genesis_path.read_bytes()
    own = {path.parent.name for path in settings.keys_path.glob("*/checkpoint.key")}
    engine = EmbeddedEngine.open(
        settings.ledger_path,
        data,
        contracts=CONTRACTS,
        checkpoint_seed=keys.checkpoint_seed(own.pop()),
        clock=clock,
    )
    replica = Replica(engine, order)
    order.replicas.append(replica)
    bus = Bus(clock, settings.sse_cap, settings.sse_seconds)
    engine.subscribe(lambda news: bus.publish(*(f"link:{one.subject}" for one in news)))
    return Gateway(
        settings=settings,
        ledger=replica,
        db=open_database(settings.database_path),
        clock=clock,
        entropy=entropy,
        keys=keys,
        bus=bus,
        log=make_log(None),
    )
