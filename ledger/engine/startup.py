"""Start-up reads where the ledger ends, and refuses when its parts contradict each other.

Checked: the genesis is the expected one; the stored log root is that of the stored nodes; the newest
record is the last leaf; the heads root in that leaf is that of the stored heads; this release knows the rules
that are in force. The whole log is `ledger.audit`'s task.
"""

from __future__ import annotations

import gc

from ledger.documents import load_document
from ledger.encoding import b64u
from ledger.errors import Fatal, Malformed
from ledger.genesis import Genesis, parse_genesis
from ledger.heads import BLOCK, tree_of
from ledger.machine import Machine
from ledger.merkle import peak_places
from ledger.receipt import log_leaf
from ledger.registry import Document, GetDocument, checkpoint_keys
from ledger.sequence import Tip
from ledger.signing import public_key
from ledger.store import reading
from ledger.store.database import Connection


def checked_genesis(data: bytes) -> Genesis:
    """The genesis that the node was given. Raises Fatal(genesis-invalid)."""
    try:
        return parse_genesis(data)
    except Malformed as malformed:
        raise Fatal("genesis-invalid", str(malformed)) from malformed


def check_checkpoint_seed(
    genesis: Genesis, seed: bytes, get: GetDocument | None = None, newcomer: str | None = None
) -> None:
    """Raises Fatal(checkpoint-key-differs) unless the seed is that of an operator's checkpoint key.

    With `get`, the state's documents, operators that came later count, too; so does the `newcomer` whom the
    others approved, or its own node could not hand in that it joins.
    """
    known = {operator["keys"]["checkpoint"] for operator in genesis.operators}
    if get is not None:
        known |= set(checkpoint_keys(get, genesis).values())
        approval = get(f"approval/{newcomer}") if newcomer is not None else None
        if approval is not None and approval["type"] == "operator":
            known.add(approval["document"]["keys"]["checkpoint"])
    if b64u(public_key(seed)) not in known:
        raise Fatal("checkpoint-key-differs", "no operator of this ledger has this checkpoint key")


def check_genesis(ending: reading.Ending, genesis: Genesis) -> None:
    """Raises Fatal(genesis-differs) when the file holds another ledger."""
    if ending.id != genesis.id or ending.genesis != genesis.data:
        raise Fatal("genesis-differs", "the ledger file began with another genesis")


def check_rules(connection: Connection, machine: Machine, tip: Tip) -> None:
    """Raises Fatal(rules-unknown) when the next record is for a later release to judge."""

    def get(key: str) -> Document | None:
        text = reading.read_state(connection, key)
        return None if text is None else load_document(text)

    machine.check_rules(get, tip.size)


def load_tip(connection: Connection) -> Tip:
    """The end of the log, from the file. Raises Fatal(size-differs, root-differs, heads-differ)."""
    ending = reading.read_ending(connection)
    if ending is None:
        raise Fatal("size-differs", "the ledger file has no beginning")
    newest = next(reading.read_records(connection, ending.size - 1, 2), None)
    after = reading.read_record(connection, ending.size)
    if newest is None or newest.record.index != ending.size - 1 or after is not None:
        raise Fatal("size-differs", "the records do not end where the ledger says that it ends")
    try:
        peaks = [reading.read_node(connection, level, k) for level, k in peak_places(ending.size)]
        last = reading.read_node(connection, 0, ending.size - 1)
    except LookupError:
        raise Fatal("root-differs", "a node of the log is missing") from None
    roots = reading.read_block_roots(connection)
    tip = Tip(ending.size, ending.time, ending.subjects, peaks, tree_of(roots))
    if tip.log_root != ending.root or last != log_leaf(newest.heads, newest.record.encode()):
        raise Fatal("root-differs", "the stored log root is not that of the stored records")
    if len(roots) != -(-ending.subjects // BLOCK) or tip.heads_root != newest.heads:
        raise Fatal("heads-differ", "the stored heads are not those of the newest record")
    return tip


def settle_memory() -> None:
    """Call when all is loaded: the cyclic collector, going over that again, makes slow answers slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
