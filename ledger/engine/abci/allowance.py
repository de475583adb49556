"""What each link and operator may still hand in at this node in this hour, so that no flood fills the blocks.

The quota itself is the contract's (`ledger.quota`), counts what was recorded, and is judged in blocks. Here
every new, signed entry counts that was let in for ordering, recorded in the end or not. So the first few
beyond a quota are ordered and get their refusal; after those this node lets in nothing more of that spender.
Only memory: after a restart the committed counts alone are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.quota import Charge, spent
from ledger.recent import Recent
from ledger.registry import GetDocument

BEYOND = 16
_SPENDERS_KEPT = 65_536
_ENTRIES_KEPT = 65_536


class Allowance:
    """Counts by hour; one thread at a time."""

    def __init__(self) -> None:
        self._counts: Recent[str, tuple[int, int]] = Recent(_SPENDERS_KEPT)
        self._counted: Recent[str, bool] = Recent(_ENTRIES_KEPT)

    def allows(self, entry_id: str, charges: Iterable[Charge], get: GetDocument, hour: int) -> bool:
        """Whether an entry with these charges may be let in. What was let in before always may."""
        if entry_id in self._counted:
            return True
        return all(self._count(one.spender, get, hour) < one.limit + BEYOND for one in charges)

    def let_in(self, entry_id: str, charges: Sequence[Charge], get: GetDocument, hour: int) -> None:
        """Count an entry, once, whose signature was verified: nobody spends what is another's."""
        if not charges or entry_id in self._counted:
            return
        self._counted[entry_id] = True
        for one in charges:
            self._counts[one.spender] = (hour, self._count(one.spender, get, hour) + 1)

    def _count(self, spender: str, get: GetDocument, hour: int) -> int:
        let_in = 0
        if spender in self._counts:
            then, count = self._counts[spender]
            let_in = count if then == hour else 0
        return max(let_in, spent(spender, get, hour))
