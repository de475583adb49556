"""The consortium's engine meets the protocol on a real CometBFT node, and what is its own."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from ledger.committed import Committed, News
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.embedded import EmbeddedEngine
from ledger.engine.protocol import Engine
from ledger.envelope import open_envelope, pack_entries
from ledger.errors import Fatal, Refusal, Unavailable
from tests.ledger import world
from tests.ledger.engine.network import WITHIN_S, Member, one_member
from tests.ledger.engine_conformance import LINK, OTHER, EngineConformance, Opened, committed, refused

GENESIS = world.genesis_bytes(link_entries_per_hour=5)
DESK = f"{world.HOSPITAL}/desk"


class SettableClock:
    """The gateway's clock, for checkpoints; blocks have the time of their validators."""

    def __init__(self) -> None:
        self.now = world.START + 60_000

    def __call__(self) -> int:
        return self.now


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def member() -> Iterator[Member]:
    started = one_member(GENESIS)
    yield started
    started.remove()


@pytest.fixture
def opened(member: Member, clock: SettableClock) -> Iterator[Opened]:
    engines: list[CometBFTEngine] = []

    def make() -> CometBFTEngine:
        engines.append(member.open_engine(clock, answer_within_s=WITHIN_S))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


class TestCometBFT(EngineConformance):
    """The consortium's engine under the common suite; block time cannot be set by a test."""

    def test_time_never_goes_back_and_entries_may_not_be_ahead(
        self, engine: Engine, author: world.Author, clock: SettableClock
    ) -> None:
        before = milliseconds()
        first = committed(engine, author.open_link(LINK))
        second = committed(engine, author.look(LINK))
        assert before - 60_000 < first.time <= second.time < milliseconds() + 60_000
        skew = engine.genesis.limits["skew_ms"]
        author.at = milliseconds() + skew - 60_000
        committed(engine, author.look(LINK))
        author.at = milliseconds() + skew + 60_000
        assert refused(engine, author.look(LINK)) == "entry-early"

    def test_a_quota_holds_up_links_but_never_looks(
        self, engine: Engine, author: world.Author, clock: SettableClock
    ) -> None:
        committed(engine, author.open_link(LINK))
        outcomes = [engine.record(author.entry(DESK, "link.add", LINK), 10) for _ in range(9)]
        codes = [one.code for one in outcomes if isinstance(one, Refusal)]
        # An hour may end within the test, and then another five are free.
        assert set(codes) <= {"quota-exceeded"}
        assert 1 <= len(codes) <= 5
        committed(engine, author.look(LINK))

    def test_a_faulty_contract_harms_its_own_entry_only(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK))
        for kind in ("link.faulty", "link.greedy"):
            with pytest.raises(Unavailable) as failed:
                engine.submit(author.entry(DESK, kind, LINK)).result()
            assert failed.value.code == "rules-failed"
        assert committed(engine, author.look(LINK)).index == 2


def test_a_refused_entry_can_be_sent_again_and_is_judged_anew(opened: Opened) -> None:
    engine = opened()
    author = world.Author(engine.id)
    look = author.look(LINK)
    assert refused(engine, look) == "subject-unknown"
    assert refused(engine, look) == "subject-unknown"
    committed(engine, author.open_link(LINK))
    assert not committed(engine, look).repeated


def test_a_signed_batch_goes_into_a_block_with_its_signature_once(member: Member, opened: Opened) -> None:
    engine = opened()
    author = world.Author(engine.id)
    committed(engine, author.open_link(LINK))
    entries = author.looks_together([LINK] * 30)
    answers = [engine.submit(entry) for entry in entries]
    assert [one.result(WITHIN_S).index for one in answers] == list(range(2, 32))  # type: ignore[union-attr]
    blocks = [member.call("block", height=str(height)) for height in range(1, member.height + 1)]
    txs = [base64.b64decode(tx) for one in blocks for tx in one["result"]["block"]["data"]["txs"]]
    assert [(tx[0], len(open_envelope(tx))) for tx in txs] == [(3, 1), (2, 30)]
    assert len(txs[1]) < len(pack_entries(entries)) * 0.75


def test_two_gateways_of_one_store_hear_of_the_same_entry_once(opened: Opened) -> None:
    one, two = opened(), opened()
    author = world.Author(one.id)
    heard: list[News] = []
    everything = threading.Event()

    def hear(news: Sequence[News]) -> None:
        heard.extend(news)
        if len(heard) == 2:
            everything.set()

    two.subscribe(hear)
    opening = author.open_link(LINK)
    answers = [engine.submit(opening) for engine in (one, two)]
    assert {future.result(WITHIN_S).index for future in answers} == {1}  # type: ignore[union-attr]
    look = committed(one, author.look(LINK))
    assert everything.wait(WITHIN_S)
    assert [one.record for one in heard] == [1, look.index] == [1, 2]


def test_more_entries_than_may_be_in_flight_are_refused_at_once(
    member: Member, opened: Opened, clock: SettableClock
) -> None:
    author = world.Author(member.genesis.id)
    committed(opened(), author.open_link(LINK))
    member.stop_node()
    engine = member.open_engine(clock, in_flight=2, answer_within_s=1)
    waiting = [engine.submit(author.look(LINK)) for _ in range(2)]
    with pytest.raises(Unavailable) as busy:
        engine.submit(author.look(LINK))
    assert busy.value.code == "ledger-busy"
    for future in waiting:
        with pytest.raises(Unavailable) as none:
            future.result(WITHIN_S)
        assert none.value.code == "no-quorum"
    engine.close()


def test_what_waits_while_the_node_is_away_is_recorded_once_when_it_returns(
    member: Member, clock: SettableClock
) -> None:
    engine = member.open_engine(clock, answer_within_s=WITHIN_S)
    author = world.Author(engine.id)
    committed(engine, author.open_link(LINK))
    member.stop_node()
    look = author.look(LINK)
    future = engine.submit(look)
    with pytest.raises(Unavailable) as late:
        engine.record(look, 0.1)
    assert late.value.code == "no-quorum"
    member.start_node()
    done = future.result(WITHIN_S)
    assert isinstance(done, Committed)
    assert done.index == 2
    assert committed(engine, look) == done.again()
    engine.close()


def test_an_application_without_its_node_keeps_what_is_committed_readable(
    member: Member, opened: Opened
) -> None:
    engine = opened()
    committed(engine, world.Author(engine.id).open_link(LINK))
    member.stop_node()
    with engine.view() as view:
        assert view.size == 2
        assert view.checkpoint()


def test_a_ledger_stays_with_the_engine_with_which_it_began(
    member: Member, opened: Opened, clock: SettableClock
) -> None:
    engine = opened()
    committed(engine, world.Author(engine.id).open_link(OTHER))
    member.stop_node()
    member.stop_application()
    with pytest.raises(Fatal) as other:
        EmbeddedEngine.open(
            member.store,
            GENESIS,
            contracts=world.contracts(),
            checkpoint_seed=world.CHECKPOINT_SEED,
            clock=clock,
        )
    assert other.value.code == "engine-differs"
