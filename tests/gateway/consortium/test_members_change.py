"""Members come and go on a running network: by votes, with nodes that strangers cannot join, nothing lost."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from gateway.cli.opening import now_ms
from gateway.consortium.agreement import read_statement
from gateway.consortium.directory import read_directory
from gateway.consortium.joining import read_invitation
from ledger.committed import Committed
from ledger.errors import Refusal
from ledger.genesis import VALIDATOR_USE
from tests.gateway.conftest import Clock
from tests.gateway.consortium import commands
from tests.gateway.consortium.commands import typed
from tests.gateway.consortium.members import needs_cometbft
from tests.gateway.consortium.network import Network, Side
from tests.gateway.consortium.offices import as_a_wallet_sees, office
from tests.gateway.peers.story import Story, bring_records
from tests.gateway.peers.town import Order, Town
from tests.journeys.blocks import wait_until_certified
from tests.ledger.engine.network import wait_until

pytestmark = needs_cometbft


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with TemporaryDirectory(prefix="y-") as root:
        made = Network(Path(root))
        yield made
        made.close()


def set_up(network: Network, code: str, *, inviting: Side) -> tuple[Side, Path]:
    """A newcomer's side after `keys` and `join`: it knows everybody, and nobody knows it."""
    side = Side(network.root, code)
    statement = network.root / f"{code}.toml"
    invitation = network.root / f"{code}.invitation"
    typed(inviting, "consortium", "invite", str(invitation))
    invited = read_invitation(invitation.read_text("utf-8")).genesis.id
    statement.write_bytes(side.make_keys(invited).read_bytes())
    said = typed(side, "consortium", "join", str(invitation), "--yes", "--rpc", str(side.rpc))
    assert "govern join" in said
    return side, statement


def test_a_node_that_is_no_members_meets_nobody(network: Network) -> None:
    stranger, statement = set_up(network, "XX", inviting=network.sides[0])
    node = read_statement(statement.read_text("utf-8")).nodes[stranger.operator].partition("@")[0]
    try:
        stranger.start()
        wait_until(lambda: all(node in one.refused for one in network.sides), "every member refused it")
        assert all(node not in one.admitted for one in network.sides)
        network.history()
        assert stranger.application_height() == 0
        for one in network.sides:
            found = one.measures()
            assert found is not None
            assert node not in found.peers
            assert len(found.peers) == 3
    finally:
        stranger.stop()
    assert os.path.exists(stranger.settings.genesis_path)


@pytest.fixture(scope="module")
def fifth(network: Network) -> Iterator[Side]:
    """A hospital that joined a network with a history, as the page for engineers says."""
    network.history()
    side, statement = set_up(network, "EE", inviting=network.sides[1])
    for one in network.sides:
        said = typed(one, "consortium", "add", str(statement), "--yes")
        assert "govern propose" in said
    vote_by_hand(network, statement.with_name("EE.operator.json"))
    side.start()
    wait_until(lambda: side.tip()[0] >= network.sides[0].tip()[0], "it caught up from block 1")
    typed(
        side, "govern", "join", "--yes", "--key", str(side.settings.offline_path / side.operator / "vote.key")
    )
    network.assert_level([*network.sides, side])
    institution = change_in(statement, "EE")["institution"]["id"]
    again = typed(network.sides[2], "consortium", "add", str(statement), "--yes")
    assert "EE.EE.json" in again
    assert "INSTEAD OF" not in again
    forged = statement.with_name("forged.toml")
    forged.write_text(statement.read_text("utf-8").replace("@127.0.0.1", "@evil.example"), "utf-8")
    own = read_directory(side.settings.node_path)[side.operator]
    assert f"INSTEAD OF · 取代  {own}" in _shown(network.sides[3], forged)
    network.decide(change_in(statement, "EE"))
    network.assert_level([*network.sides, side])
    offline = side.settings.offline_path / institution / "offline.key"
    typed(side, "govern", "join", "--yes", "--key", str(offline))
    network.assert_level([*network.sides, side])
    yield side
    side.stop()


STATED = {
    "without proofs": "consortium keys --invited",
    "with another key's proof": "consortium keys --invited",
    "with a proof that is a number": "proofs are texts by use",
}


@pytest.mark.usefixtures("fifth")
@pytest.mark.parametrize(("how", "said"), STATED.items(), ids=STATED.keys())
def test_a_statement_is_not_voted_on_when_it_comes(
    network: Network, fifth: Side, how: str, said: str
) -> None:
    text = (network.root / "EE.toml").read_text("utf-8")
    begin = text.index("[operator.proofs]")
    lines = text[begin:].split("\n")
    tables = {
        "without proofs": re.sub(r"\[\w+\.proofs\]\n(\w+ = .*\n)+", "", text),
        "with another key's proof": text.replace(lines[1].split(" = ")[1], lines[2].split(" = ")[1]),
        "with a proof that is a number": text.replace(lines[1], "checkpoint = 7"),
    }
    spoiled = network.root / "spoiled.toml"
    spoiled.write_text(tables[how], "utf-8")
    assert said in commands.refused(network.sides[0], "consortium", "add", str(spoiled), "--yes")


def _shown(side: Side, statement: Path) -> str:
    """What somebody reads of a statement and then says no to."""
    return commands.refused(side, "consortium", "add", str(statement))


def vote_by_hand(network: Network, change: Path) -> None:
    """One member proposes the change, two others vote, as they type it."""
    keys = [one.settings.offline_path / one.operator / "vote.key" for one in network.sides]
    said = typed(network.sides[0], "govern", "propose", str(change), "--yes", "--key", str(keys[0]))
    (proposal,) = re.findall(r"\b[0-9a-f]{64}\b", said)
    for one, key in zip(network.sides[1:3], keys[1:3], strict=True):
        network.assert_level()
        said = typed(one, "govern", "vote", proposal[:12], "--yes", "--key", str(key))
    assert "Decided" in said


def change_in(statement: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        statement.with_name(f"{statement.stem}.{name}.json").read_text("utf-8")
    )
    return found


def validators(side: Side) -> int:
    return int(side.ask("validators")["total"])


def test_a_fifth_member_catches_up_from_the_first_block_and_decides_with_the_others(
    network: Network, fifth: Side
) -> None:
    network.assert_level([*network.sides, fifth])
    wait_until(lambda: validators(network.sides[0]) == 5, "its validator counts")
    network.sides[0].stop_node()
    assert isinstance(fifth.write(), Committed), "four of five go on"
    network.sides[0].start_node()
    network.assert_level([*network.sides, fifth])
    assert VALIDATOR_USE in fifth.get(f"operator/{fifth.operator}")["keys"]  # type: ignore[index]


def test_a_wallet_that_never_heard_of_it_links_at_the_newcomer_gives_both_ways_and_proves_it_all(
    network: Network, fifth: Side, tmp_path: Path
) -> None:
    network.assert_level([*network.sides, fifth])
    with office(network.sides[0]) as old, office(fifth) as new:
        at_new = Story(Town([old, new], Clock(now_ms()), Order()), new.staff("clinician"))
        at_old = Story(Town([new, old], Clock(now_ms()), Order()), old.staff("clinician"))
        for node in (old, new):
            bring_records(node, tmp_path)
        phones = [at_new.linked(old), at_new.linked(new)]
        seen = []
        for story, phone in zip((at_new, at_old), phones, strict=True):
            reference, offers = story.granted(phone)
            [source] = story.seen(reference)["sources"]
            assert (source["state"], len(source["items"])) == ("open", 3), source
            seen.append(offers[0]["receipt"])
        with old.gw.ledger.view() as view:
            size = view.size
        for node in (old, new):
            wait_until_certified(node.gw.settings.console_origin, size)
        found = as_a_wallet_sees(old, network.sides[0].genesis.data, phones, seen)
        kept = tmp_path / "receipt.json"
        kept.write_text(json.dumps(seen[1]), "utf-8")
        at = ("--ledger", fifth.genesis.id, "--at", new.gw.settings.console_origin)
        assert "more than two thirds" in typed(network.sides[2], "ledger", "verify", str(kept), *at)
    assert "EE" not in found["named"]
    for one in found["links"]:
        assert one["alarms"] == [], found
        assert one["kinds"][:2] == ["link.open", "grant.give"]
        assert set(one["kinds"][2:]) == {"disclosure.made"}
    assert found["receipts"] == [[], []]
    assert found["trusted"] >= size


def test_a_removed_member_writes_nothing_and_its_node_is_refused(network: Network, fifth: Side) -> None:
    said = typed(network.sides[0], "consortium", "remove", fifth.operator)
    change_file = Path(f"remove.{fifth.operator[:8]}.json")
    assert str(change_file) in said
    try:
        network.decide(json.loads(change_file.read_text("utf-8")))
    finally:
        change_file.unlink()
    wait_until(lambda: validators(network.sides[0]) == 4, "its validator is out")
    network.assert_level([*network.sides, fifth])
    refused = fifth.record(
        fifth.sign(
            "operator.propose", change={"do": "operator.retire", "operator": network.sides[0].operator}
        )
    )
    assert isinstance(refused, Refusal)
    assert refused.code == "key-retired"
    node = read_directory(fifth.settings.node_path)[fifth.operator].partition("@")[0]
    for one in network.sides:
        assert "is removed" in typed(one, "consortium", "remove", fifth.operator)
        assert fifth.operator not in read_directory(one.settings.node_path)
        assert node not in (one.settings.node_path / "config/config.toml").read_text("utf-8")
    assert f"no member's any more: {node}" in typed(network.sides[0], "consortium", "status")
    for one in network.sides:
        one.refused.clear()
        one.stop_node()
        one.start_node()
    wait_until(lambda: all(node in one.refused for one in network.sides), "every member refuses it")
    before = fifth.application_height()
    network.history(2)
    network.assert_level()
    assert fifth.application_height() == before
