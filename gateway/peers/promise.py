"""Checks an entry that a custodian signed and could not get recorded, and keeps it to be recorded from here.

docs/decisions/0017: while the hospitals do not agree, in an emergency, a signed entry stands in for its
receipt. It proves who promised what; that everybody knows of it, it cannot prove. So the asking side keeps it
in its own outbox before anything is shown, and hands it in as well: whoever comes first records it, once.
Invariant: what our own replica's rules would refuse is believed nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.encoding import unb64u
from ledger.entry import Entry, parse_entry
from ledger.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.composition import Gateway


def promised(gw: Gateway, text: str, custodian: str, use: str) -> Entry | str:
    """The entry, by this key of the custodian's as our registry has it; else what is wrong with it.

    Raises ledger.errors.Malformed, LookupError.
    """
    with gw.ledger.view() as view:
        registered = view.institution(custodian)
    entry = parse_entry(text)
    if entry.ledger != gw.ledger.id:
        return "the entry is for another ledger"
    if not entry.signed_by(unb64u(registered.keys[use], 32)):
        return f"the entry is not signed by the custodian's {use} key"
    return entry


def is_of_now(gw: Gateway, entry: Entry) -> bool:
    """Whether it was signed just now, as far as two clocks agree."""
    return abs(gw.clock() - entry.at) <= int(gw.ledger.genesis.doc["limits"]["skew_ms"])


def keep_promises(gw: Gateway, entries: Sequence[Entry]) -> str | None:
    """Keep the entries, in their order, to hand them in ourselves; why one is not kept, or None.

    Raises ledger.errors.Unavailable: no further one can be kept.
    """
    for entry in entries:
        with gw.ledger.view() as view:
            known = view.entry_index(entry.id) is not None or view.get(f"link/{entry.subject}") is not None
        if known and entry.kind == "link.open":
            continue
        kept = gw.outbox.keep(entry.text)
        if isinstance(kept, Refusal):
            return kept.code
    return None
