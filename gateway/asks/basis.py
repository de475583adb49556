"""Why a doctor's screen may show another institution's records: a patient's grant, or a broken glass.

The same words for both, so that one view holds, judges and empties either. `under` is the entry's id on the
ledger. Not here: whether it still stands (asks.standing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consent.vocabulary import BREAK_GLASS

if TYPE_CHECKING:
    from gateway.asks.grants import Granted


@dataclass(frozen=True)
class Basis:
    """Ids in hex, times in ms; ``scope`` as its JSON object."""

    under: str
    link: str
    custodian: str
    scope: dict[str, Any]
    purpose: str
    not_before: int | None
    not_after: int
    max_visits: int | None

    @property
    def is_glass(self) -> bool:
        """Whether it is an emergency's."""
        return self.purpose == BREAK_GLASS


def basis_of(granted: Granted) -> Basis:
    """A verified grant as the basis of a source."""
    return Basis(
        under=granted.grant,
        link=granted.link,
        custodian=granted.custodian,
        scope=granted.scope,
        purpose=granted.purpose,
        not_before=granted.not_before,
        not_after=granted.not_after,
        max_visits=granted.max_visits,
    )
