"""What a gateway makes of the node's answers: only what is certain is said to who waits."""

from __future__ import annotations

import base64
import json
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ledger.committed import Committed
from ledger.engine.abci.checking import Code
from ledger.engine.inflight import Answer, InFlight, Waiting
from ledger.engine.outgoing import Sender
from ledger.engine.rpc import Handed, Node
from ledger.entry import parse_entry
from ledger.envelope import PACKED, open_envelope
from ledger.errors import Malformed, Refusal, Unavailable
from tests.ledger import world
from tests.ledger.test_signed_batch import batch

WITHIN_S = 20
CACHED = {"error": {"code": -32603, "message": "Internal error", "data": "tx already exists in cache"}}
FULL = {"error": {"code": -32603, "message": "Internal error", "data": "mempool is full: number of txs 5"}}
LOST = {"error": {"code": -32603, "message": "Internal error", "data": "confirmation not received"}}


def coded(code: int) -> dict[str, Any]:
    return {"result": {"code": code, "data": "", "log": "", "codespace": "", "hash": "00"}}


class Rpc:
    """A node's RPC that gives one prepared answer after the other, then accepts everything."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.data: list[bytes] = []
        self.envelopes: list[list[str]] = []
        self.asked = threading.Condition()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = owner.take(base64.b64decode(body["params"]["tx"]))
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, data: bytes) -> Any:
        with self.asked:
            self.data.append(data)
            self.envelopes.append(open_envelope(data))
            self.asked.notify_all()
            return self.answers.pop(0) if self.answers else coded(0)

    def wait_for(self, envelopes: int) -> None:
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.envelopes) >= envelopes, WITHIN_S)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Gateway:
    """A sender with what is in flight."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.in_flight = InFlight(64)
        self.sender = Sender(Node(rpc.address), self.in_flight, 0.001, lambda items: None, self.signed)
        self.author = world.Author("00" * 32)
        self.forged: set[str] = set()

    def signed(self, item: Waiting) -> bool:
        item.signed = item.entry.text not in self.forged
        return item.signed

    def send(self, count: int = 1) -> list[Answer]:
        return self.hand_in([self.author.look(world.link_id(1)) for _ in range(count)])

    def hand_in(self, texts: list[str]) -> list[Answer]:
        found, items = [], []
        for entry in map(parse_entry, texts):
            answer, item = self.in_flight.join(entry, time.monotonic() + WITHIN_S)
            assert item is not None
            item.looked_up = True
            found.append(answer)
            items.append(item)
        self.sender.put(items)
        return found


@pytest.fixture
def rpc() -> Iterator[Rpc]:
    made = Rpc()
    yield made
    made.close()


@pytest.fixture
def gateway(rpc: Rpc) -> Iterator[Gateway]:
    made = Gateway(rpc)
    yield made
    made.sender.close()


ANSWERS = {
    "accepted": (coded(0), Handed.ACCEPTED),
    "known to the node": (CACHED, Handed.KNOWN),
    "too many there": (FULL, Handed.FULL),
    "an answer that was lost": (LOST, Handed.UNKNOWN),
    "a refusal of the application": (coded(2), 2),
    "no JSON": (b"<html>", Handed.UNKNOWN),
    "no object": (b"[]", Handed.UNKNOWN),
}


@pytest.mark.parametrize(("answer", "wanted"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_node_s_answer_is_understood_as(rpc: Rpc, answer: Any, wanted: object) -> None:
    rpc.answers = [answer]
    node = Node(rpc.address)
    assert node.hand_in(b"\x01\x00\x00\x00\x01a") == wanted
    assert node.hand_in(b"\x01\x00\x00\x00\x01a") is Handed.ACCEPTED, "the next call connects anew"
    node.close()


def test_a_node_that_is_not_there_is_no_answer() -> None:
    assert Node("http://127.0.0.1:1").hand_in(b"") is Handed.UNKNOWN


@pytest.mark.parametrize("address", ["http://10.0.0.1:26657", "https://127.0.0.1:1", "unix:///run/rpc"])
def test_a_node_is_reached_over_loopback_only(address: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Node(address)


def test_what_waits_goes_into_one_envelope_in_its_order(gateway: Gateway, rpc: Rpc) -> None:
    gateway.send(5)
    rpc.wait_for(1)
    assert [len(texts) for texts in rpc.envelopes] == [5]
    times = [parse_entry(text).at for text in rpc.envelopes[0]]
    assert times == sorted(times)


def test_an_entry_that_waits_alone_goes_at_once(rpc: Rpc) -> None:
    in_flight, author = InFlight(64), world.Author("00" * 32)
    sender = Sender(Node(rpc.address), in_flight, 3600, lambda items: None, lambda item: True)
    text = author.look(world.link_id(1))
    _, item = in_flight.join(parse_entry(text), time.monotonic() + WITHIN_S)
    assert item is not None
    sender.put([item])
    rpc.wait_for(1)
    assert rpc.envelopes == [[text]]
    sender.close()


REFUSED = {
    Code.UNKNOWN_KEY: Refusal("entry-unknown-key", "no such key on this ledger"),
    Code.SIGNATURE: "signature-invalid",
    Code.MALFORMED: "envelope-form",
}


@pytest.mark.parametrize("code", REFUSED, ids=lambda code: code.name)
def test_who_is_at_fault_is_told_and_no_neighbour(gateway: Gateway, rpc: Rpc, code: Code) -> None:
    rpc.answers = [coded(code), coded(0), coded(code), coded(code), coded(0)]
    first, second, third = gateway.send(3)
    rpc.wait_for(5)
    wanted = REFUSED[code]
    if isinstance(wanted, Refusal):
        assert second.result(WITHIN_S) == wanted
    else:
        with pytest.raises(Malformed) as malformed:
            second.result(WITHIN_S)
        assert malformed.value.code == wanted
    assert not first.done()
    assert not third.done()


def test_a_forged_signature_among_many_costs_one_request_more(gateway: Gateway, rpc: Rpc) -> None:
    texts = [gateway.author.look(world.link_id(1)) for _ in range(9)]
    gateway.forged = {texts[4], texts[7]}
    rpc.answers = [coded(Code.SIGNATURE), coded(0)]
    answers = gateway.hand_in(texts)
    for place in (4, 7):
        with pytest.raises(Malformed) as malformed:
            answers[place].result(WITHIN_S)
        assert malformed.value.code == "signature-invalid"
    rpc.wait_for(2)
    assert rpc.envelopes[1] == [text for text in texts if text not in gateway.forged]
    assert [answer.done() for answer in answers] == [text in gateway.forged for text in texts]


@pytest.mark.parametrize(("answer", "verified"), [(coded(0), True), (CACHED, False)])
def test_only_what_the_application_let_in_counts_as_verified(
    rpc: Rpc, answer: dict[str, Any], verified: bool
) -> None:
    in_flight, rpc.answers = InFlight(64), [answer]
    sender = Sender(Node(rpc.address), in_flight, 0, lambda items: None, lambda item: True)
    _, item = in_flight.join(parse_entry(world.Author("00" * 32).look(world.link_id(1))), time.monotonic())
    assert item is not None
    sender.put([item])
    rpc.wait_for(1)
    sender.close()
    assert (item.handed, item.signed) == (True, verified)


def kinds(rpc: Rpc) -> list[int]:
    """For each envelope, whether a signature travelled once (2) or with each entry (1)."""
    return [(zlib.decompress(data[1:]) if data[0] == PACKED else data)[0] for data in rpc.data]


def test_a_signed_batch_travels_as_one_with_its_signature_once(gateway: Gateway, rpc: Rpc) -> None:
    entries = batch(20, "00" * 32)
    gateway.hand_in(entries)
    rpc.wait_for(1)
    assert rpc.envelopes == [entries]
    assert kinds(rpc) == [2]


def test_a_batch_of_which_something_is_missing_travels_with_its_paths(gateway: Gateway, rpc: Rpc) -> None:
    entries = batch(5, "00" * 32)
    gateway.hand_in(entries[1:])
    rpc.wait_for(1)
    assert rpc.envelopes == [entries[1:]]
    assert kinds(rpc) == [1]


def test_batches_and_single_entries_that_come_mixed_are_sorted_out(gateway: Gateway, rpc: Rpc) -> None:
    links = [world.link_id(number) for number in range(8)]
    one, two = batch(3, "00" * 32, links=links[:3]), batch(3, "00" * 32, links=links[3:6])
    alone = [gateway.author.look(link) for link in links[6:]]
    gateway.hand_in([one[0], two[0], alone[0], one[1], two[1], one[2], alone[1], two[2]])
    rpc.wait_for(3)
    assert rpc.envelopes == [one, two, alone]
    assert kinds(rpc) == [2, 2, 1]


def test_what_is_about_one_subject_keeps_its_order_whatever_it_was_signed_with(
    gateway: Gateway, rpc: Rpc
) -> None:
    links = [world.link_id(number) for number in range(3)]
    together = batch(3, "00" * 32, links=links)
    alone = gateway.author.look(links[2])
    gateway.hand_in([together[0], alone, together[1], together[2]])
    rpc.wait_for(3)
    assert rpc.envelopes == [together[:2], [alone], together[2:]]


def test_a_batch_with_one_at_fault_is_taken_apart(gateway: Gateway, rpc: Rpc) -> None:
    rpc.answers = [coded(2), coded(0), coded(2), coded(0), coded(2)]
    answers = gateway.hand_in(batch(4, "00" * 32))
    rpc.wait_for(5)
    with pytest.raises(Malformed) as malformed:
        answers[3].result(WITHIN_S)
    assert malformed.value.code == "signature-invalid"
    assert not any(answer.done() for answer in answers[:3])
    assert kinds(rpc) == [2, 1, 1, 1, 1]


def test_what_is_over_its_quota_is_an_outage_and_no_refusal(gateway: Gateway, rpc: Rpc) -> None:
    (taken,) = gateway.send()
    rpc.wait_for(1)
    rpc.answers = [coded(Code.OVER_QUOTA)]
    (answer,) = gateway.send()
    with pytest.raises(Unavailable) as busy:
        answer.result(WITHIN_S)
    assert busy.value.code == "ledger-busy"
    rpc.answers = [coded(Code.OVER_QUOTA)]
    gateway.sender.put(gateway.in_flight.all())
    rpc.wait_for(3)
    assert not taken.done(), "the node took it before: its answer is still to come"


def test_a_full_node_is_an_outage_at_once(gateway: Gateway, rpc: Rpc) -> None:
    rpc.answers = [FULL]
    (answer,) = gateway.send()
    with pytest.raises(Unavailable) as busy:
        answer.result(WITHIN_S)
    assert busy.value.code == "ledger-busy"


def test_what_the_node_took_before_it_was_full_still_waits(gateway: Gateway, rpc: Rpc) -> None:
    (answer,) = gateway.send()
    rpc.wait_for(1)
    rpc.answers = [FULL]
    new, item = gateway.in_flight.join(parse_entry(gateway.author.look(world.link_id(2))), 0)
    assert item is not None
    item.looked_up = True
    gateway.sender.put(gateway.in_flight.all())
    with pytest.raises(Unavailable) as busy:
        new.result(WITHIN_S)
    assert busy.value.code == "ledger-busy"
    assert not answer.done()


def test_an_unknown_answer_is_asked_for_again(gateway: Gateway, rpc: Rpc) -> None:
    rpc.answers = [LOST, b"<html>"]
    (answer,) = gateway.send()
    rpc.wait_for(3)
    assert rpc.envelopes[0] == rpc.envelopes[1] == rpc.envelopes[2]
    assert not answer.done()


def test_whoever_joins_hears_that_it_was_repeated() -> None:
    in_flight = InFlight(1)
    entry = parse_entry(world.Author("00" * 32).look(world.link_id(1)))
    first, item = in_flight.join(entry, 0)
    second, none = in_flight.join(entry, 0)
    assert item is not None
    assert none is None
    done = Committed(entry.id, 1, 2, entry.subject, 3, 4, entry.kind, entry.at, entry.payload, repeated=False)
    in_flight.settle(item, done)
    in_flight.settle(item, Refusal("once", "only the first answer counts"))
    assert (first.result(0), second.result(0)) == (done, done.again())
    _, later = in_flight.join(entry, 0)
    assert later is not None


def test_another_signature_waits_for_itself() -> None:
    in_flight = InFlight(2)
    author = world.Author("00" * 32)
    text = author.look(world.link_id(1))
    stem, _, signature = text.rpartition(".")
    forged = f"{stem}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"
    first, item = in_flight.join(parse_entry(text), 0)
    _, other = in_flight.join(parse_entry(forged), 0)
    assert item is not None
    assert other is not None
    in_flight.settle(other, Malformed("signature-invalid", "not hers"))
    assert not first.done(), "nobody is answered for what somebody else did not sign"
