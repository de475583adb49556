"""Whether the chain moves is judged by heights; what a real node answers is enough for it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app import compose, create_app
from gateway.cli.opening import now_ms
from gateway.composition import Gateway
from gateway.consortium.pulse import Pulse, judge, lags, level_of, together
from gateway.operation.doctor.consortium import examine
from gateway.operation.doctor.findings import Scene
from ledger.engine.rpc import Measures
from tests.gateway.consortium.commands import typed
from tests.gateway.consortium.members import needs_cometbft
from tests.gateway.consortium.network import Network, Side
from tests.ledger.engine.network import wait_until

NOW = 1_800_000_000_000
WELL = Measures(100, NOW - 1_000, False, {"a": 101, "b": 101, "c": 101}, 0, 4, 0)


def found(**changes: object) -> Measures:
    return replace(WELL, **changes)  # type: ignore[arg-type]


JUDGED = {
    "the chain moves": (WELL, None),
    "nobody wants anything for two minutes": (found(newest=NOW - 120_000), None),
    "the node does not answer": (None, "node-silent"),
    "the block of the minute did not come, twice": (found(newest=NOW - 151_000), "consensus-still"),
    "all were down an hour ago, and came back": (found(newest=NOW - 3_600_000, awaited=NOW - 149_000), None),
    "all came back, and the block of the minute did not come": (
        found(newest=NOW - 3_600_000, awaited=NOW - 151_000),
        "consensus-still",
    ),
    "all came back, something waits and no block comes": (
        found(newest=NOW - 3_600_000, awaited=NOW - 21_000, mempool=1),
        "consensus-still",
    ),
    "this one came back, and too few others": (
        found(newest=NOW - 3_600_000, awaited=NOW - 5_000, peers={"a": 101}),
        "consensus-still",
    ),
    "something waits and no block comes": (found(newest=NOW - 21_000, mempool=1), "consensus-still"),
    "something waits for a moment": (found(newest=NOW - 19_000, mempool=1), None),
    "nobody else is there": (found(newest=NOW - 151_000, peers={}), "consensus-still"),
    "the node says that it catches up": (found(catching_up=True), "consensus-behind"),
    "the others are a block ahead": (found(peers={"a": 102, "b": 102, "c": 102}), None),
    "the others moved on and this one did not": (
        found(newest=NOW - 21_000, peers={"a": 103, "b": 103, "c": 103}),
        "consensus-behind",
    ),
    "the others are far ahead": (found(peers={"a": 112, "b": 112, "c": 112}), "consensus-behind"),
    "one member boasts of a height": (found(peers={"a": 10**9, "b": 101, "c": 101}), None),
}


@pytest.mark.parametrize(("measures", "code"), JUDGED.values(), ids=JUDGED)
def test_it_is_judged_when(measures: Measures | None, code: str | None) -> None:
    assert judge(measures, NOW) == code


LAGS = {
    "it is level": (WELL, False),
    "it does not answer": (None, True),
    "it catches up": (found(catching_up=True), True),
    "the others are one block ahead": (found(peers={"a": 102, "b": 102, "c": 102}), True),
    "one member boasts of a height": (found(peers={"a": 10**9, "b": 101, "c": 101}), False),
}


@pytest.mark.parametrize(("measures", "behind"), LAGS.values(), ids=LAGS)
def test_a_node_may_not_know_all_that_the_others_know_when(measures: Measures | None, behind: bool) -> None:
    assert lags(measures) is behind


def test_without_others_there_is_no_level() -> None:
    assert level_of(found(peers={})) == 0


def test_many_who_ask_are_one_question() -> None:
    pulse = Pulse("http://127.0.0.1:1", lambda: NOW)
    assert [pulse.code for _ in range(50)] == ["node-silent"] * 50


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with TemporaryDirectory(prefix="y-") as root:
        made = Network(Path(root))
        yield made
        made.close()


@pytest.fixture
def gw(network: Network) -> Iterator[Gateway]:
    """The gateway of the first hospital, which asks its node each time anew."""
    network.assert_level()
    made = compose(network.sides[0].settings)
    yield made
    made.close()


def codes(side: Side) -> list[str]:
    scene = Scene(side.settings, {}, now_ms(), os.geteuid())
    return [one.code for one in examine(scene)]


def told(gw: Gateway) -> tuple[int, list[str]]:
    """What a monitor hears from a gateway that was just started."""
    answer = create_app(gateway=replace(gw)).test_client().get("/readyz", base_url=gw.settings.console_origin)
    return answer.status_code, [one["code"] for one in answer.json["warnings"]]


def scraped(gw: Gateway) -> dict[str, float]:
    from prometheus_client import generate_latest

    text = generate_latest(create_app(gateway=replace(gw)).extensions["yaoshi-metrics"].registry).decode()
    return {name: float(value) for name, value in re.findall(r"^(yaoshi_\w+) (\S+)$", text, re.MULTILINE)}


@needs_cometbft
def test_a_network_that_works_has_nothing_to_say(network: Network, gw: Gateway) -> None:
    network.history()
    network.assert_level()
    assert told(gw) == (200, [])
    wait_until(lambda: all_take_part(network.sides[0]), "all take part in the next block")
    wait_until(lambda: codes(network.sides[0]) == [], "nothing is found")
    seen = scraped(gw)
    assert seen["yaoshi_consensus_up"] == 1
    assert seen["yaoshi_consensus_peers"] == 3
    assert seen["yaoshi_consensus_validators"] == 4
    assert seen["yaoshi_consensus_height"] >= seen["yaoshi_consensus_others_height"] - 1 > 4
    assert 0 <= seen["yaoshi_consensus_block_age_seconds"] < 60
    assert {"yaoshi_entries_in_flight", "yaoshi_outbox_waiting", "yaoshi_outbox_refused"} <= seen.keys()
    said = typed(network.sides[0], "consortium", "status")
    assert "3 of 3 connected" in said
    assert "version 2; this release knows 1, 2" in said


def all_take_part(side: Side) -> bool:
    said = side.measures()
    return said is not None and together(said) and said.newest - 1_000 < said.awaited <= now_ms()


def listening(pid: int) -> set[tuple[str, int]]:
    """(address, port) of all that a process listens at, from /proc/net/tcp; an IPv6 one by its digits."""
    own = {os.readlink(f"/proc/{pid}/fd/{one}") for one in os.listdir(f"/proc/{pid}/fd")}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                address, _, port = fields[1].partition(":")
                quads = ".".join(str(one) for one in reversed(bytes.fromhex(address)))
                found.add((quads if table == "tcp" else address, int(port, 16)))
    return found


@needs_cometbft
def test_a_node_listens_for_members_and_on_loopback_alone_for_its_gateway(network: Network) -> None:
    for one in network.sides:
        assert one.node is not None
        # In this network the members, too, meet on loopback.
        assert listening(one.node.pid) == {("127.0.0.1", one.rpc), ("127.0.0.1", one.p2p)}
        config = (one.settings.node_path / "config/config.toml").read_text("utf-8")
        assert f'proxy_app = "unix://{one.settings.application_path}"' in config
        assert one.settings.application_path.stat().st_mode & 0o077 == 0
        assert one.settings.application_path.parent.stat().st_mode & 0o077 == 0


@needs_cometbft
def test_a_node_that_hangs_or_is_gone_is_this_members_trouble(network: Network, gw: Gateway) -> None:
    side = network.sides[0]
    assert side.node is not None
    side.node.send_signal(signal.SIGSTOP)
    try:
        assert told(gw) == (503, ["node-silent"])
        assert scraped(gw)["yaoshi_consensus_up"] == 0
        assert codes(side) == ["node-silent"]
    finally:
        side.node.send_signal(signal.SIGCONT)
    network.sides[3].stop_node()
    wait_until(lambda: codes(side) == ["member-unreached"], "one member is missing")
    network.sides[3].start_node()
    side.stop()
    assert codes(side) == ["application-down"]
    (side.settings.node_path / "config/members.json").unlink()
    assert codes(side) == ["members-unknown"]
