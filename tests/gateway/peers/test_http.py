"""Whatever another node does, a question ends in time, and what cannot be read is an outage."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event
from time import monotonic

import pytest

from gateway.composition import Gateway
from gateway.peers.http import CONNECTIONS, Deadline, Peers, Question
from ledger.errors import Unavailable
from tests.gateway.peers.hostile import Act, Connection, hostile, whole

MOST = 10_000
ASKED = Question("POST", "/token", {"Content-Type": "application/json"}, b"{}", MOST)


@pytest.fixture
def peers() -> Iterator[Peers]:
    peers = Peers(own_machine=True)
    yield peers
    peers.close()


def endless(connection: Connection) -> None:
    connection.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    while not connection.over.is_set():
        connection.send(b"400\r\n" + b"x" * 1024 + b"\r\n")


def endless_headers(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while not connection.over.is_set():
        connection.send(b"X-More: " + b"x" * 4096 + b"\r\n")


def silent(connection: Connection) -> None:
    connection.over.wait(5)


def interim(connection: Connection) -> None:
    while not connection.over.wait(0.01):
        connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")


ELSEWHERE = "http://127.0.0.1:9/elsewhere"
BOMB = gzip.compress(bytes(MOST * 100))
OUTAGES: dict[str, Act] = {
    "nothing is answered": silent,
    "the head comes byte by byte": lambda c: c.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 4000),
    "the body comes byte by byte": lambda c: (c.send(whole(b"x" * 4000)[:-4000]), c.drip(b"x" * 4000))[0],
    "the body never ends": endless,
    "the head never ends": endless_headers,
    "interim answers never end": interim,
    "the body is longer than allowed": lambda c: c.send(whole(b"x" * (MOST + 1))),
    "the body breaks off": lambda c: (c.send(whole(b"x" * 100)[:-50]), c.over.wait(5))[0],
    "the length is a lie": lambda c: c.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n"
    ),
    "it is packed": lambda c: c.send(whole(BOMB, "Content-Encoding: gzip")),
    "it is not HTTP": lambda c: c.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "it leads elsewhere": lambda c: c.send(whole(b"", f"Location: {ELSEWHERE}", status="307 There")),
    "it has not changed": lambda c: c.send(whole(b"", status="304 Not Modified")),
    "it is a fault of the other side": lambda c: c.send(whole(b"{}", status="500 Oops")),
    "it is an outage of the other side": lambda c: c.send(whole(b"{}", status="503 Later")),
    "it speaks another protocol now": lambda c: c.send(b"HTTP/1.1 101 Now\r\nUpgrade: x\r\n\r\n"),
}


@pytest.mark.parametrize("case", OUTAGES)
def test_it_is_an_outage_when(case: str, peers: Peers) -> None:
    with hostile(OUTAGES[case]) as server:
        began = monotonic()
        with pytest.raises(Unavailable) as outage:
            peers.ask(server.base, ASKED, Deadline.after(0.6))
        assert outage.value.code == "custodian-unreachable"
        assert monotonic() - began < 2
        assert server.came == 1


def test_nobody_listening_is_an_outage(peers: Peers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable) as outage:
        peers.ask(f"http://127.0.0.1:{port}", ASKED, Deadline.after(2))
    assert outage.value.code == "custodian-unreachable"


@pytest.mark.parametrize(
    "base",
    [
        "http://records.example/i/x",
        "http://127.0.0.1.example/i/x",
        "http://localhost@records.example/i/x",
        "ftp://localhost/i/x",
        "http://localhost:99999/i/x",
        "https://[::1/i/x",
        "https://nowhere.invalid/i/x",
        "",
    ],
)
def test_an_address_that_may_not_be_asked_is_an_outage(base: str, peers: Peers) -> None:
    with pytest.raises(Unavailable) as outage:
        peers.ask(base, ASKED, Deadline.after(2))
    assert outage.value.code == "custodian-unreachable"


@pytest.mark.parametrize(
    "tail", ["?tx=", "/broadcast_tx_sync?tx=", "#", "/i/x y", "\\@evil", "/%2e%2e", "//"]
)
def test_an_address_names_a_place_and_nothing_that_a_door_would_take_for_more(
    tail: str, peers: Peers
) -> None:
    with hostile(lambda c: c.send(whole(b"{}"))) as server:
        with pytest.raises(Unavailable) as outage:
            peers.ask(f"{server.base.removesuffix('/i/x')}{tail}", ASKED, Deadline.after(2))
        assert (outage.value.code, server.came) == ("custodian-unreachable", 0)


def test_no_vote_leads_a_hospital_to_a_door_of_its_own_machine() -> None:
    peers = Peers(own_machine=False)
    with hostile(lambda c: c.send(whole(b"{}"))) as server:
        with pytest.raises(Unavailable) as outage:
            peers.ask(server.base, ASKED, Deadline.after(2))
        assert (outage.value.code, server.came) == ("custodian-unreachable", 0)
    peers.close()


@pytest.mark.parametrize(("origin", "own"), [("https://h.example", False), ("http://localhost:8080", True)])
def test_only_where_all_hospitals_are_on_one_machine_it_is_asked(gw: Gateway, origin: str, own: bool) -> None:
    moved = replace(gw, settings=replace(gw.settings, console_origin=origin))
    assert moved.peers._own_machine is own


def test_too_many_requests_is_an_outage_with_its_own_name(peers: Peers) -> None:
    with hostile(lambda c: c.send(whole(b"{}", status="429 Slowly"))) as server:
        with pytest.raises(Unavailable) as outage:
            peers.ask(server.base, ASKED, Deadline.after(2))
        assert outage.value.code == "custodian-busy"


def test_a_refusal_is_an_answer(peers: Peers) -> None:
    with hostile(lambda c: c.send(whole(b'{"error":"invalid_grant"}', status="400 No"))) as server:
        answer = peers.ask(server.base, ASKED, Deadline.after(2))
    assert (answer.status, answer.media_type, answer.body) == (
        400,
        "application/json",
        b'{"error":"invalid_grant"}',
    )


def test_a_header_that_comes_twice_says_nothing(peers: Peers) -> None:
    twice = whole(b"{}", "Yaoshi-Disclosure: a", "Yaoshi-Disclosure: b")
    with hostile(lambda c: c.send(twice)) as server:
        answer = peers.ask(server.base, ASKED, Deadline.after(2))
    assert "yaoshi-disclosure" not in answer.headers


def test_what_is_sent_names_nothing_but_what_was_asked(peers: Peers) -> None:
    requests = []

    def note(connection: Connection) -> None:
        requests.append(connection.request)
        connection.send(whole(b"{}"))

    with hostile(note) as server:
        peers.ask(server.base, ASKED, Deadline.after(2))
        peers.ask(server.base, ASKED, Deadline.after(2))
    head = requests[0].split(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /i/x/token HTTP/1.1"
    names = {line.partition(b":")[0].lower() for line in head[1:]}
    assert names == {b"host", b"accept-encoding", b"user-agent", b"content-type", b"content-length"}


def test_a_proxy_of_the_environment_is_not_asked(peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile(lambda c: c.send(whole(b"{}"))) as proxy, hostile(lambda c: c.send(whole(b"{}"))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.base)
        peers.ask(server.base, ASKED, Deadline.after(2))
        assert (proxy.came, server.came) == (0, 1)


def test_a_certificate_that_nobody_vouches_for_is_an_outage(peers: Peers) -> None:
    def not_tls(connection: Connection) -> None:
        connection.send(whole(b"{}"))

    with hostile(not_tls) as server:
        with pytest.raises(Unavailable) as outage:
            peers.ask(server.base.replace("http:", "https:"), ASKED, Deadline.after(1))
        assert outage.value.code == "custodian-unreachable"


def test_certificates_are_those_of_the_system_and_names_are_checked(peers: Peers) -> None:
    peers._pool("https://records.example")
    assert peers._tls is not None
    assert peers._tls.verify_mode is ssl.CERT_REQUIRED
    assert peers._tls.check_hostname


def test_the_time_for_all_holds_across_questions(peers: Peers) -> None:
    deadline = Deadline.after(0)
    with hostile(lambda c: c.send(whole(b"{}"))) as server:
        with pytest.raises(Unavailable):
            peers.ask(server.base, ASKED, deadline)
        assert server.came == 0


def test_one_node_that_hangs_keeps_few_of_our_threads(peers: Peers) -> None:
    all_there, go_on = Barrier(CONNECTIONS + 1), Event()

    def hang(connection: Connection) -> None:
        all_there.wait(5)
        go_on.wait(5)
        connection.send(whole(b"{}"))

    def ask(base: str, seconds: float) -> int:
        return peers.ask(base, ASKED, Deadline.after(seconds)).status

    with hostile(hang) as server, ThreadPoolExecutor(CONNECTIONS) as threads:
        hanging = [threads.submit(ask, server.base, 10) for _ in range(CONNECTIONS)]
        all_there.wait(5)
        with pytest.raises(Unavailable) as outage:
            ask(server.base, 0.2)
        assert (outage.value.code, outage.value.detail) == ("custodian-unreachable", "PoolTimeout")
        with hostile(lambda c: c.send(whole(b"{}"))) as other:
            assert ask(other.base, 2) == 200
        go_on.set()
        assert [each.result() for each in hanging] == [200] * CONNECTIONS
        assert server.came == CONNECTIONS
