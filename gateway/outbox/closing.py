"""Takes back what a patient gave, at any node: recorded, or kept and honoured from this moment on.

Issue and DESIGN: a revocation is taken by any node and honoured by its custodian at once. A node that is not
the custodian's tells it; the custodian tells the institution whose doctor may be reading just now. Nobody
else learns anything. Not here: the door (gateway.wallet.entries), pulls that are refused (outbox.foresight).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.under import under_state
from gateway.disclosure.openings import grantee_of
from gateway.outbox.foresight import foresee
from gateway.outbox.outbox import NO_QUORUM
from gateway.outbox.store import ENDS
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from ledger.entry import Entry

# Unknown here may only be not known here yet.
_UNSEEN = frozenset({"grant-unknown", "glass-unknown", "link-unknown"})


def take_back(gw: Gateway, entry: Entry) -> Any:
    """Committed | Refusal | Queued. Raises Unavailable."""
    answer = gw.outbox.record(entry.text, _to_tell(gw, entry))
    if isinstance(answer, Refusal) and answer.code in _UNSEEN and gw.outbox.delivery.away:
        raise Unavailable(NO_QUORUM, "this node does not know yet what is to be ended")
    return answer


def _to_tell(gw: Gateway, entry: Entry) -> str | None:
    """Who has to know of it, besides this node: the custodian, or the other side of it."""
    about = entry.payload.get(ENDS[entry.kind])
    waiting = gw.outbox.about(about) if isinstance(about, str) else []
    with gw.ledger.view() as view:
        link = view.get(f"link/{entry.subject}")
        found = under_state(foresee(view, waiting), about) if isinstance(about, str) else None
    custodian = link["institution"] if link is not None else None
    if custodian is None or not gw.keys.hosts(custodian):
        return custodian
    with gw.db.connect() as conn:
        other = grantee_of(conn, found.document["commitment"]) if found is not None else None
    return other if other is not None and not gw.keys.hosts(other) else None
