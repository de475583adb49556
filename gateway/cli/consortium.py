"""`flask consortium`: begins a ledger that several hospitals keep together, and runs this side's parts of it.

Each side makes its own keys on its own machine (`keys`), all put their public statements into one text, each
reviews and signs it (`init`), and with everybody's signatures the same command founds this side. Nothing is
sent anywhere: statement, agreement and signatures are small texts that people carry.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from gateway.cli.consortium_members import add, invite, join, remove
from gateway.cli.consortium_status import status
from gateway.cli.consortium_town import down, up
from gateway.cli.found import founders_of
from gateway.cli.govern_words import plain
from gateway.cli.opening import command_settings, read_genesis
from gateway.consortium import founding, home
from gateway.consortium.agreement import Agreement, AgreementError, read_agreement
from gateway.consortium.directory import admission
from gateway.consortium.joining import read_invitation
from gateway.consortium.node import NodeError, find_program
from gateway.consortium.node import command as node_command
from gateway.contracts import CONTRACTS
from gateway.identity.founding import FoundingError, write_private
from gateway.operation.doctor.findings import FLASK, quoted
from gateway.settings import Settings
from ledger.engine.abci.server import serve_application
from ledger.engine.startup import settle_memory
from ledger.errors import LedgerError
from ledger.store.database import Store

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("consortium")
def command() -> None:
    """Hospitals that keep one ledger together."""


for one in (up, down, add, remove, invite, join, status):
    command.add_command(one)


@command.command("keys")
@click.argument("file", type=FILE)
@click.option("--name", required=True, help="What the others call this member.")
@click.option("--meet", required=True, help="HOST:PORT at which its node meets the others' nodes.")
@click.option("--invited", type=FILE, help="The invitation, when the others keep a ledger already.")
@with_appcontext
def keys(file: Path, name: str, meet: str, invited: Path | None) -> None:
    """Make this member's keys for the institutions of FILE (TOML, as for `flask found`)."""
    os.umask(0o077)
    settings = command_settings()
    try:
        founders = founders_of(file.read_text("utf-8"))
        ledger = None if invited is None else read_invitation(invited.read_text("utf-8")).genesis.id
        statement = founding.begin_joining(settings, name, founders, meet, os.urandom, ledger)
    except (FoundingError, NodeError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    if invited is not None:
        click.echo(
            f"The keys are made. What the members may know is in\n  {statement}\n"
            "Send it to all members; when "
            f"they have approved it: {FLASK} consortium join {quoted(invited)}"
        )
        return
    click.echo(
        f"The keys are made. What the others may know is in\n  {statement}\n"
        "Send it to whoever writes the agreement: name, origin, wallet and at, then all statements one after "
        f"another.\nThen, with the agreement: {FLASK} consortium init AGREEMENT"
    )


@command.command("init")
@click.argument("agreement", type=FILE)
@click.argument("signatures", type=FILE, nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.option("--rpc", default=26657, show_default=True, help="Loopback port of the consensus node.")
@click.option("--far", is_flag=True, help="The members' machines are far apart (several regions).")
@with_appcontext
def init(agreement: Path, signatures: tuple[Path, ...], yes: bool, rpc: int, far: bool) -> None:
    """Review and sign AGREEMENT; with the SIGNATURES of all others, found this side of the ledger."""
    os.umask(0o077)
    settings = command_settings()
    try:
        agreed = read_agreement(agreement.read_text("utf-8"))
        own = founding.own_operator(settings, agreed)
        click.echo(_summary(agreed))
        if not yes:
            click.confirm("Sign this, and keep one ledger with these members for good?", abort=True)
        signed = founding.sign_agreement(settings, agreed)
        mine = agreement.with_name(f"{agreement.stem}.{own['id'][:8]}.signatures")
        write_private(mine, json.dumps(signed, indent=1).encode())
        for path in signatures:
            signed |= founding.read_signatures(path.read_text("utf-8"))
        founded = founding.finish_joining(settings, agreed, signed, founding.Meeting(rpc, far))
    except (AgreementError, FoundingError, NodeError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(_next(settings, mine) if founded else _waits(agreement, mine))


@command.command("application")
@with_appcontext
def application() -> None:
    """Run the ledger's application, which the consensus node asks and the gateway reads."""
    os.umask(0o077)
    settings = command_settings()
    genesis = read_genesis(settings)
    try:
        store = Store(settings.ledger_place, write=True)
        try:
            settle_memory()
            admits = admission(store, genesis, settings.node_path)
            serve_application(store, genesis, CONTRACTS, settings.application_path, admits)
        finally:
            store.close()
    except LedgerError as error:
        raise click.ClickException(f"The application stops: {error}") from None


@command.command("node")
@with_appcontext
def node() -> None:
    """Run the consensus node (CometBFT) of this member."""
    os.umask(0o077)  # it would make its folders for everybody, and the gateway does not start among such
    settings = command_settings()
    read_genesis(settings)
    try:
        command = node_command(find_program(), settings.node_path)
    except NodeError as error:
        raise click.ClickException(str(error)) from None
    os.execv(command[0], command)  # noqa: S606 - our own program, and nothing of a user's in its arguments


@command.command("repair")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_appcontext
def repair(yes: bool) -> None:
    """Get node and ledger anew from the other members; keys and what was signed stay. All must be stopped."""
    os.umask(0o077)
    settings = command_settings()
    if not read_genesis(settings).validators:
        raise click.ClickException("This ledger is kept by one operator: nobody else has it")
    if not yes:
        click.confirm("Do the other members run, so that all blocks can come from them?", abort=True)
    try:
        kept = home.repair(settings, datetime.now(UTC).strftime("%Y%m%dt%H%M%S"))
    except home.HomeError as error:
        raise click.ClickException(str(error)) from None
    if kept is not None:
        click.echo(f"The ledger as it was is kept as {kept}; remove it when nobody needs it any more.")
    click.echo(f"Now start application and node, and watch: {FLASK} consortium status. Then the gateway.")


def _summary(agreed: Agreement) -> str:
    document = agreed.document
    names = {one["id"]: one["name"] for one in document["operators"]}
    lines = [
        f"Ledger   {document['name']} ({document['origin']})",
        f"Wallet   {document['wallet']}",
        f"Members  {len(names)}; more than two thirds of them decide, {(len(names) - 1) // 3} may fail",
    ]
    lines += [f"         {one['name']}, node {agreed.nodes[one['id']]}" for one in document["operators"]]
    for one in document["institutions"]:
        chinese, english = one["name"]["zh-CN"], one["name"]["en"]
        lines.append(
            f"{one['code']}       {chinese} · {english} ({one['type']}), {names.get(one['operator'])}"
        )
        lines.append(f"         {one['base']}")
    lines += [f"Limit    {name} = {value}" for name, value in document["limits"].items()]
    lines.append(f"Read to each other before signing:  {founding.fingerprint(agreed)}")
    # Names come from the others: none of them may change what is read here.
    return "\n".join(plain(line) for line in lines)


def _waits(agreement: Path, mine: Path) -> str:
    return (
        f"Signed. This member's signatures are in\n  {mine}\nGive them to all others. When all are here: "
        f"{FLASK} consortium init {agreement} *.signatures"
    )


def _next(settings: Settings, mine: Path) -> str:
    return f"""
Signed by all ({mine} is this member's). The ledger is founded in {settings.data}. Now, in this order:
  1  copy {settings.offline_path} to two sticks that lie in a safe, then: rm -r {settings.offline_path}
  2  {FLASK} consortium application    in a service that restarts always, and beside it
  3  {FLASK} consortium node           in another one
  4  {FLASK} staff add CODE USER --role administrator --name "NAME"
  5  {FLASK} serve --no-demo"""
