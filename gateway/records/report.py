"""Counts what an import did, by resource type, and passes on each refusal as it happens.

Memory stays the same however long the import is: counts per type and code only.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.records.refusals import Refused


@dataclass
class Report:
    """The result of an import, filled while it runs. `on_refusal` hears of every resource left out."""

    on_refusal: Callable[[Refused], None] | None = None
    stored: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)  # (type, code)

    def refuse(self, refused: Refused) -> None:
        """Counts one resource that was left out, and names it."""
        self.refused[refused.type, refused.code] += 1
        if self.on_refusal is not None:
            self.on_refusal(refused)
