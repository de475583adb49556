"""CheckTx lets in what may be recorded, cheapest checks first, and a flood harms nobody but who makes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.encoding import unb64u
from ledger.engine.abci.allowance import BEYOND
from ledger.engine.abci.checking import Code, Envelopes
from ledger.engine.verdicts import Verdicts
from ledger.entry import parse_entry
from ledger.envelope import MAX_ENVELOPE_BYTES, open_envelope
from tests.ledger import world
from tests.ledger.engine.test_application import DESK, RELEASE, TIME, Node, envelope, forged
from tests.ledger.engine.test_application import node as node
from tests.ledger.engine_conformance import LINK, OTHER

CHECKS: dict[str, tuple[Callable[[world.Author], bytes], Code]] = {
    "garbage": (lambda a: b"\x01garbage", Code.MALFORMED),
    "more than an envelope": (lambda a: b"\x01" * 70_000, Code.MALFORMED),
    "a wrong signature": (lambda a: envelope(forged(a.look(LINK))), Code.SIGNATURE),
    "unknown keys only": (lambda a: envelope(a.entry("stranger", "look.made", LINK)), Code.UNKNOWN_KEY),
    "an entry of another ledger": (lambda a: envelope(world.Author("00" * 32).look(LINK)), Code.UNKNOWN_KEY),
    "what is recorded already": (
        lambda a: envelope(world.Author(a.ledger).open_link(LINK, "phone")),
        Code.RECORDED,
    ),
    "an unknown key among others": (
        lambda a: envelope(a.look(LINK), a.entry("stranger", "look.made", LINK)),
        Code.OK,
    ),
    "a new entry": (lambda a: envelope(a.look(LINK)), Code.OK),
}


@pytest.mark.parametrize(("make", "code"), CHECKS.values(), ids=CHECKS.keys())
def test_before_it_is_ordered_a_transaction_is_answered_with(
    node: Node, make: Callable[[world.Author], bytes], code: Code
) -> None:
    node.block(envelope(node.author.open_link(LINK, "phone")))
    before = node.stored()
    assert node.application.check_tx(make(node.author)) == code
    assert node.stored() == before


def test_before_it_is_ordered_cheap_checks_come_first(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db", world.genesis_bytes(link_entries_per_hour=1))
    opening = node.author.open_link(LINK)
    node.block(envelope(opening))
    for _ in range(BEYOND):
        assert node.application.check_tx(envelope(node.author.entry(DESK, "link.add", LINK))) is Code.OK
    beyond = node.author.entry(DESK, "link.add", LINK)
    stranger = node.author.entry("stranger", "link.add", LINK)
    ladder = [
        (b"\x01" * (MAX_ENVELOPE_BYTES + 1), Code.MALFORMED),
        (envelope(forged(beyond), "a.b.c"), Code.MALFORMED),
        (envelope(forged(stranger)), Code.UNKNOWN_KEY),
        (envelope(forged(beyond), stranger), Code.OVER_QUOTA),
        (envelope(forged(opening), stranger), Code.OVER_QUOTA),
        (envelope(forged(node.author.look(LINK)), opening), Code.OVER_QUOTA),
        (envelope(forged(node.author.look(LINK))), Code.SIGNATURE),
        (envelope(node.author.look(LINK)), Code.OK),
    ]
    assert [node.application.check_tx(tx) for tx, _ in ladder] == [code for _, code in ladder]
    node.store.close()


def test_a_recorded_entry_is_known_before_its_signature_is_looked_at(node: Node) -> None:
    opening = node.author.open_link(LINK)
    node.block(envelope(opening))
    assert node.application.check_tx(envelope(forged(opening))) is Code.RECORDED


def test_a_flood_of_one_link_is_held_up_and_nobody_else(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db", world.genesis_bytes(link_entries_per_hour=5))
    node.block(envelope(node.author.open_link(LINK), node.author.open_link(OTHER)))
    before = node.stored()
    flood = [envelope(node.author.entry(DESK, "link.add", LINK)) for _ in range(200)]
    let_in = [tx for tx in flood if node.application.check_tx(tx) is Code.OK]
    assert len(let_in) == 4 + BEYOND, "the opening counts, and a few beyond get their refusal in a block"
    assert [node.application.check_tx(tx) for tx in let_in] == [Code.OK] * len(let_in), (
        "once counted is counted"
    )
    assert node.stored() == before, "no durable write"
    other, look = node.author.entry(DESK, "link.add", OTHER), node.author.look(LINK)
    assert node.application.check_tx(envelope(other, look)) is Code.OK
    assert (
        node.application.check_tx(envelope(other, node.author.entry(DESK, "link.add", LINK)))
        is Code.OVER_QUOTA
    )
    done = node.block(*let_in, envelope(other, look))
    assert done.codes == [Code.OK] * 4 + [Code.NOTHING_TAKEN] * BEYOND + [Code.OK]
    refused = node.refusal(open_envelope(let_in[-1])[0])
    assert refused is not None
    assert refused.refusal.code == "quota-exceeded"
    assert node.application.check_tx(flood[-1]) is Code.OVER_QUOTA
    node.block(envelope(node.author.look(LINK)), time=TIME + 3_600_000)
    assert node.application.check_tx(flood[-1]) is Code.OK, "another hour"
    node.store.close()


def test_a_flooding_operator_is_held_up_and_the_others_entries_go_through(tmp_path: Path) -> None:
    genesis = world.genesis_bytes(operators=4, validators=True, operator_entries_per_hour=6)
    node = Node(tmp_path / "ledger.db", genesis)
    node.block(envelope(*(node.author.open_link(world.link_id(number)) for number in range(3))))
    flood = [envelope(node.author.open_link(world.link_id(number))) for number in range(3, 60)]
    codes = [node.application.check_tx(tx) for tx in flood]
    assert codes == [Code.OK] * (3 + BEYOND) + [Code.OVER_QUOTA] * (len(flood) - 3 - BEYOND)
    for free in ("look.made",):
        assert node.application.check_tx(envelope(node.author.entry(RELEASE, free, LINK))) is Code.OK
    assert node.block(*flood[: 3 + BEYOND]).codes == [Code.OK] * 3 + [Code.NOTHING_TAKEN] * BEYOND
    node.store.close()


def test_nobody_spends_what_is_another_s_by_forged_or_repeated_entries(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db", world.genesis_bytes(link_entries_per_hour=2))
    node.block(envelope(node.author.open_link(LINK)))
    honest = node.author.entry(DESK, "link.add", LINK)
    for _ in range(100):
        false = forged(node.author.entry(DESK, "link.add", LINK))
        assert node.application.check_tx(envelope(false)) is Code.SIGNATURE
        assert node.application.check_tx(envelope(honest, node.author.look(LINK))) is Code.OK
    assert node.application.check_tx(envelope(node.author.entry(DESK, "link.add", LINK))) is Code.OK
    node.store.close()


def test_what_is_remembered_of_envelopes_is_bounded_and_nothing_that_was_not_let_in(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db")
    node.block(envelope(node.author.open_link(LINK)))
    looks = [envelope(node.author.look(LINK)) for _ in range(30)]
    room = sum(map(len, looks[:10]))
    envelopes = Envelopes(kept_bytes=room)
    opened = [envelopes.open(tx) for tx in (*looks, looks[-1])]
    assert opened[-1] is opened[-2], "opened once"
    assert sum(size for size, _ in envelopes._opened.values()) <= room
    kept = node.application._envelopes
    node.application.check_tx(looks[0])
    before = len(kept._opened)
    for _ in range(5):
        node.application.check_tx(envelope(forged(node.author.look(LINK))))
    assert len(kept._opened) == before
    assert kept._left + sum(size for size, _ in kept._opened.values()) == 8 * 1024 * 1024
    node.store.close()


def test_what_was_verified_before_it_was_ordered_is_not_verified_again(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db")
    node.block(envelope(node.author.open_link(LINK)))
    whole, foreign = envelope(node.author.look(LINK)), node.author.entry("stranger", "look.made", LINK)
    mixed = envelope(node.author.look(LINK), foreign)
    kept = node.application._envelopes
    for tx in (whole, mixed):
        assert not kept.open(tx).signed
        assert node.application.check_tx(tx) is Code.OK
    assert kept.open(whole).signed
    assert not kept.open(mixed).signed, "a key that comes later has verified nothing yet"
    assert node.block(whole, mixed).codes == [Code.OK, Code.OK]
    node.store.close()


def test_a_key_that_comes_after_the_check_still_has_to_have_signed(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db")
    node.block(envelope(node.author.open_link(LINK)))
    opening = node.author.open_link(OTHER, "phone")
    early = envelope(node.author.look(LINK), forged(node.author.entry("phone", "look.made", OTHER)))
    assert node.application.check_tx(early) is Code.OK, "nobody knows the second key yet"
    assert node.block(envelope(opening)).codes == [Code.OK]
    assert node.block(early).codes == [Code.SIGNATURE]
    node.store.close()


def test_a_verdict_that_was_remembered_is_of_its_own_bytes_only(node: Node) -> None:
    verdicts, public = Verdicts(), unb64u(world.key(RELEASE))
    look = node.author.look(LINK)
    signature = look.rpartition(".")[2]
    other = node.author.look(LINK).rpartition(".")[0]
    wrong = (forged(look), f"{other}.{signature}")
    for _ in range(2):
        assert verdicts.verifies(parse_entry(look), public)
        assert not any(verdicts.verifies(parse_entry(one), public) for one in wrong)
        assert not verdicts.verifies(parse_entry(look), unb64u(world.key(DESK)))
