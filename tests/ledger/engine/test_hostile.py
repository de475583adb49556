"""A member that means harm: what it hands in costs the others little, and keeps nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.engine.abci.backlog import OPEN_BYTES, SHARE_BYTES, Backlog
from ledger.engine.abci.checking import Code
from ledger.signing import PROOF_TYP, sign_compact
from tests.ledger import world
from tests.ledger.engine.test_application import RELEASE, Node, envelope
from tests.ledger.engine_conformance import LINK

OFFLINE, RIVAL = f"{world.HOSPITAL}/offline", f"{world.CLINIC}/release"
OTHER_SIDE = world.consortium()[1]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Hospital and clinic are of two operators."""
    made = Node(tmp_path / "ledger.db", world.genesis_bytes(operators=4, validators=True, clinic=OTHER_SIDE))
    made.block(envelope(made.author.open_link(LINK, "phone")))
    yield made
    made.store.close()


def test_what_a_replaced_key_signs_is_not_ordered_any_more(node: Node) -> None:
    rotated = node.author.entry(
        OFFLINE, "institution.keys", world.HOSPITAL, keys={"release": world.key("new")}
    )
    node.block(envelope(node.author.look(LINK)), envelope(rotated))
    looks = [node.author.entry(RELEASE, "look.made", LINK) for _ in range(3)]
    assert [node.application.check_tx(envelope(look)) for look in looks] == [Code.UNKNOWN_KEY] * 3
    assert node.application.check_tx(envelope(node.author.entry("new", "look.made", LINK))) is Code.OK
    mixed = envelope(looks[0], node.author.entry("new", "look.made", LINK))
    assert node.application.check_tx(mixed) is Code.OK
    assert node.block(mixed).codes == [Code.OK]
    refused = node.refusal(looks[0])
    assert refused is not None
    assert refused.refusal.code == "key-retired"


def test_nothing_is_remembered_of_names_that_no_institution_has(node: Node) -> None:
    for number in range(20):
        named = f"{number:02}" * 4_000
        proof = {"ledger": node.genesis.id, "subject": LINK, "institution": named}
        members = {"key": world.key("other"), "proof": sign_compact(world.seed("other"), PROOF_TYP, proof)}
        greedy = node.author.entry("phone", "look.made", LINK, **members)
        assert node.block(envelope(greedy)).codes == [Code.NOTHING_TAKEN]
    assert max(map(len, node.application._memory.state._values)) < 120


def tx(node: Node, signer: str) -> bytes:
    """An envelope of two looks, a kind that no quota holds up."""
    return envelope(*(node.author.entry(signer, "look.made", LINK, pad="x" * 20_000) for _ in range(2)))


def flood(node: Node, signer: str) -> list[bytes]:
    """What is let in of one signer until nothing more is."""
    let_in = []
    while node.application.check_tx(made := tx(node, signer)) is Code.OK:
        let_in.append(made)
        assert sum(map(len, let_in)) <= 2 * (OPEN_BYTES + SHARE_BYTES), "it has no end"
    assert node.application.check_tx(made) is Code.OVER_SHARE
    return let_in


def test_a_member_that_floods_with_looks_fills_its_own_share_and_nobody_else_s(node: Node) -> None:
    let_in = flood(node, RELEASE)
    assert sum(map(len, let_in)) <= OPEN_BYTES + SHARE_BYTES
    assert node.application.check_tx(envelope(node.author.entry(RIVAL, "look.made", LINK))) is Code.OK
    patient = tx(node, "phone")
    assert node.application.check_tx(patient) is Code.OVER_SHARE, "a link is its hospital's"
    node.block(*let_in)
    assert node.application.check_tx(patient) is Code.OK, "blocks make room"


def test_small_transactions_are_bounded_in_number() -> None:
    backlog, number = Backlog(), 0
    while backlog.is_open(1) or backlog.has_share(1, ["one"], 4):
        backlog.enter(number.to_bytes(4), 1, [], [] if backlog.is_open(1) else ["one"], 0)
        number += 1
    assert number == (OPEN_BYTES + SHARE_BYTES) // 1024
    assert backlog.has_share(1, ["another"], 4)
    assert not backlog.has_share(SHARE_BYTES, ["another"], 64), "all shares together fit into a mempool"


def test_nobody_s_share_is_spent_by_repeating_what_it_signed(node: Node) -> None:
    recorded = [node.author.entry(RIVAL, "look.made", LINK, pad="x" * 4_000) for _ in range(3)]
    waiting = node.author.entry(RIVAL, "look.made", LINK, pad="x" * 4_000)
    node.block(envelope(*recorded))
    assert node.application.check_tx(envelope(waiting)) is Code.OK
    flood(node, RELEASE)
    again = [envelope(*[waiting] * times) for times in (2, 3, 4)]
    assert [node.application.check_tx(each) for each in again] == [Code.OVER_SHARE] * 3
    junk = node.author.entry("stranger", "look.made", LINK)
    for number in range(200):
        node.application.check_tx(envelope(junk, *recorded, *[waiting] * (number % 3 + 1)))
    honest = sum(node.application.check_tx(tx(node, RIVAL)) is Code.OK for _ in range(SHARE_BYTES // 60_000))
    assert honest == SHARE_BYTES // 60_000, "all of its own share is left"


def test_a_node_that_begins_anew_has_nothing_waiting(node: Node) -> None:
    flood(node, RELEASE)
    assert node.application.begin() == node.application.info()
    assert node.application.check_tx(tx(node, RELEASE)) is Code.OK


def test_what_was_in_no_block_for_long_is_taken_for_lost(node: Node) -> None:
    flood(node, RELEASE)
    node.application._checker.ordered((), node.application.info().height + 1_000)
    assert node.application.check_tx(tx(node, RELEASE)) is Code.OK
