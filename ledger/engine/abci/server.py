"""The socket between CometBFT and the application: one process a node, a thread for each connection.

ABCI 2.0: answers go out in the order of the requests, at each Flush. Nothing authenticates this socket, so
it lies in a directory that only its user can enter. A peer that does not speak the protocol loses its
connection; whatever else goes wrong stops the whole server, for a node that differs must not go on.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ledger.engine.abci import messages as m
from ledger.engine.abci.application import Application
from ledger.engine.abci.messages import Method
from ledger.engine.abci.wire import MAX_FRAME_BYTES, FrameReader, frame
from ledger.engine.waking import ring_all
from ledger.genesis import Genesis
from ledger.machine import Contracts
from ledger.protobuf import WireFault
from ledger.store.database import Store

_log = logging.getLogger("ledger.abci")
_READ = 256 * 1024
_NAME = b"yaoshi"
Admits = Callable[[str], bool]


class Server:
    """Listens from the moment it is made; `serve` answers until `close`."""

    def __init__(self, application: Application, socket_path: Path, admits: Admits) -> None:
        self._answers = answers(application, admits)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._fault: BaseException | None = None
        self._closed = False
        self._listener = _listen(socket_path)

    def serve(self) -> None:
        """Answer until `close`. Raises what made it impossible to go on."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            with self._lock:
                if self._closed:
                    connection.close()
                    break
                self._open.add(connection)
            threading.Thread(target=self._run, args=(connection,), name="abci", daemon=True).start()
        self._listener.close()
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        """End every connection and `serve`."""
        with self._lock:
            self._closed = True
            for one in (self._listener, *self._open):
                _hang_up(one)

    def _run(self, connection: socket.socket) -> None:
        try:
            self._talk(connection)
        except (WireFault, ConnectionError) as fault:
            _log.error("a connection ended: %s", fault if isinstance(fault, WireFault) else "broken off")
        except BaseException as fault:  # the main thread raises it again
            _log.critical("the application stops: %s", fault)
            self._fault = fault
            self.close()
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        reader, waiting = FrameReader(), bytearray()
        while data := connection.recv(_READ):
            for message in reader.feed(data):
                method, body = m.read_request(message)
                waiting += frame(m.write_answer(method, self._answers[method](body)))
                if method is Method.FLUSH:
                    connection.sendall(waiting)
                    waiting.clear()
                elif len(waiting) > 2 * MAX_FRAME_BYTES:
                    raise WireFault("so many requests without a flush")


def serve_application(
    store: Store,
    genesis: Genesis,
    contracts: Contracts,
    socket_path: Path,
    admits: Admits,
    started: Callable[[Server], None] = lambda _server: None,
) -> None:
    """Serve this ledger to the CometBFT node at the socket; gateways are woken in the socket's directory.

    `admits` says of a node id whether that node may be met; it is asked for both who calls and who is called.
    Blocks until somebody calls `close` on the server that `started` is given. `store` is open for writing and
    stays the caller's. Raises Fatal, or Unavailable when the store failed: the process then ends, and its
    supervisor starts it again.
    """
    application = Application(store, genesis, contracts, lambda: ring_all(socket_path.parent))
    server = Server(application, socket_path, admits)
    started(server)
    server.serve()


def answers(application: Application, admits: Admits) -> Mapping[Method, Callable[[bytes], bytes]]:
    """For each method, the answer's body to a request's body."""

    def info(_body: bytes) -> bytes:
        tip = application.begin()
        return m.info_body(_NAME, tip.height, tip.app_hash)

    def init_chain(body: bytes) -> bytes:
        return m.init_chain_body(*application.init_chain(m.read_init_chain(body)))

    def query(body: bytes) -> bytes:
        peer = m.read_filtered_peer(body)
        code = 0 if peer is None or admits(peer) else m.PEER_REFUSED
        return m.query_body(application.info().height, code)

    def process_proposal(body: bytes) -> bytes:
        fit = application.process_proposal(m.read_proposed_txs(body))
        return m.status_body(m.ACCEPT if fit else m.REJECT)

    def finalize_block(body: bytes) -> bytes:
        done = application.finalize_block(m.read_block(body))
        return m.block_body(done.codes, done.validators, done.app_hash)

    def commit(_body: bytes) -> bytes:
        application.commit()
        return b""

    return {
        Method.ECHO: lambda body: m.echo_body(m.read_echo(body)),
        Method.FLUSH: lambda _body: b"",
        Method.INFO: info,
        Method.INIT_CHAIN: init_chain,
        Method.QUERY: query,
        Method.CHECK_TX: lambda body: m.code_body(application.check_tx(m.read_tx(body))),
        Method.COMMIT: commit,
        Method.LIST_SNAPSHOTS: lambda _body: b"",
        Method.OFFER_SNAPSHOT: lambda _body: m.status_body(m.REJECT_OFFER),
        Method.LOAD_SNAPSHOT_CHUNK: lambda _body: b"",
        Method.APPLY_SNAPSHOT_CHUNK: lambda _body: m.status_body(m.REJECT_SNAPSHOT),
        Method.PREPARE_PROPOSAL: lambda body: m.txs_body(m.read_prepared_txs(body)),
        Method.PROCESS_PROPOSAL: process_proposal,
        Method.EXTEND_VOTE: lambda _body: b"",
        Method.VERIFY_VOTE_EXTENSION: lambda _body: m.status_body(m.ACCEPT),
        Method.FINALIZE_BLOCK: finalize_block,
    }


def _listen(path: Path) -> socket.socket:
    """The store's lock says that no other application of this ledger runs: an old socket is only a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(16)
    return listener


def _hang_up(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
