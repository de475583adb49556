"""Counts what an import did, by resource type, and passes on each refusal as it happens.

Memory stays the same however long the import is: counts per type and code only. Every resource that was read
is counted once: stored, changed, unchanged or refused.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.records.importing.refusals import Refused


@dataclass
class Report:
    """The result of an import, filled while it runs. `on_refusal` hears of every resource left out.

    `passed_over` are files of a folder that are not named as FHIR files are; `resumed` tells of files of
    lines how many had been taken before an earlier import broke off.
    """

    on_refusal: Callable[[Refused], None] | None = None
    stored: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)  # (type, code)
    passed_over: list[Path] = field(default_factory=list)
    resumed: dict[Path, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """How many resources are in the store."""
        return self.stored.total() + self.changed.total() + self.unchanged.total()

    @property
    def read(self) -> int:
        """How many resources were found; a file or line that holds none counts as one."""
        return self.taken + self.refused.total()

    def count(self, outcome: str, type_: str) -> None:
        """Counts one resource that is in the store: stored, changed or unchanged."""
        counted = {"stored": self.stored, "changed": self.changed, "unchanged": self.unchanged}
        counted[outcome][type_] += 1

    def refuse(self, refused: Refused) -> None:
        """Counts one resource that was left out, and names it."""
        self.refused[refused.type, refused.code] += 1
        if self.on_refusal is not None:
            self.on_refusal(refused)
