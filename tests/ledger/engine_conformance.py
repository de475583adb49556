"""What every engine must do, whoever orders its entries: one suite, run once for each engine.

An engine's own test module makes a class of this with a fixture `opened`: a factory that opens (or opens
again) the engine of one ledger, with a clock that the test may set.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import pytest

from ledger import heads
from ledger.audit import export_log, verify_log
from ledger.checkpoint import open_checkpoint
from ledger.committed import Committed, News
from ledger.encoding import unb64u
from ledger.engine.protocol import Engine
from ledger.errors import Malformed, Refusal, Unavailable
from ledger.merkle import verify_consistency
from ledger.receipt import open_receipt
from ledger.record import decode_record, record_hash
from ledger.signing import SigningKey, public_key, sign_compact, signing_key
from tests.ledger import world
from tests.ledger.phone_check import check_link_proof
from tests.ledger.together_conformance import TogetherConformance

LINK = world.link_id(1)
OTHER = world.link_id(2)
Opened = Callable[[], Engine]
CHECKPOINT_KEY = public_key(world.CHECKPOINT_SEED)


class Clock(Protocol):
    now: int


def committed(engine: Engine, entry: str) -> Committed:
    """Submit an entry that must be accepted."""
    result = engine.submit(entry).result()
    assert isinstance(result, Committed), result
    return result


def refused(engine: Engine, entry: str) -> str:
    """Submit an entry that must be refused; its code."""
    with engine.view() as view:
        before = (view.size, view.root)
    result = engine.submit(entry).result()
    with engine.view() as view:
        assert (view.size, view.root) == before, "a refusal changes nothing"
    assert isinstance(result, Refusal), result
    return result.code


REFUSALS: Any = {
    "entry-wrong-ledger": lambda a: world.Author("00" * 32).look(LINK),
    "entry-unknown-key": lambda a: a.entry("stranger", "look.made", LINK),
    "entry-kind-unknown": lambda a: a.entry("phone", "link.unheard", LINK),
    "subject-unknown": lambda a: a.look(OTHER),
    "subject-exists": lambda a: a.open_link(LINK),
    "subject-type": lambda a: a.look(world.CLINIC),
    "key-use": lambda a: a.entry(f"{world.CLINIC}/desk", "institution.keys", world.CLINIC, keys={}),
    "step-unlucky": lambda a: a.look(LINK, step=13),
    "key-invalid": lambda a: a.open_link(OTHER, key="AQ"),
    "key-known": lambda a: a.open_link(OTHER, "phone"),
    "proof-invalid": lambda a: a.open_link(OTHER, "phone-2", proof="a.b.c"),
    "entry-members": lambda a: a.entry(f"{world.CLINIC}/offline", "institution.keys", world.CLINIC, keys={}),
}


class EngineConformance(TogetherConformance):
    """The suite."""

    @pytest.fixture
    def engine(self, opened: Opened) -> Engine:
        return opened()

    @pytest.fixture
    def author(self, engine: Engine) -> world.Author:
        return world.Author(engine.id)

    def test_a_new_ledger_holds_its_genesis(self, engine: Engine) -> None:
        with engine.view() as view:
            assert (view.size, view.time) == (1, world.START)
            record = decode_record(view.record(0))
            assert record.entry == engine.genesis_bytes
            assert [row.index for row in view.chain(world.CLINIC)] == [0]
            subject = view.subject(world.CLINIC)
            assert subject is not None
            assert (subject.number, subject.type, subject.seq) == (2, 2, 1)
            assert subject.head == record_hash(view.record(0))
            assert [one.code for one in view.institutions()] == ["WX", "WY"]
            assert view.get("limits") == engine.genesis.limits
            assert view.subject(LINK) is None
            assert view.chain(LINK) == []

    def test_what_is_committed_is_seen_by_every_later_view(
        self, engine: Engine, author: world.Author
    ) -> None:
        first = committed(engine, author.open_link(LINK, "phone"))
        second = committed(engine, author.look(LINK, step=2))
        assert (first.index, first.number, first.seq, first.repeated) == (1, 3, 1, False)
        assert (second.index, second.number, second.seq) == (2, 3, 2)
        with engine.view() as view:
            assert view.size == 3
            assert view.get(f"link/{LINK}") == {"count": 2, "opened": 1}
            assert view.entry_index(second.entry_id) == 2
            assert view.entry_index("00" * 32) is None
            chain = [decode_record(row.record_bytes) for row in view.chain(LINK)]
            assert [record.seq for record in chain] == [1, 2]
            assert chain[0].prev == bytes(32)
            assert chain[1].prev == record_hash(chain[0].encode())
            assert [row.seq for row in view.chain(LINK, from_seq=2)] == [2]

    def test_an_older_view_stays_as_it_was(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK))
        with engine.view() as view:
            before = (view.size, view.root, view.get(f"link/{LINK}"))
            for _ in range(20):
                committed(engine, author.look(LINK))
            committed(engine, author.open_link(OTHER))
            assert (view.size, view.root, view.get(f"link/{LINK}")) == before
            proof = view.link_proof(LINK)
            assert proof is not None
            check_link_proof(proof)
            assert view.subject(OTHER) is None

    def test_a_receipt_proves_its_entry(self, engine: Engine, author: world.Author) -> None:
        done = committed(engine, author.open_link(LINK))
        committed(engine, author.open_link(OTHER))
        with engine.view() as view:
            receipt = view.receipt(done.index)
            assert view.receipt(0)["inclusion"]
            with pytest.raises(IndexError):
                view.receipt(view.size)
        proven = open_receipt(receipt, engine.genesis.origin, CHECKPOINT_KEY)
        assert (proven.entry.id, proven.record.index, proven.checkpoint.size) == (done.entry_id, 1, 3)
        for name in ("record", "heads"):
            changed = {**receipt, name: ("B" if receipt[name][0] != "B" else "C") + receipt[name][1:]}
            with pytest.raises(Malformed):
                open_receipt(changed, engine.genesis.origin, CHECKPOINT_KEY)

    def test_a_link_proof_can_be_checked_by_its_phone(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK, "phone"))
        with engine.view() as view:
            kept = open_checkpoint(view.checkpoint(), engine.genesis.origin, CHECKPOINT_KEY)
        for number in range(2, 40):
            committed(engine, author.open_link(world.link_id(number)))
        committed(engine, author.look(LINK))
        committed(engine, author.look(OTHER))
        with engine.view() as view:
            proof = view.link_proof(LINK, kept.size)
            assert view.link_proof("ff" * 16) is None
        assert proof is not None
        checkpoint = check_link_proof(proof)
        hashes = [unb64u(value, 32) for value in proof["consistency"]]
        assert verify_consistency(kept.size, checkpoint.size, hashes, kept.root, checkpoint.root)
        assert [decode_record(unb64u(one["record"])).seq for one in proof["records"]] == [1, 2]
        assert [one["number"] for one in proof["registry"]["subjects"]] == [0, 1, 2]
        assert len(proof["registry"]["records"]) == 1

    def test_the_same_entry_again_gets_the_first_answer(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK))
        entry = author.look(LINK)
        first, at_once = engine.submit(entry), engine.submit(entry)
        assert isinstance(first.result(), Committed)
        again = committed(engine, entry)
        assert again == first.result().again() == at_once.result()  # type: ignore[union-attr]
        with engine.view() as view:
            assert view.size == 3

    def test_an_entry_that_is_waited_for_gets_the_same_answers(
        self, engine: Engine, author: world.Author
    ) -> None:
        opening = author.open_link(LINK)
        first = engine.record(opening, 10)
        assert isinstance(first, Committed)
        assert engine.record(opening, 10) == first.again()
        refusal = engine.record(author.open_link(LINK), 10)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "subject-exists"
        with pytest.raises(Malformed):
            engine.record("a.b.c", 10)
        with engine.view() as view:
            assert view.size == 2

    def test_a_callers_entries_keep_their_order_whether_it_waits_or_not(
        self, engine: Engine, author: world.Author
    ) -> None:
        committed(engine, author.open_link(LINK))
        entries = [[author.look(LINK) for _ in range(20)] for _ in range(6)]
        places: list[list[int]] = [[] for _ in entries]

        def run(number: int) -> None:
            for first, second in zip(entries[number][::2], entries[number][1::2], strict=True):
                handed_in = engine.submit(first)
                answers = (handed_in, engine.record(second, 10))
                places[number] += [answers[0].result().index, answers[1].index]  # type: ignore[union-attr]

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(entries))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(own == sorted(own) and len(own) == 20 for own in places)
        assert sorted(place for own in places for place in own) == list(range(2, 122))

    def test_the_same_entry_again_must_be_signed(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK))
        entry = author.look(LINK)
        committed(engine, entry)
        stem, _, signature = entry.rpartition(".")
        forged = f"{stem}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"
        with pytest.raises(Malformed) as malformed:
            engine.submit(forged).result()
        assert malformed.value.code == "signature-invalid"

    def test_what_is_malformed_is_refused_at_once(self, engine: Engine) -> None:
        for text in ("", "a.b.c", "医", "\ud800", "x" * 40_000):
            with pytest.raises(Malformed):
                engine.submit(text)
        with engine.view() as view:
            assert view.size == 1

    @pytest.mark.parametrize("code", REFUSALS)
    def test_an_entry_is_refused_with(self, engine: Engine, author: world.Author, code: str) -> None:
        committed(engine, author.open_link(LINK, "phone"))
        assert refused(engine, REFUSALS[code](author)) == code

    def test_a_proof_must_be_about_this_link_institution_ledger_and_key(
        self, engine: Engine, author: world.Author
    ) -> None:
        said = {"ledger": engine.id, "subject": LINK, "institution": world.HOSPITAL}
        wrong = [
            sign_compact(world.seed("phone"), "yaoshi-proof", {**said, "subject": OTHER}),
            sign_compact(world.seed("phone"), "yaoshi-proof", {**said, "institution": world.CLINIC}),
            sign_compact(world.seed("phone"), "yaoshi-proof", {**said, "ledger": "00" * 32}),
            sign_compact(world.seed("phone"), "yaoshi-proof", {**said, "more": 1}),
            sign_compact(world.seed("phone"), "yaoshi-login", said),
            sign_compact(world.seed("another"), "yaoshi-proof", said),
            None,
        ]
        for proof in wrong:
            entry = author.open_link(LINK, key=world.key("phone"), proof=proof)
            assert refused(engine, entry) == "proof-invalid"

    def test_a_name_with_a_nul_in_it_is_nobodys(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK, "phone"))
        nobody = SigningKey(signing_key(world.seed("phone")).secret, "a\x00b")
        payload = {"ledger": engine.id, "subject": LINK, "kind": "look.made", "at": world.START}
        assert refused(engine, nobody.sign_compact("yaoshi-entry", payload)) == "entry-unknown-key"
        said = {"ledger": engine.id, "subject": LINK, "institution": "\x00"}
        proof = sign_compact(world.seed("phone 2"), "yaoshi-proof", said)
        added = author.entry("phone", "link.add", LINK, key=world.key("phone 2"), proof=proof)
        assert refused(engine, added) == "proof-invalid"
        vote = author.entry(
            f"{world.OPERATOR}/vote", "operator.vote", world.OPERATOR, proposal="\x00", accept=True
        )
        assert refused(engine, vote) == "proposal-not-open"

    def test_a_wrong_type_is_malformed(self, engine: Engine, author: world.Author) -> None:
        with pytest.raises(Malformed) as malformed:
            engine.submit(author.entry(f"{world.HOSPITAL}/desk", "link.open", LINK, typ="yaoshi-login"))
        assert malformed.value.code == "typ-wrong"

    def test_time_never_goes_back_and_entries_may_not_be_ahead(
        self, engine: Engine, author: world.Author, clock: Clock
    ) -> None:
        clock.now = world.START + 1_000_000
        assert committed(engine, author.open_link(LINK)).time == clock.now
        clock.now = world.START
        assert committed(engine, author.look(LINK)).time == world.START + 1_000_000
        skew = engine.genesis.limits["skew_ms"]
        author.at = world.START + 1_000_000 + skew - 1
        committed(engine, author.look(LINK))
        assert refused(engine, author.look(LINK)) == "entry-early"

    def test_a_quota_holds_up_links_but_never_looks(
        self, engine: Engine, author: world.Author, clock: Clock
    ) -> None:
        limit = engine.genesis.limits["link_entries_per_hour"]
        committed(engine, author.open_link(LINK))
        for _ in range(limit - 1):
            committed(engine, author.entry(f"{world.HOSPITAL}/desk", "link.add", LINK))
        assert refused(engine, author.entry(f"{world.HOSPITAL}/desk", "link.add", LINK)) == "quota-exceeded"
        committed(engine, author.look(LINK))
        committed(engine, author.open_link(OTHER))
        clock.now += 3_600_000
        committed(engine, author.entry(f"{world.HOSPITAL}/desk", "link.add", LINK))

    def test_an_institution_changes_its_keys_with_its_offline_key(
        self, engine: Engine, author: world.Author
    ) -> None:
        offline, desk = f"{world.HOSPITAL}/offline", f"{world.HOSPITAL}/desk"
        old = author.open_link(LINK)
        committed(engine, old)
        early = author.open_link(OTHER)
        keys = {"desk": world.key("new desk"), "offline": world.key("new offline")}
        done = committed(engine, author.entry(offline, "institution.keys", world.HOSPITAL, keys=keys))
        assert (done.number, done.seq) == (1, 2)
        assert refused(engine, early) == "key-retired"
        assert committed(engine, old).repeated, "an older entry is still known"
        committed(engine, author.entry("new desk", "link.open", OTHER, institution=world.HOSPITAL))
        again = author.entry(offline, "institution.keys", world.HOSPITAL, keys={"desk": world.key(desk)})
        assert refused(engine, again) == "key-retired"
        back = author.entry("new offline", "institution.keys", world.HOSPITAL, keys={"desk": world.key(desk)})
        assert refused(engine, back) == "key-known"
        with engine.view() as view:
            institution = view.institution(world.HOSPITAL)
            assert institution is not None
            assert institution.keys["desk"] == world.key("new desk")
            assert [row.index for row in view.chain(world.HOSPITAL)] == [0, 2]

    def test_a_faulty_contract_harms_its_own_entry_only(self, engine: Engine, author: world.Author) -> None:
        committed(engine, author.open_link(LINK))
        desk = f"{world.HOSPITAL}/desk"
        with pytest.raises(ZeroDivisionError):
            engine.submit(author.entry(desk, "link.faulty", LINK)).result()
        with pytest.raises(ValueError, match="machine's documents"):
            engine.submit(author.entry(desk, "link.greedy", LINK)).result()
        assert committed(engine, author.look(LINK)).index == 2

    def test_subscribers_hear_of_each_commit_once_and_in_order(
        self, engine: Engine, author: world.Author
    ) -> None:
        heard: list[News] = []
        everything = threading.Event()

        def hear(news: Sequence[News]) -> None:
            heard.extend(news)
            if len(heard) == 3:
                everything.set()

        engine.subscribe(_fails)
        engine.subscribe(hear)
        entries = [author.open_link(LINK), author.look(LINK), author.look(LINK)]
        done = [engine.submit(entry) for entry in (*entries, entries[1])]
        assert isinstance(done[-1].result(), Committed)
        assert everything.wait(10)
        assert heard == [News(one.index, LINK, heads.LINK) for one in map(answer, done[:3])]

    def test_a_closed_engine_answered_everything_and_takes_no_more(
        self, engine: Engine, author: world.Author
    ) -> None:
        entries = [author.open_link(world.link_id(number)) for number in range(30)]
        futures = [engine.submit(entry) for entry in entries]
        engine.close()
        assert all(isinstance(future.result(timeout=0), Committed) for future in futures)
        with pytest.raises(Unavailable) as closed:
            engine.submit(entries[0])
        assert closed.value.code == "ledger-closed"

    def test_an_opened_again_ledger_is_the_same(
        self, opened: Opened, engine: Engine, author: world.Author
    ) -> None:
        for number in range(20):
            committed(engine, author.open_link(world.link_id(number)))
        with engine.view() as view:
            before = (view.size, view.root, view.time)
        engine.close()
        again = opened()
        with again.view() as view:
            assert (view.size, view.root, view.time) == before
        assert committed(again, author.look(LINK)).index == 21

    def test_a_log_replays_to_the_same_roots(self, engine: Engine, author: world.Author) -> None:
        for number in range(40):
            committed(engine, author.open_link(world.link_id(number)))
            committed(engine, author.look(world.link_id(number // 2), step=number + 20))
        file = io.BytesIO()
        with engine.view() as view:
            export_log(view, file)
            size, root = view.size, view.root
        file.seek(0)
        result = verify_log(file, world.contracts(), engine.id)
        assert (result.ok, result.size, result.root) == (True, size, root.hex()), result.first_difference
        assert all(result.claims.values())


def answer(future: Future[Committed | Refusal]) -> Committed:
    found = future.result()
    assert isinstance(found, Committed)
    return found


def _fails(_news: Sequence[News]) -> None:
    raise ValueError("a subscriber's fault")
