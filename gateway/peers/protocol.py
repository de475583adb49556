"""What the asking institution may ask of a custodian, wherever that custodian's node is.

docs/formats/pull.md, glass.md and offer.md. Two take this form: gateway.peers.here (below HTTP) and
gateway.peers.there (over HTTP); both are handed the same signed texts and give the same answers. Not here:
what is believed of an answer (gateway.peers.pull, gateway.glass.proof). Invariant: a refusal is a value, an
outage (ledger.errors.Unavailable) is raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from gateway.glass.receive import Broken
    from gateway.peers.http import Deadline
    from ledger.errors import Refusal

PAGE = 200


class Arrived(NamedTuple):
    """One page as it came, not believed yet: the entry said to disclose it, ("Type/id", text) in order."""

    entry_id: str
    records: list[tuple[str, str]]


class Session(Protocol):
    """What one token opens at a custodian; ``scopes`` as in the token's answer."""

    @property
    def scopes(self) -> str: ...

    @property
    def patient(self) -> str: ...

    def pages(self, resource_type: str, pairs: list[tuple[str, str]]) -> Iterator[Arrived | Refusal]:
        """Every page of one search, each decided and recorded on its own; ends with the first refusal."""
        ...

    def proof(self, entry_id: str) -> dict[str, Any] | None:
        """{"receipt", "opening"} of a disclosure made to this client."""
        ...


class Custodian(Protocol):
    """Every question raises ledger.errors.Unavailable when it was not answered."""

    @property
    def base(self) -> str: ...

    def begin(self, assertion: str) -> Session | Refusal:
        """A token for a signed client assertion; refuses ``not-granted``."""
        ...

    def declare(self, declaration: str) -> Broken | Refusal:
        """The answer to a signed declaration of an emergency; refuses ``glass-not-possible``."""
        ...

    def hand(self, reference: str, request: str) -> Refusal | None:
        """Put a signed request into a patient's offer; refuses ``offer-unknown``."""
        ...

    def about_glass(self, glass: str, ask: str, deadline: Deadline) -> dict[str, Any] | Refusal:
        """The answer to the declaring side's signed ask about a glass; refuses ``emergency-unknown``."""
        ...
