"""What every engine does with entries that an institution signed together; part of the common suite."""

from __future__ import annotations

import pytest

from ledger.committed import Committed
from ledger.engine.protocol import Engine
from ledger.errors import Malformed
from ledger.receipt import open_receipt
from ledger.signing import public_key
from tests.ledger import world

LINK, OTHER = world.link_id(1), world.link_id(2)
CHECKPOINT_KEY = public_key(world.CHECKPOINT_SEED)


class TogetherConformance:
    """The suite's part about signed batches."""

    def test_entries_signed_together_are_recorded_and_proved_one_by_one(
        self, engine: Engine, author: world.Author
    ) -> None:
        for link in (LINK, OTHER):
            assert isinstance(engine.record(author.open_link(link), 60), Committed)
        entries = author.looks_together([LINK, OTHER] * 10)
        answers = [engine.submit(entry) for entry in entries]
        done = [answer.result(60) for answer in answers]
        assert sorted(one.index for one in done) == list(range(3, 23))  # type: ignore[union-attr]
        with engine.view() as view:
            receipts = [view.receipt(one.index) for one in done]  # type: ignore[union-attr]
        release = public_key(world.seed(f"{world.HOSPITAL}/release"))
        for entry, receipt in zip(entries, receipts, strict=True):
            proven = open_receipt(receipt, engine.genesis.origin, CHECKPOINT_KEY)
            assert proven.record.entry.decode() == entry
            assert proven.entry.batched
            assert proven.entry.signed_by(release)
        assert engine.record(entries[7], 60) == done[7].again()  # type: ignore[union-attr]
        stem, _, part = entries[3].rpartition(".")
        with pytest.raises(Malformed):
            engine.submit(f"{stem}.{part[:20]}{'A' if part[20] != 'A' else 'B'}{part[21:]}").result(60)
