"""What a decided block means: every node must come to the same results, so nothing here but the rules counts.

No clock, no setting, no order of sets, no text of exceptions, no cache that changes an answer. An envelope
with an item that is not an entry, or that a known key did not sign, counts as a whole for nothing; what the
rules say about an entry concerns that entry alone. When nothing of an envelope was taken its code is not 0,
so that the node forgets it and the same bytes can be judged again later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.batch import Batch, Verifies
from ledger.committed import Committed
from ledger.encoding import unb64u
from ledger.engine.abci.checking import Code, Envelopes, Opened
from ledger.engine.cometbft_genesis import POWER
from ledger.entry import Entry
from ledger.errors import Malformed, Refusal
from ledger.machine import Machine

# Faults that the same code makes on the same input everywhere; any other exception stops the process.
_FAULTS_OF_RULES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
# Said about bytes whose signature nobody checked, which therefore say nothing about the entry of that id.
_UNSIGNED = frozenset({"entry-unknown-key", "entry-wrong-ledger"})


@dataclass(slots=True)
class Judged:
    """One result for each transaction, and what was refused by entry id (hex)."""

    codes: list[int] = field(default_factory=list)
    refusals: dict[str, Refusal] = field(default_factory=dict)


def open_block(envelopes: Envelopes, txs: Sequence[bytes]) -> list[Opened | None]:
    """Each transaction opened; None for one that is not an envelope of entries."""
    return [_open(envelopes, tx) for tx in txs]


def judge_block(
    machine: Machine,
    batch: Batch,
    envelopes: Envelopes,
    opened: Sequence[Opened | None],
    time: int,
) -> Judged:
    """Judge a block's entries in their order at its time (ms UTC); `batch` takes those that are accepted."""
    judged = Judged()
    for envelope in opened:
        if envelope is None:
            judged.codes.append(Code.MALFORMED)
        elif not envelope.signed and not _signed(machine, batch, envelopes, envelope.entries):
            judged.codes.append(Code.SIGNATURE)
        else:
            verifies = _verified if envelope.signed else envelopes.verdicts.verifies
            taken = [_take(batch, verifies, one, time, judged) for one in envelope.entries]
            judged.codes.append(Code.OK if any(taken) else Code.NOTHING_TAKEN)
    return judged


def validator_updates(before: Mapping[str, str], after: Mapping[str, str]) -> dict[bytes, int]:
    """Power by consensus key for those that came (10) and went (0); a set never becomes empty."""
    if not after:
        return {}
    came = {unb64u(key): POWER for key in after if key not in before}
    return came | {unb64u(key): 0 for key in before if key not in after}


def _open(envelopes: Envelopes, tx: bytes) -> Opened | None:
    try:
        return envelopes.open(tx)
    except Malformed:
        return None


def _signed(machine: Machine, batch: Batch, envelopes: Envelopes, entries: Sequence[Entry]) -> bool:
    try:
        for one in entries:
            machine.authenticate(one, batch, envelopes.verdicts.verifies)
    except Malformed:
        return False
    return True


def _verified(_entry: Entry, _key: bytes) -> bool:
    return True


def _take(batch: Batch, verifies: Verifies, entry: Entry, time: int, judged: Judged) -> bool:
    try:
        outcome = batch.take(entry, time, verifies)
    except Malformed:
        # Its key came with an entry before it in this very envelope, and did not sign it.
        return False
    except _FAULTS_OF_RULES:
        outcome = Refusal("rules-failed", "the rules could not judge this entry")
    if isinstance(outcome, Committed):
        return True
    if outcome.code not in _UNSIGNED:
        judged.refusals[entry.id] = outcome
    return False


def entry_ids(opened: Sequence[Opened | None]) -> Iterator[str]:
    """The ids (hex) of all entries of a block."""
    for envelope in opened:
        for one in envelope.entries if envelope is not None else ():
            yield one.id
