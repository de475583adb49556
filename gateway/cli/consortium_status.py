"""`flask consortium status`: whether this member's part moves with the others, and what lies ahead.

It asks the node beside us and reads the store; it changes nothing and may run at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

import click
from flask.cli import with_appcontext

from gateway.cli.govern_words import plain
from gateway.cli.opening import command_settings, now_ms, read_genesis
from gateway.consortium.directory import Nodes, read_directory, takes_part
from gateway.consortium.pulse import BEHIND, judge, level_of
from gateway.contracts import CONTRACTS
from gateway.identity.keyring import operator_here
from gateway.settings import Settings
from ledger.engine.rpc import Measures, Node
from ledger.engine.views import view_of
from ledger.errors import LedgerError
from ledger.genesis import Genesis
from ledger.rules import step_at, steps
from ledger.store.chain import read_chain_tip
from ledger.store.database import Store
from ledger.view import View, no_checkpoint_key


class _Known(NamedTuple):
    """By operator id: the active members' names, all nodes that were ever named, whose node may be met."""

    names: dict[str, str]
    nodes: Nodes
    expected: set[str]


@click.command("status")
@with_appcontext
def status() -> None:
    """Show where this member's node and application are; ends with 1 when the consortium cannot record."""
    settings = command_settings()
    genesis = read_genesis(settings)
    if not genesis.validators:
        raise click.ClickException("This ledger is kept by one operator. Its state: flask ledger status")
    try:
        nodes = read_directory(settings.node_path)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"The list of members cannot be read: {error}") from None
    try:
        known = _application(settings, genesis, nodes)
    except LedgerError as error:
        raise click.ClickException(f"The ledger cannot be read: {error}") from None
    with closing(Node(settings.consensus)) as node:
        found = node.measures()
    if found is None:
        raise click.ClickException(f"The consensus node at {settings.consensus} does not answer")
    connected, others = _others(operator_here(settings, genesis), known, found)
    newest = datetime.fromtimestamp(found.newest / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    click.echo(f"Node         height {found.height}, the others {level_of(found)}; newest block {newest}")
    signed = found.validators - found.unsigned
    click.echo(
        f"Blocks       {found.mempool} transactions wait; {signed} of {found.validators} signed the newest"
    )
    if 3 * (connected + 1) <= 2 * (others + 1):
        raise click.ClickException("Without more than two thirds of the members nothing is recorded")
    code = judge(found, now_ms())
    if code == BEHIND:
        raise click.ClickException("This node is behind the others. If its height does not move: repair it")
    if code is not None:
        raise click.ClickException("No block comes although there should be one: see the nodes' logs")


def _application(settings: Settings, genesis: Genesis, nodes: Nodes) -> _Known:
    """Says where the application is and by which rules it judges; what it knows of the members."""
    with closing(Store(settings.ledger_place, write=False)) as store:
        with store.snapshot() as connection:
            height = read_chain_tip(connection).height
        with view_of(store, genesis, no_checkpoint_key) as view:
            click.echo(f"Application  height {height}, {view.size} ledger records")
            _rules(view, sorted(CONTRACTS))
            names = {one.id: plain(one.name) for one in view.operators() if one.active}
            return _Known(names, nodes, {one for one in nodes if takes_part(view, one)})


def _rules(view: View, known: Iterable[int]) -> None:
    versions = ", ".join(str(one) for one in known)
    click.echo(f"Rules        version {step_at(view.get, view.size).version}; this release knows {versions}")
    for step in steps(view.get):
        if step.start > view.size:
            unknown = "" if step.version in known else " — INSTALL IT BEFORE, or this member stops there"
            click.echo(
                f"             version {step.version} from record {step.start} on, "
                f"with {plain(step.release)} or later{unknown}"
            )


def _others(own: str, known: _Known, found: Measures) -> tuple[int, int]:
    """Says who is connected; how many of how many."""
    others = {one: known.nodes.get(one, "") for one in known.names if one != own}
    here = {one for one, address in others.items() if _node_id(address) in found.peers}
    click.echo(f"Others       {len(here)} of {len(others)} connected")
    for one, address in others.items():
        if one not in here:
            click.echo(f"             not connected: {known.names[one]}, {address or 'node unknown here'}")
    # Met when they were a member's: a connection that is open stays so.
    for node in sorted(found.peers.keys() - {_node_id(known.nodes[one]) for one in known.expected}):
        click.echo(
            f"             connected, and no member's any more: {plain(node)}. It hears what is recorded "
            "until yaoshi-consensus starts again here"
        )
    return len(here), len(others)


def _node_id(address: str) -> str:
    return address.partition("@")[0]
