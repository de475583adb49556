"""Four members on one machine: they agree, go on without one, stand still without two, and lose nothing."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.committed import Committed
from ledger.engine.abci.allowance import BEYOND
from ledger.engine.abci.checking import Code
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.cometbft_genesis import chain_id
from ledger.envelope import pack_entries
from ledger.errors import Unavailable
from ledger.light.certificate import Certified, read_certified
from ledger.light.chain import check_same, read_light_block
from tests.ledger import world
from tests.ledger.engine.network import WITHIN_S, Member, wait_until

QUOTA = 40
GENESIS = world.genesis_bytes(link_entries_per_hour=QUOTA)


class Network:
    """The members with a gateway's engine at each, and one author for all."""

    def __init__(self, size: int = 4) -> None:
        self.members = [Member(GENESIS) for _ in range(size)]
        for member in self.members:
            member.configure(self.members)
            member.start_application()
            member.start_node()
        self.engines = [self.open(member) for member in self.members]
        self.author = world.Author(self.engines[0].id)
        self.links = 0

    def open(self, member: Member, answer_within_s: float = WITHIN_S) -> CometBFTEngine:
        return member.open_engine(lambda: world.START, answer_within_s=answer_within_s)

    def entry(self) -> str:
        """A new entry that can always be accepted."""
        self.links += 1
        return self.author.open_link(world.link_id(self.links))

    def stop(self, number: int) -> None:
        """As when the machine loses power."""
        self.members[number].stop_node()
        self.engines[number].close()
        self.members[number].stop_application()

    def start(self, number: int) -> None:
        self.members[number].start_application()
        self.members[number].start_node()
        self.engines[number] = self.open(self.members[number])

    def assert_alike(self, size: int) -> None:
        """All members come to this size, with the same root."""
        wait_until(lambda: all(one.tip()[0] == size for one in self.members), f"all at size {size}")
        assert len({one.tip() for one in self.members}) == 1

    def close(self) -> None:
        for member in self.members:
            member.start_node_if_stopped()
        for engine in self.engines:
            engine.close()
        for member in self.members:
            member.remove()


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.close()


def recorded(engine: CometBFTEngine, entry: str) -> Committed:
    answer = engine.record(entry, WITHIN_S)
    assert isinstance(answer, Committed), answer
    return answer


def test_the_same_entry_through_four_gateways_is_recorded_once(network: Network) -> None:
    entry = network.entry()
    answers = [engine.submit(entry) for engine in network.engines]
    found = [future.result(WITHIN_S) for future in answers]
    assert {one.index for one in found if isinstance(one, Committed)} == {1}
    network.assert_alike(2)


def test_entries_of_all_gateways_stand_in_one_order(network: Network) -> None:
    before = network.members[0].tip()[0]
    answers = [engine.submit(network.entry()) for _ in range(25) for engine in network.engines]
    found = [future.result(WITHIN_S) for future in answers]
    places = [one.index for one in found if isinstance(one, Committed)]
    assert sorted(places) == list(range(before, before + 100))
    network.assert_alike(before + 100)


def test_every_member_shows_what_the_validators_signed_about_its_log(network: Network) -> None:
    size, root = network.members[0].tip()
    blocks = []
    for member, engine in zip(network.members, network.engines, strict=True):
        chain = chain_id(member.genesis)
        wait_until(lambda: is_whole(engine, size), "the whole log is certified")  # noqa: B023
        found = certified(engine, chain)
        assert found.root == root
        at_first = engine.light_block(1)
        assert at_first is not None
        blocks.append((read_light_block(at_first, chain).header.hash, found.block.header.height))
        assert engine.light_block(10**6) is None
    assert len({first for first, _ in blocks}) == 1
    # A node hangs up on whoever was silent for a while: that is no outage.
    network.engines[0]._light._node._connection.sock.shutdown(socket.SHUT_RDWR)
    assert network.engines[0].light_block(2) is not None
    common = min(height for _, height in blocks)
    chain = chain_id(network.members[0].genesis)
    shown = [read_certified(engine.light_block(common), chain) for engine in network.engines]
    for other in shown[1:]:
        check_same(shown[0].block, other.block)
    # In the middle of the log, too, each header has the size and root that it names.
    middle = [
        read_certified(network.engines[1].light_block(height), chain) for height in range(1, common + 1)
    ]
    assert {one.size for one in middle} >= {1, size}
    assert sorted(one.size for one in middle) == [one.size for one in middle]


def is_whole(engine: CometBFTEngine, size: int) -> bool:
    """Whether a block certifies so many records; in a network that has just begun there is none."""
    newest = engine.light_block(None)
    return newest is not None and newest["size"] == size


def certified(engine: CometBFTEngine, chain: str) -> Certified:
    return read_certified(engine.light_block(None), chain)


def test_a_member_that_floods_holds_nobody_up(network: Network) -> None:
    before = network.members[0].tip()[0]
    recorded(network.engines[0], network.entry())
    flooded = world.link_id(network.links)
    codes: list[int] = []
    for number in range(300):
        envelope = pack_entries([network.author.entry(f"{world.HOSPITAL}/desk", "link.add", flooded)])
        tx = base64.b64encode(envelope).decode()
        codes.append(network.members[3].call("broadcast_tx_sync", tx=tx)["result"]["code"])
        if number % 60 == 0:
            recorded(network.engines[number // 60 % 3], network.entry())
    let_in = codes.count(Code.OK)
    assert codes.count(Code.OVER_QUOTA) == 300 - let_in
    assert QUOTA - 1 <= let_in <= 2 * (QUOTA + BEYOND), "an hour may end within the flood"
    recorded(network.engines[1], network.author.look(flooded))
    wait_until(lambda: len({one.tip() for one in network.members}) == 1, "all have the same")
    assert before + 7 + QUOTA - 1 <= network.members[0].tip()[0] <= before + 7 + 2 * QUOTA


def test_three_go_on_without_the_fourth_which_is_level_when_it_returns(network: Network) -> None:
    before = network.members[0].tip()[0]
    network.stop(3)
    for engine in network.engines[:3]:
        recorded(engine, network.entry())
    network.members[3].start_application()
    network.engines[3] = network.open(network.members[3])
    with pytest.raises(Unavailable) as silent:
        network.engines[3].light_block(None)
    assert silent.value.code == "node-silent"
    network.members[3].start_node()
    network.assert_alike(before + 3)
    assert recorded(network.engines[3], network.entry()).index == before + 3
    network.assert_alike(before + 4)


def test_without_two_nothing_is_recorded_until_one_returns(network: Network) -> None:
    before = network.members[0].tip()[0]
    for number in (2, 3):
        network.stop(number)
    entry = network.entry()
    waiting = network.engines[0].submit(entry)
    with pytest.raises(Unavailable) as none:
        network.engines[0].record(entry, 2)
    assert none.value.code == "no-quorum"
    assert network.members[0].tip()[0] == before
    network.start(2)
    done = waiting.result(WITHIN_S)
    assert isinstance(done, Committed)
    assert done.index == before
    assert recorded(network.engines[0], entry) == done.again()
    assert recorded(network.engines[1], entry).index == done.index
    network.start(3)
    network.assert_alike(before + 1)


def listening(pid: int) -> set[tuple[str, int]]:
    """Address and port of each TCP socket at which a process takes connections (proc(5), /proc/net/tcp)."""
    process, found, held = Path(f"/proc/{pid}"), set(), set()
    for one in process.glob("fd/*"):
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(os.readlink(one))
    for table, size in (("tcp", 8), ("tcp6", 32)):
        for line in process.joinpath("net", table).read_text("ascii").splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in held:
                address, port = words[1].split(":")
                assert len(address) == size
                plain = (
                    ".".join(str(one) for one in reversed(bytes.fromhex(address))) if size == 8 else address
                )
                found.add((plain, int(port, 16)))
    return found


def test_only_peers_are_listened_for_and_on_loopback_the_gateway(network: Network) -> None:
    for member in network.members:
        member.start_node_if_stopped()
        assert member.node is not None
        wait_until(lambda member=member: member.height > 0, "the node answers")
        assert listening(member.node.pid) == {
            ("127.0.0.1", member.rpc_port),
            ("127.0.0.1", member.p2p_port),  # as its settings say; those of a hospital name another address
        }
        assert member.socket.is_socket(), "the application has no port at all"
        assert (member.socket.stat().st_mode & 0o777, member.socket.parent.stat().st_mode & 0o777) == (
            0o600,
            0o700,
        )
