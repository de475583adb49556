"""The one value that holds what a running node is made of; everything else is passed from here.

Clock and entropy enter here and nowhere else, so a test can hold both. See app.py for the assembly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import Engine

from gateway.consortium.pulse import Pulse
from gateway.disclosure.freshness import Freshness
from gateway.disclosure.gathering import Gathering
from gateway.fhir.peer_rate import PeerRate
from gateway.identity.together import Together
from gateway.operation.watermark import Watermark
from gateway.outbox.outbox import Outbox
from gateway.peers.http import Peers, is_own_machine
from gateway.peers.replica import Replica
from gateway.settings import Settings
from gateway.threads import Threads

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
    threads: Threads = field(default_factory=Threads)  # what goes on beside the requests

    @cached_property
    def openings(self) -> Gathering:
        """Where disclosures and looks keep their openings."""
        return Gathering(self.db)

    @cached_property
    def together(self) -> Together | None:
        """Signs what several requests put on the ledger at one moment; None where one operator writes it."""
        return Together(self.keys.sign_entries) if self.ledger.genesis.validators else None

    @cached_property
    def outbox(self) -> Outbox:
        """What goes on without a quorum, and waits for one."""
        return Outbox(self)

    @cached_property
    def watermark(self) -> Watermark:
        """How long the ledger is known to have been."""
        return Watermark(self.settings.mark_path, self.ledger, self.clock)

    @cached_property
    def freshness(self) -> Freshness | None:
        """Whether pulls may be answered; None where one operator keeps the ledger, which is never behind."""
        return Freshness(self.pulse, self.clock) if self.pulse is not None else None

    @cached_property
    def peers(self) -> Peers:
        """Connections to other institutions' nodes."""
        return Peers(own_machine=is_own_machine(self.settings.console_origin))

    @cached_property
    def peer_rate(self) -> PeerRate:
        """How much other institutions have asked for lately."""
        return PeerRate(self.clock)

    @cached_property
    def pulse(self) -> Pulse | None:
        """How the chain moves; None where one operator keeps the ledger."""
        shared = bool(self.ledger.genesis.validators)
        return Pulse(self.settings.consensus, self.clock) if shared else None

    @cached_property
    def replica(self) -> Replica:
        """How far this node's copy of the ledger has come."""
        return Replica(self.ledger)

    def close(self) -> None:
        """Ends all threads, the writer, the connections to other nodes and those of the database."""
        self.bus.close()
        if "watermark" in vars(self):
            self.watermark.close()
        self.threads.close()
        if "outbox" in vars(self):
            self.outbox.delivery.close()
        if "peers" in vars(self):
            self.peers.close()
        self.ledger.close()
        self.db.dispose()


def current_gateway() -> Gateway:
    """The node behind the present request."""
    gateway: Gateway = current_app.extensions["yaoshi"]
    return gateway
