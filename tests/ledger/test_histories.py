"""Random histories: the engine in batches, and a replay one by one, give the same roots and state."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.entry import parse_entry
from ledger.errors import Malformed, Refusal
from ledger.genesis import parse_genesis
from ledger.heads import BLOCK, Subject, head_proof, root_hash, tree_of, with_block
from ledger.merkle import leaf_hash, root_of, verify_inclusion
from ledger.record import decode_record
from ledger.replay import Replay
from tests.ledger import world
from tests.ledger.test_embedded import SettableClock, open_engine

GENESIS = world.genesis_bytes(link_entries_per_hour=3)
STEPS = st.tuples(
    st.sampled_from(
        ["open", "open with a phone", "look", "unlucky", "add", "again", "later", "reopen", "forge"]
    ),
    st.integers(0, 20),
)


def _entry(author: world.Author, step: str, number: int, made: list[str]) -> str:
    link = world.link_id(number)
    if step == "open":
        return author.open_link(link)
    if step == "open with a phone":
        return author.open_link(link, f"phone {number}")
    if step == "add":
        return author.entry(f"phone {number}", "link.add", link)
    if step == "again" and made:
        return made[number % len(made)]
    if step == "forge" and made:
        stem, _, signature = made[number % len(made)].rpartition(".")
        return f"{stem}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"
    return author.look(link, step=13 if step == "unlucky" else number + 20)


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_engine_and_replay_agree(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, clock, made = Path(folder) / "ledger.db", SettableClock(), list[str]()
        engine = open_engine(path, clock, GENESIS)
        author, futures = world.Author(engine.id), []
        for step, number in steps:
            if step == "later":
                clock.now += 1_000_000
            elif step == "reopen":
                engine.close()
                engine = open_engine(path, clock, GENESIS)
            else:
                made.append(_entry(author, step, number, made))
                futures.append(engine.submit(made[-1]))
        outcomes = [future.exception() or future.result() for future in futures]
        assert all(isinstance(one, Committed | Refusal | Malformed) for one in outcomes)
        first = [one for one in outcomes if isinstance(one, Committed) and not one.repeated]
        file = io.BytesIO()
        with engine.view() as view:
            export_log(view, file)
            replay = Replay(parse_genesis(GENESIS), world.contracts())
            for row in view.records(1, view.size):
                replay.check(decode_record(row.record_bytes), row.heads)
            assert view.size == len(first) + 1 == replay.tip.size
            assert view.root == replay.tip.log_root
            for one in first:
                assert parse_entry(decode_record(view.record(one.index)).entry.decode()).id == one.entry_id
                assert view.get(f"link/{one.subject}") == replay.get(f"link/{one.subject}")
                assert view.subject(one.subject) == replay.subject(one.subject)
        engine.close()
        file.seek(0)
        result = verify_log(file, world.contracts())
        assert result.ok, result.first_difference


def test_heads_of_every_size_are_those_of_one_tree() -> None:
    tree, leaves = None, list[bytes]()
    for number in range(70):
        leaves.append(Subject(number, 3, f"{number:032x}", 1, bytes(32)).leaf())
        block = number // BLOCK
        tree = with_block(tree, block, root_of(leaves[block * BLOCK :]))
        assert root_hash(tree) == root_of(leaves)
        blocks = [root_of(leaves[start : start + BLOCK]) for start in range(0, len(leaves), BLOCK)]
        assert root_hash(tree_of(blocks)) == root_of(leaves)
        for wanted in {0, number // 2, number}:
            start = wanted // BLOCK * BLOCK
            proof = head_proof(tree, wanted, leaves[start : start + BLOCK])
            assert verify_inclusion(leaves[wanted], wanted, len(leaves), proof, root_of(leaves))
    before = root_hash(tree)
    leaves[37] = Subject(37, 3, f"{37:032x}", 2, bytes(32)).leaf()
    changed = with_block(tree, 2, root_of(leaves[32:48]))
    assert root_hash(changed) == root_of(leaves)
    assert root_hash(tree) == before, "a reader's tree stays as it was"


def test_the_published_shape_of_heads_holds_without_the_type() -> None:
    """The published vector has no type byte; its shape (tag, number, id, seq, head) is checked here."""
    leaves = []
    for number in range(3):
        head = hashlib.sha256(bytes([number])).digest()
        data = b"yaoshi/head/v1\x00" + number.to_bytes(8, "big") + bytes([0x10 + number]) * 16
        leaves.append(leaf_hash(data + (number + 1).to_bytes(8, "big") + head))
    assert leaves[0].hex() == "2e7cd59db2598d49c171f232f404727d8a7382db4447a07082800699b55114fe"
    assert root_of(leaves).hex() == "1ef6a3b51596a2e91b158c55eb65cac83f9ad932ef1cda7f1645d4ca85a20ce4"
