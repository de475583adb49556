"""A member that means harm: what it hands in costs the others little, and keeps nobody out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.engine.abci.checking import Code
from ledger.signing import PROOF_TYP, sign_compact
from tests.ledger import world
from tests.ledger.engine.test_application import RELEASE, Node, envelope
from tests.ledger.engine_conformance import LINK

OFFLINE = f"{world.HOSPITAL}/offline"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path / "ledger.db", world.genesis_bytes(operators=4, validators=True))


def test_what_a_replaced_key_signs_is_not_ordered_any_more(node: Node) -> None:
    rotated = node.author.entry(
        OFFLINE, "institution.keys", world.HOSPITAL, keys={"release": world.key("new")}
    )
    node.block(envelope(node.author.open_link(LINK)), envelope(node.author.look(LINK)), envelope(rotated))
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
    node.block(envelope(node.author.open_link(LINK, "phone")))
    for number in range(20):
        named = f"{number:02}" * 4_000
        proof = {"ledger": node.genesis.id, "subject": LINK, "institution": named}
        members = {"key": world.key("other"), "proof": sign_compact(world.seed("other"), PROOF_TYP, proof)}
        greedy = node.author.entry("phone", "look.made", LINK, **members)
        assert node.block(envelope(greedy)).codes == [Code.NOTHING_TAKEN]
    assert max(map(len, node.application._memory.state._values)) < 120
