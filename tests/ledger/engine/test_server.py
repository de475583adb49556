"""The application's socket: private, answers in order, and whoever does not speak the protocol is cut off."""

from __future__ import annotations

import itertools
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.engine.abci import messages
from ledger.engine.abci.application import Application
from ledger.engine.abci.messages import Method
from ledger.engine.abci.server import Server
from ledger.engine.abci.wire import MAX_FRAME_BYTES, FrameReader, frame
from ledger.envelope import pack_entries
from ledger.errors import Fatal
from ledger.genesis import parse_genesis
from ledger.protobuf import bytes_field, int_field, message_field, read_fields, write_varint
from ledger.store.database import Store
from tests.ledger import world

WITHIN_S = 20


class Served:
    """A server in a thread, and what ended it."""

    def __init__(self, folder: Path) -> None:
        self.genesis = parse_genesis(world.genesis_bytes())
        self.store = Store(folder / "ledger.db", write=True)
        self.path = folder / "run" / "abci.sock"
        application = Application(self.store, self.genesis, world.contracts(), lambda: None)
        self.server = Server(application, self.path, lambda _node: True)
        self.ended_by: BaseException | None = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        try:
            self.server.serve()
        except BaseException as fault:
            self.ended_by = fault

    def connect(self) -> Peer:
        return Peer(self.path)

    def close(self) -> None:
        self.server.close()
        self.thread.join(WITHIN_S)
        self.store.close()


class Peer:
    """CometBFT's end of one connection."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(WITHIN_S)
        self.socket.connect(str(path))
        self.reader = FrameReader()

    def ask(self, *requests: bytes, cuts: tuple[int, ...] = ()) -> list[tuple[int, bytes]]:
        """Method numbers and bodies of the answers to these requests and a flush."""
        stream = b"".join(frame(one) for one in (*requests, request(Method.FLUSH)))
        places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
        for start, end in itertools.pairwise(places):
            self.socket.sendall(stream[start:end])
        found: list[tuple[int, bytes]] = []
        while len(found) <= len(requests):
            data = self.socket.recv(65_536)
            assert data, "the server hung up"
            for message in self.reader.feed(data):
                ((number, body),) = read_fields(message)
                assert isinstance(body, bytes)
                found.append((number, body))
        assert found.pop() == (Method.FLUSH + 1, b"")
        return found

    def is_cut_off(self) -> bool:
        try:
            while self.socket.recv(65_536):
                continue
        except ConnectionError:
            return True
        return True

    def close(self) -> None:
        self.socket.close()


def request(method: Method, body: bytes = b"") -> bytes:
    return message_field(method, body)


def block(height: int, *txs: bytes) -> bytes:
    time = message_field(6, int_field(1, world.START // 1000 + 60))
    body = b"".join(message_field(1, tx) for tx in txs) + int_field(5, height) + time
    return request(Method.FINALIZE_BLOCK, body)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    folder = Path(tempfile.mkdtemp(prefix="abci"))
    made = Served(folder)
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.fixture
def peer(served: Served) -> Iterator[Peer]:
    made = served.connect()
    yield made
    made.close()


def test_only_its_user_reaches_the_socket(served: Served) -> None:
    assert stat.S_IMODE(served.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(served.path.parent.stat().st_mode) == 0o700


def test_every_method_has_an_answer_in_the_order_of_the_requests(peer: Peer) -> None:
    asked = [one for one in Method if one not in (Method.INIT_CHAIN, Method.FINALIZE_BLOCK, Method.COMMIT)]
    answers = peer.ask(*(request(one) for one in asked))
    assert [number for number, _ in answers] == [one + 1 for one in asked]


ANSWERS = {
    "echo": (request(Method.ECHO, bytes_field(1, "医".encode())), bytes_field(1, "医".encode())),
    "a proposal that can be judged": (request(Method.PROCESS_PROPOSAL), int_field(1, messages.ACCEPT)),
    "a proposal of garbage": (
        request(Method.PROCESS_PROPOSAL, bytes_field(1, b"garbage")),
        int_field(1, messages.REJECT),
    ),
    "a proposal to make": (
        request(Method.PREPARE_PROPOSAL, int_field(1, 1000) + bytes_field(2, b"one") + message_field(2, b"")),
        bytes_field(1, b"one") + message_field(1, b""),
    ),
    "a vote's extension": (request(Method.VERIFY_VOTE_EXTENSION), int_field(1, messages.ACCEPT)),
    "a snapshot that is offered": (request(Method.OFFER_SNAPSHOT), int_field(1, messages.REJECT_OFFER)),
    "snapshots to list": (request(Method.LIST_SNAPSHOTS), b""),
    "garbage to check": (request(Method.CHECK_TX, bytes_field(1, b"garbage")), int_field(1, 1)),
}


@pytest.mark.parametrize(("asked", "answer"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_answer_is_right_to(peer: Peer, asked: bytes, answer: bytes) -> None:
    assert peer.ask(asked)[0][1] == answer


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=400), max_size=6), st.lists(st.integers(0, 3000), max_size=10))
def test_requests_that_come_split_or_together_are_answered_alike(
    peer: Peer, texts: list[bytes], cuts: list[int]
) -> None:
    requests = [request(Method.ECHO, bytes_field(1, text)) for text in texts]
    assert [body for _, body in peer.ask(*requests, cuts=tuple(cuts))] == [
        bytes_field(1, one) for one in texts
    ]


HOSTILE = {
    "a frame beyond the limit": write_varint(MAX_FRAME_BYTES + 1),
    "a length without an end": b"\xff" * 12,
    "garbage": frame(b"\xff\xff\xff"),
    "no method": frame(b""),
    "two methods in one": frame(request(Method.FLUSH) + request(Method.FLUSH)),
    "a method that does not exist": frame(message_field(99, b"")),
    "a body that is cut off": frame(request(Method.FINALIZE_BLOCK, b"\x0a\x05a")),
    "a web browser": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"Accept: text/html\r\n" * 9,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_peer_is_cut_off_and_no_other_that_sends(served: Served, peer: Peer, data: bytes) -> None:
    other = served.connect()
    peer.socket.sendall(data)
    assert peer.is_cut_off()
    assert other.ask(request(Method.INFO))[0][0] == Method.INFO + 1
    other.close()
    assert served.ended_by is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=80), max_size=4), st.booleans())
def test_garbage_never_stops_the_server(served: Served, pieces: list[bytes], framed: bool) -> None:
    hostile = served.connect()
    try:
        for piece in pieces:
            # Field 20 is a block to finalize: a height that does not fit stops the server, as it must.
            if not piece.startswith(b"\xa2\x01"):
                hostile.socket.sendall(frame(piece) if framed else piece)
    except ConnectionError:
        pass
    hostile.close()
    other = served.connect()
    assert other.ask(request(Method.ECHO)) == [(Method.ECHO + 1, b"")]
    other.close()


def test_a_node_that_comes_again_finds_what_was_committed_and_nothing_staged() -> None:
    folder = Path(tempfile.mkdtemp(prefix="abci"))
    served = Served(folder)
    author = world.Author(served.genesis.id)
    tx = pack_entries([author.open_link(world.link_id(1))])
    first = served.connect()
    ((_, staged),) = first.ask(block(1, tx))
    first.close()
    second = served.connect()
    assert messages.info_body(b"yaoshi", 0, b"") == second.ask(request(Method.INFO))[0][1]
    assert second.ask(block(1, tx))[0][1] == staged
    assert second.ask(request(Method.COMMIT)) == [(Method.COMMIT + 1, b"")]
    third = served.connect()
    hashed = dict(read_fields(staged))[5]
    assert isinstance(hashed, bytes)
    assert third.ask(request(Method.INFO))[0][1] == messages.info_body(b"yaoshi", 1, hashed)
    assert served.ended_by is None
    third.socket.sendall(frame(block(5)) + frame(request(Method.FLUSH)))
    assert third.is_cut_off()
    served.thread.join(WITHIN_S)
    assert isinstance(served.ended_by, Fatal)
    assert served.ended_by.code == "height-differs"
    for each in (second, third):
        each.close()
    served.close()
    shutil.rmtree(folder)
