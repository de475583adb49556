"""The rules of consent that this release knows, by their version; the ledger says which is in force.

`app` hands them to the ledger's machine; checks of an export and what is foreseen read the same. A version by
which real entries were judged is never changed: another is added beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consent.lifecycle import ConsentContract
from ledger.machine import Contract
from ledger.registry import GetDocument
from ledger.rules import step_at

CONTRACTS: Mapping[int, Sequence[Contract]] = {
    1: [ConsentContract(own_ids=False)],
    2: [ConsentContract()],
}


def contract_at(get: GetDocument, index: int, kind: str) -> Contract | None:
    """What judges an entry of this kind as record `index`; None where this release has nothing that does."""
    known = CONTRACTS.get(step_at(get, index).version, ())
    return next((one for one in known if kind in one.kinds), None)
