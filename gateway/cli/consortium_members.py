"""`flask consortium add | remove | invite | join`: members come and go, each step on its own machine.

Here a member says which node it meets, and writes what the votes are about; the votes themselves are
`flask govern`, by offline keys. A newcomer sets up its side and catches up from the first block.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from gateway.cli.govern_words import plain, summary
from gateway.cli.opening import command_settings, ledger_view, read_genesis
from gateway.consortium.agreement import AgreementError, Statement, read_statement
from gateway.consortium.directory import read_directory, write_directory
from gateway.consortium.founding import Meeting, grouped
from gateway.consortium.joining import (
    Invitation,
    changes_for,
    come_in,
    invitation_text,
    read_invitation,
    standing_of,
)
from gateway.consortium.node import set_others
from gateway.identity.founding import FoundingError, write_private
from gateway.identity.keyring import operator_here
from gateway.operation.doctor.findings import FLASK, quoted
from gateway.settings import Settings
from ledger.genesis import Genesis
from ledger.registry import Operator
from ledger.view import View

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
YES = click.option("--yes", is_flag=True, help="Do not ask again.")


@click.command("add")
@click.argument("statement", type=FILE)
@YES
@with_appcontext
def add(statement: Path, yes: bool) -> None:
    """Review a newcomer's STATEMENT, meet its node, and write the changes on which the members vote."""
    os.umask(0o077)
    settings = command_settings()
    try:
        told = read_statement(statement.read_text("utf-8"))
    except (AgreementError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    if len(told.operators) != 1:
        raise click.ClickException("A statement is of one member")
    operator = told.operators[0]
    nodes = _nodes(settings)
    _require_new_node(nodes, told)
    with ledger_view(settings) as view:
        try:
            changes = changes_for(told, view)
        except FoundingError as error:
            raise click.ClickException(str(error)) from None
        standing = standing_of(view, operator["id"])
        _show(view, told, changes, nodes)
    if standing == "retired":
        raise click.ClickException("This member was removed for good: it needs new keys, so a new statement")
    if not yes:
        click.confirm("Meet this node, and write the changes to vote on?", abort=True)
    _meet(settings, {**nodes, **told.nodes})
    for name, change in changes.items():
        write_private(_change_path(statement, name), json.dumps(change, ensure_ascii=False).encode())
    click.echo(_after_add(standing, statement, list(changes)))


@click.command("remove")
@click.argument("member")
@with_appcontext
def remove(member: str) -> None:
    """Write the change that removes MEMBER (its id or name); once it is decided, meet its node no more."""
    os.umask(0o077)
    settings = command_settings()
    with ledger_view(settings) as view:
        operator = _find(view, member)
        active = sum(one.active for one in view.operators())
    if operator.active:
        change = Path(f"remove.{operator.id[:8]}.json")
        write_private(change, json.dumps({"do": "operator.retire", "operator": operator.id}).encode())
        left = active - 1
        warning = "" if left > 3 else f"\nWith {left} members left none may fail: all would stand still.\n"
        click.echo(
            f"{plain(operator.name)} takes part. One member proposes to remove it, others vote:{warning}\n"
            f"  {FLASK} govern propose {quoted(change)} --key VOTE_KEY\n"
            f"  {FLASK} govern vote PROPOSAL --key VOTE_KEY\n"
            f"When it is decided, at each member: {FLASK} consortium remove {operator.id}"
        )
        return
    nodes = {one: address for one, address in _nodes(settings).items() if one != operator.id}
    _meet(settings, nodes)
    click.echo(
        f"{plain(operator.name)} is removed: it writes nothing any more, and its node is refused.\n"
        "A connection that is open ends with the next start: systemctl restart yaoshi-consensus"
    )


@click.command("invite")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def invite(file: Path) -> None:
    """Write to FILE what a newcomer needs to set up its side. Nothing in it is secret."""
    settings = command_settings()
    genesis = read_genesis(settings)
    with ledger_view(settings) as view:
        active = {one.id for one in view.operators() if one.active}
    nodes = {one: address for one, address in _nodes(settings).items() if one in active}
    file.write_text(invitation_text(genesis, nodes), "utf-8")
    click.echo(
        f"{file} is for the newcomer: {FLASK} consortium keys INSTITUTIONS --invited {file.name} …,\n"
        f"and later {FLASK} consortium join {file.name}\n"
        f"Read to each other before that:  {grouped(genesis.id)}"
    )


@click.command("join")
@click.argument("invitation", type=FILE)
@YES
@click.option("--rpc", default=26657, show_default=True, help="Loopback port of the consensus node.")
@click.option("--far", is_flag=True, help="As the other members have it: machines in several regions.")
@with_appcontext
def join(invitation: Path, yes: bool, rpc: int, far: bool) -> None:
    """Set up this newcomer's side of the ledger that INVITATION names; nothing is recorded by this."""
    os.umask(0o077)
    settings = command_settings()
    try:
        invited = read_invitation(invitation.read_text("utf-8"))
        click.echo(_invited(invited))
        if not yes:
            click.confirm("Keep this ledger with these members?", abort=True)
        own = come_in(settings, invited, Meeting(rpc, far))
    except (FoundingError, AgreementError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(_after_join(settings, own))


def _nodes(settings: Settings) -> dict[str, str]:
    if not read_genesis(settings).validators:
        raise click.ClickException("This ledger is kept by one operator")
    try:
        return read_directory(settings.node_path)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"The list of members cannot be read: {error}") from None


def _meet(settings: Settings, nodes: dict[str, str]) -> None:
    own = operator_here(settings, read_genesis(settings))
    write_directory(settings.node_path, nodes)
    set_others(settings.node_path, [address for one, address in nodes.items() if one != own])


def _require_new_node(nodes: dict[str, str], told: Statement) -> None:
    for operator, address in told.nodes.items():
        node = address.partition("@")[0]
        if any(one != operator and known.startswith(f"{node}@") for one, known in nodes.items()):
            raise click.ClickException("Another member has this node: two members never share one")


def _find(view: View, member: str) -> Operator:
    found = [
        one
        for one in view.operators()
        if one.name == member or (len(member) >= 8 and one.id.startswith(member))
    ]
    if len(found) != 1:
        raise click.ClickException(f"No such member; `{FLASK} govern list` names them")
    return found[0]


def _show(view: View, told: Statement, changes: dict[str, dict[str, Any]], nodes: dict[str, str]) -> None:
    for change in changes.values():
        for line in summary(change, view):
            click.echo(line)
    for operator, address in told.nodes.items():
        click.echo(f"  node · 节点    {plain(address)}")
        if nodes.get(operator, address) != address:
            click.echo(f"  INSTEAD OF · 取代  {plain(nodes[operator])}: ask this member by telephone")


def _change_path(statement: Path, name: str) -> Path:
    return statement.with_name(f"{statement.stem}.{name}.json")


def _after_add(standing: str, statement: Path, names: list[str]) -> str:
    paths = {name: quoted(_change_path(statement, name)) for name in names}
    operator, *institutions = paths.values()
    vote = f"  {FLASK} govern vote PROPOSAL --key VOTE_KEY      at each other member"
    propose = f"{FLASK} govern propose {{}} --key VOTE_KEY"
    if standing == "unknown":
        steps = [f"  {propose.format(operator)}      at one member", vote]
        steps.append(f"  the newcomer types: {FLASK} consortium join INVITATION")
    elif standing == "approved":
        steps = [f"  the newcomer types: {FLASK} govern join --key ITS_VOTE_KEY"]
    else:
        steps = [f"  {propose.format(one)}      at one member" for one in institutions] + [vote]
    return "The node is met from now on; nothing has to start anew. Next:\n" + "\n".join(steps)


def _invited(invited: Invitation) -> str:
    genesis: Genesis = invited.genesis
    lines = [f"Ledger   {plain(genesis.name)}", f"Wallet   {genesis.wallet}"]
    names = {one["id"]: plain(one["name"]) for one in genesis.operators}
    lines += [
        f"Member   {names.get(one, 'came later')}, node {address}" for one, address in invited.nodes.items()
    ]
    lines.append(f"Compare by telephone with a member:  {grouped(genesis.id)}")
    return "\n".join(lines)


def _after_join(settings: Settings, own: str) -> str:
    vote = settings.offline_path / own / "vote.key"
    return f"""
The folder is {settings.data}. Now, in this order:
  1  {FLASK} consortium application    in a service that restarts always, and beside it
  2  {FLASK} consortium node           in another one: all blocks come from the others
  3  {FLASK} consortium status         until it is level
  4  {FLASK} govern join --key {quoted(vote)}    once the members have approved this operator
  5  tell the members: they approve the institutions now; then, for each of them,
     {FLASK} govern join --key {quoted(settings.offline_path)}/INSTITUTION/offline.key
  6  copy {settings.offline_path} to two sticks that lie in a safe, then: rm -r {settings.offline_path}
  7  {FLASK} staff add CODE USER --role administrator --name "NAME", then {FLASK} serve --no-demo"""
