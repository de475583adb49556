"""The one value that holds what a running node is made of; everything else is passed from here.

Clock and entropy enter here and nowhere else, so a test can hold both. See app.py for the assembly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import Engine

from gateway.disclosure.gathering import Gathering
from gateway.operation.watermark import Watermark
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.identity.keyring import KeyRing
    from gateway.web.events import Bus


@dataclass(frozen=True)
class Gateway:
    """A node: `clock()` is integer milliseconds UTC, `entropy(n)` is n unpredictable bytes."""

    settings: Settings
    ledger: Any  # an engine of ledger/engine/protocol.py
    db: Engine
    clock: Callable[[], int]
    entropy: Callable[[int], bytes]
    keys: KeyRing
    bus: Bus
    log: Any  # a structlog logger

    @cached_property
    def openings(self) -> Gathering:
        """Where disclosures and looks keep their openings."""
        return Gathering(self.db)

    @cached_property
    def watermark(self) -> Watermark:
        """How long the ledger is known to have been."""
        return Watermark(self.settings.mark_path, self.ledger, self.clock)

    def close(self) -> None:
        """Ends the writer and the database's connections."""
        self.ledger.close()
        self.db.dispose()


def current_gateway() -> Gateway:
    """The node behind the present request."""
    gateway: Gateway = current_app.extensions["yaoshi"]
    return gateway
