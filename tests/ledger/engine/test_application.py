"""The application judges blocks as every engine does, durably at Commit only, and stops when it differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ledger.apphash import app_hash
from ledger.encoding import unb64u
from ledger.engine.abci.application import BLOCKS_REFUSALS_ARE_KEPT, Application, Finalized
from ledger.engine.abci.checking import Code, Envelopes
from ledger.engine.abci.finalizing import POWER, open_block, validator_updates
from ledger.engine.abci.messages import Block, InitChain
from ledger.engine.cometbft_genesis import app_state, chain_id
from ledger.engine.embedded import EmbeddedEngine
from ledger.entry import parse_entry
from ledger.envelope import pack_entries
from ledger.errors import Fatal, Refusal
from ledger.genesis import Genesis, parse_genesis
from ledger.record import decode_record
from ledger.store.chain import ChainTip, RefusedAt, read_chain_tip, read_refusals_since, write_chain_tip
from ledger.store.database import Store
from ledger.store.place import Place, Postgres
from ledger.store.reading import read_ending
from tests.ledger import voting, world
from tests.ledger.engine_conformance import LINK, OTHER
from tests.postgres import KINDS, POSTGRES

GENESIS = world.genesis_bytes()
TIME = world.START + 60_000
DESK, RELEASE = f"{world.HOSPITAL}/desk", f"{world.HOSPITAL}/release"


class Node:
    """What CometBFT does with an application, one block after another."""

    def __init__(self, place: Place, genesis: bytes = GENESIS) -> None:
        self.store = Store(place, write=True)
        self.genesis = parse_genesis(genesis)
        self.woken = 0
        self.application = self.restarted()
        self.author = world.Author(self.genesis.id)

    def restarted(self) -> Application:
        """Another application on the same store, as after a crash."""
        self.application = Application(self.store, self.genesis, world.contracts(), self._wake)
        return self.application

    def _wake(self) -> None:
        self.woken += 1

    def finalize(self, *txs: bytes, time: int = TIME, height: int | None = None) -> Finalized:
        following = self.application.info().height + 1
        return self.application.finalize_block(
            Block(following if height is None else height, time, list(txs))
        )

    def block(self, *txs: bytes, time: int = TIME) -> Finalized:
        """A whole block."""
        done = self.finalize(*txs, time=time)
        self.application.commit()
        return done

    def stored(self) -> tuple[int, bytes, int]:
        """Size, root and height in the store."""
        with self.store.snapshot() as connection:
            ending = read_ending(connection)
            assert ending is not None
            return ending.size, ending.root, read_chain_tip(connection).height

    def refusal(self, entry: str) -> RefusedAt | None:
        name = parse_entry(entry).id
        with self.store.snapshot() as connection:
            return read_refusals_since(connection, 0).get(name)


@pytest.fixture(params=KINDS)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    on_postgres = request.param == POSTGRES
    made = Node(Postgres(request.getfixturevalue("postgres")) if on_postgres else tmp_path / "ledger.db")
    yield made
    made.store.close()


def envelope(*entries: str) -> bytes:
    return pack_entries(entries)


def forged(entry: str) -> str:
    stem, _, signature = entry.rpartition(".")
    return f"{stem}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"


def asked(genesis: Genesis) -> InitChain:
    return InitChain(chain_id(genesis).encode(), json.dumps(app_state(genesis)).encode(), 1)


def test_a_chain_begins_with_record_0(node: Node) -> None:
    assert node.application.init_chain(asked(node.genesis)) == node.application.init_chain(
        asked(node.genesis)
    )
    validators, beginning = node.application.init_chain(asked(node.genesis))
    size, root, height = node.stored()
    assert (validators, beginning, size, height) == ({}, app_hash(1, root), 1, 0)
    assert (node.application.info().height, node.application.info().app_hash) == (0, b"")


WRONG_CHAINS = {
    "another chain id": InitChain(b"yaoshi-other", b"{}", 1),
    "another ledger in its state": InitChain(
        chain_id(parse_genesis(GENESIS)).encode(), b'{"ledger":"00"}', 1
    ),
    "no state": InitChain(chain_id(parse_genesis(GENESIS)).encode(), b"", 1),
    "a later beginning": InitChain(
        chain_id(parse_genesis(GENESIS)).encode(),
        json.dumps(app_state(parse_genesis(GENESIS))).encode(),
        2,
    ),
}


@pytest.mark.parametrize("chain", WRONG_CHAINS.values(), ids=WRONG_CHAINS.keys())
def test_a_chain_is_refused_with(node: Node, chain: InitChain) -> None:
    with pytest.raises(Fatal) as differs:
        node.application.init_chain(chain)
    assert differs.value.code == "chain-differs"


def test_a_chain_that_went_on_does_not_begin_again(node: Node) -> None:
    node.block()
    with pytest.raises(Fatal) as differs:
        node.application.init_chain(asked(node.genesis))
    assert differs.value.code == "chain-differs"


def test_an_empty_block_changes_nothing_but_the_height(node: Node) -> None:
    first = node.block(envelope(node.author.open_link(LINK)))
    before = node.stored()
    second = node.block(time=TIME + 60_000)
    assert second.app_hash == first.app_hash
    assert node.stored() == (before[0], before[1], before[2] + 1)
    assert node.woken == 2


def test_nothing_is_durable_before_commit_and_a_second_try_begins_from_what_is(node: Node) -> None:
    opening, look = node.author.open_link(LINK), node.author.look(LINK)
    before = node.stored()
    first = node.finalize(envelope(opening, look))
    assert node.stored() == before
    other = node.finalize(envelope(node.author.open_link(OTHER)))
    assert other.app_hash != first.app_hash
    assert node.finalize(envelope(opening, look)) == first
    node.restarted()
    assert node.finalize(envelope(opening, look)) == first
    node.application.commit()
    assert node.restarted().info().app_hash == first.app_hash
    assert node.stored()[0] == 3


@pytest.mark.parametrize(
    "height", [0, 1, 3, -1], ids=["none", "the same again", "one left out", "a negative one"]
)
def test_a_block_of_another_height_stops_the_application(node: Node, height: int) -> None:
    node.block()
    with pytest.raises(Fatal) as differs:
        node.finalize(height=height)
    assert differs.value.code == "height-differs"


def test_a_commit_without_a_block_stops_the_application(node: Node) -> None:
    node.block()
    with pytest.raises(Fatal) as differs:
        node.application.commit()
    assert differs.value.code == "height-differs"


RESULTS: dict[str, tuple[Callable[[world.Author], bytes], Code]] = {
    "nothing": (lambda a: b"", Code.MALFORMED),
    "garbage": (lambda a: b"\x01\xff\xff\xff\xffgarbage", Code.MALFORMED),
    "an item that is no entry": (lambda a: envelope(a.look(LINK), "a.b.c"), Code.MALFORMED),
    "a wrong signature": (lambda a: envelope(forged(a.look(LINK))), Code.SIGNATURE),
    "one wrong signature among others": (
        lambda a: envelope(a.look(LINK), forged(a.look(LINK))),
        Code.SIGNATURE,
    ),
    "only what the rules refuse": (lambda a: envelope(a.open_link(LINK), a.look(OTHER)), Code.NOTHING_TAKEN),
    "only unknown keys": (lambda a: envelope(a.entry("stranger", "look.made", LINK)), Code.NOTHING_TAKEN),
    "another ledger's entry": (lambda a: envelope(world.Author("00" * 32).look(LINK)), Code.NOTHING_TAKEN),
    "a fault of the rules": (lambda a: envelope(a.entry(DESK, "link.faulty", LINK)), Code.NOTHING_TAKEN),
    "something good among refused": (lambda a: envelope(a.look(OTHER), a.look(LINK)), Code.OK),
    "what is recorded already": (
        lambda a: envelope(world.Author(a.ledger).open_link(LINK, "phone")),
        Code.OK,
    ),
}


@pytest.mark.parametrize("checked", [False, True], ids=["met in the block first", "checked before"])
@pytest.mark.parametrize(("make", "code"), RESULTS.values(), ids=RESULTS.keys())
def test_a_transaction_counts_as_it_must_with(
    node: Node, make: Callable[[world.Author], bytes], code: Code, checked: bool
) -> None:
    node.block(envelope(node.author.open_link(LINK, "phone")))
    before, tx = node.stored(), make(node.author)
    if checked:
        node.application.check_tx(tx)
    done = node.block(tx)
    assert done.codes == [code]
    taken = node.stored()[0] - before[0]
    assert (taken == 0) == (code is not Code.OK or make is RESULTS["what is recorded already"][0])


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda data: b"\x01" + data)))
def test_garbage_is_malformed_in_every_place(data: bytes) -> None:
    assert open_block(Envelopes(), [data]) == [None]


def test_a_block_that_cannot_be_judged_is_not_voted_for(node: Node) -> None:
    good = envelope(node.author.open_link(LINK))
    assert node.application.process_proposal([good, good])
    assert node.application.process_proposal([])
    assert not node.application.process_proposal([good, b"garbage"])


def test_a_key_can_sign_in_the_envelope_that_brings_it(node: Node) -> None:
    opening = node.author.open_link(LINK, "phone")
    own = node.author.entry("phone", "look.made", LINK)
    assert node.finalize(envelope(opening, own)).codes == [Code.OK]
    node.application.commit()
    assert node.stored()[0] == 3
    opening, own = node.author.open_link(OTHER, "phone-2"), node.author.entry("phone-2", "look.made", OTHER)
    assert node.block(envelope(opening, forged(own))).codes == [Code.OK]
    assert node.stored()[0] == 4, "only the opening"
    assert node.refusal(own) is None, "nothing is said about bytes that nobody signed"


def test_a_refusal_is_kept_for_those_who_wait_and_not_for_ever(node: Node) -> None:
    look, stranger = node.author.look(LINK), node.author.entry("stranger", "look.made", LINK)
    node.block(envelope(look, stranger), envelope(forged(node.author.look(LINK))))
    assert node.refusal(look) == RefusedAt(1, Refusal("subject-unknown", "no such subject on this ledger"))
    assert node.refusal(stranger) is None
    with node.store.transaction() as connection:
        tip = read_chain_tip(connection)
        write_chain_tip(connection, ChainTip(BLOCKS_REFUSALS_ARE_KEPT - 1, tip.app_hash))
    node.restarted()
    node.block()
    assert node.refusal(look) is not None
    node.block()
    assert node.refusal(look) is None


def test_a_block_with_records_is_on_the_disk_when_it_is_answered_for(tmp_path: Path) -> None:
    node = Node(tmp_path / "ledger.db")
    synced = []

    def note(connection: sa.Connection, *_statement: object) -> None:
        synced.append(connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2)

    engine = node.store._writer
    assert engine is not None
    sa.event.listen(engine, "commit", note)
    node.block(envelope(node.author.open_link(LINK)))
    node.block()
    node.block(envelope(node.author.look(OTHER)))
    node.block(envelope(node.author.look(LINK)))
    assert synced == [True, False, False, True], "one without any is handed in again when it is missing"
    node.store.close()


def test_the_time_of_a_record_is_its_block_s_and_never_goes_back(node: Node) -> None:
    node.block(envelope(node.author.open_link(LINK)), time=TIME + 5)
    node.block(envelope(node.author.look(LINK)), time=TIME)
    with node.store.snapshot() as connection:
        ending = read_ending(connection)
    assert ending is not None
    assert ending.time == TIME + 5


CONTRADICTIONS = {
    "the app hash is another": ("UPDATE chain SET app_hash = :zeros", "app-hash-differs"),
    "its height is gone": ("DELETE FROM chain", "engine-differs"),
    "a record is gone": ('DELETE FROM records WHERE "index" = 1', "size-differs"),
}


@pytest.mark.parametrize(("statement", "code"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_an_application_refuses_to_serve_when(node: Node, statement: str, code: str) -> None:
    node.block(envelope(node.author.open_link(LINK)))
    with node.store.transaction() as connection:
        connection.execute(sa.text(statement), {"zeros": bytes(32)} if ":zeros" in statement else {})
    with pytest.raises(Fatal) as differs:
        node.restarted()
    assert differs.value.code == code


def test_the_same_entries_at_the_same_times_give_the_same_roots_as_embedded(tmp_path: Path) -> None:
    clock = voting.Clock()
    options: dict[str, Any] = {"contracts": world.contracts(), "checkpoint_seed": world.CHECKPOINT_SEED}
    engine = EmbeddedEngine.open(tmp_path / "one.db", GENESIS, clock=clock, **options)
    author = world.Author(engine.id)
    for number in range(40):
        clock.now += number * 7
        engine.record(author.open_link(world.link_id(number), f"phone {number}"), 10)
        engine.record(author.look(world.link_id(number // 3), step=number + 20), 10)
    with engine.view() as view:
        records = [decode_record(row.record_bytes) for row in view.records(1, 1000)]
        wanted = (view.size, view.root)
    engine.close()
    node = Node(tmp_path / "two.db")
    for one in records:
        node.block(envelope(one.entry.decode()), time=one.time)
    assert node.stored()[:2] == wanted
    whole = Node(tmp_path / "three.db")
    times = sorted({one.time for one in records})
    for time in times:
        entries = [one.entry.decode() for one in records if one.time == time]
        whole.block(envelope(*entries), time=time)
    assert whole.stored()[:2] == wanted
    node.store.close()
    whole.store.close()


def test_validators_follow_the_operators(tmp_path: Path) -> None:
    council = voting.Council(tmp_path, operators=4, validators=True)
    proposal = council.decide(voting.admit_operator())
    new = voting.NEW_OPERATOR
    council.done(f"{new}/vote", "operator.join", new, proposal=proposal)
    council.operators.append(new)
    gone = council.operators[3]
    council.decide({"do": "operator.retire", "operator": gone})
    with council.engine.view() as view:
        records = [decode_record(row.record_bytes) for row in view.records(1, 100)]
    council.engine.close()
    node = Node(tmp_path / "node.db", council.genesis)
    began, _ = node.application.init_chain(asked(node.genesis))
    assert sorted(began.values()) == [POWER] * 4
    updates = [node.block(envelope(one.entry.decode()), time=one.time).validators for one in records]
    came, went = (unb64u(world.key(f"{operator}/validator")) for operator in (new, gone))
    assert [one for one in updates if one] == [{came: POWER}, {went: 0}]
    node.store.close()


def test_a_validator_that_goes_has_no_power_and_a_set_is_never_empty() -> None:
    one, two = world.key("one"), world.key("two")
    assert validator_updates({one: "a", two: "b"}, {two: "b"}) == {unb64u(one): 0}
    assert validator_updates({one: "a"}, {two: "a"}) == {unb64u(one): 0, unb64u(two): POWER}
    assert validator_updates({one: "a"}, {}) == {}
