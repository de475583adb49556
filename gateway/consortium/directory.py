"""Knows where each member's consensus node is, and so which nodes this one may meet.

A file beside the node's settings, {operator id: "node id@host:port"}, begun with the agreement and changed by
people who read a newcomer's statement. It is this member's own view; the ledger says who takes part. A node
is met when both say yes: it stands here, and its operator is active, or approved and about to join. So a
member that the votes removed is a stranger from that record on, and whoever is in no file has never been
anything else. A node id is the hash of the key with which the node opens each connection (CometBFT, "Peer
Identity"), so nobody can claim another's.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from gateway.operation.files import replace_private
from ledger.engine.views import view_of
from ledger.genesis import Genesis
from ledger.registry import active_operators
from ledger.store.database import Store
from ledger.view import View, no_checkpoint_key

_log = logging.getLogger("ledger.abci")
Nodes = dict[str, str]


def directory_path(home: Path) -> Path:
    """The file, in the home of the consensus node."""
    return home / "config" / "members.json"


def read_directory(home: Path) -> Nodes:
    """{operator id: "node id@host:port"}, this member among them. Raises OSError, ValueError."""
    found = json.loads(directory_path(home).read_text("utf-8"))
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise ValueError(f"{directory_path(home)} is no list of members")
    return found


def write_directory(home: Path, nodes: Nodes) -> None:
    """Put the list on disk, whole; the application reads it each time that it is asked."""
    replace_private(directory_path(home), json.dumps(nodes, indent=1).encode())


def admission(store: Store, genesis: Genesis, home: Path) -> Callable[[str], bool]:
    """Whether the node with this id may be met, for the application's answers."""

    def admits(node: str) -> bool:
        try:
            listed = [one for one, address in read_directory(home).items() if address.startswith(f"{node}@")]
        except (OSError, ValueError) as error:
            _log.error("no node is met: %s", error)
            return False
        with view_of(store, genesis, no_checkpoint_key) as view:
            return any(takes_part(view, one) for one in listed)

    return admits


def takes_part(view: View, operator: str) -> bool:
    """Whether the operator is active, or approved and about to join."""
    if operator in active_operators(view.get, view.genesis):
        return True
    approval = view.get(f"approval/{operator}")
    return approval is not None and approval["type"] == "operator"
