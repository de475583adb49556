"""`flask institution`: what needs the offline key, which no running node holds.

Stop the node first (one process writes), point --offline at the folder or stick with the key, and start it
again afterwards: a node reads its keys when it starts.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from gateway.cli.opening import command_settings, find_institution, node
from gateway.composition import Gateway
from gateway.identity.keyring import KeyMissingError, KeyRing, read_keys
from gateway.identity.rotation import keep_waiting, named_keys, settle_waiting
from gateway.identity.signing import submit_signed
from gateway.settings import Settings
from ledger.errors import Refusal

command = AppGroup("institution", help="Rotate keys and settle contested links, with the offline key.")
OFFLINE = click.option(
    "--offline",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the offline keys (default: where the founding put them).",
)
WORKING = ("desk", "release", "review", "peer")


@command.command("settle")
@click.argument("institution")
@click.argument("link")
@click.option("--stay", "stay", multiple=True, required=True, help="A key (kid) that stays; may be repeated.")
@OFFLINE
def settle(institution: str, link: str, stay: tuple[str, ...], offline: Path | None) -> None:
    """Settle a contested link: the named keys stay, the others go."""
    settings = command_settings()
    one = find_institution(settings, institution)
    ring = _offline(settings, offline)
    with node(settings) as gw:
        _submit(gw, ring, one["id"], "link.settle", link, stay=sorted(stay))
    click.echo("Settled.")


@command.command("rotate")
@click.argument("institution")
@click.option(
    "--use", "uses", multiple=True, type=click.Choice(WORKING), help="Only these keys (default: all)."
)
@OFFLINE
def rotate(institution: str, uses: tuple[str, ...], offline: Path | None) -> None:
    """Give an institution fresh working keys."""
    settings = command_settings()
    one = find_institution(settings, institution)
    ring, chosen = _offline(settings, offline), uses or WORKING
    seeds = {use: os.urandom(32) for use in chosen}
    with node(settings) as gw:
        # The new seeds are on disk before the ledger names them: a crash in between loses nothing.
        keep_waiting(settings, one["id"], seeds)
        try:
            with gw.ledger.view() as view:
                named = named_keys(view, one["id"], seeds)
            _submit(gw, ring, one["id"], "institution.keys", one["id"], **named)
        finally:
            with gw.ledger.view() as view:
                settle_waiting(settings, view)
    click.echo(f"{one['name']['en']} has fresh keys: {', '.join(chosen)}. Start the node again.")


def _offline(settings: Settings, folder: Path | None) -> KeyRing:
    try:
        return read_keys(folder or settings.offline_path)
    except PermissionError as error:
        raise click.ClickException(str(error)) from None


def _submit(gw: Gateway, ring: KeyRing, institution: str, kind: str, subject: str, **members: Any) -> None:
    payload = {"ledger": gw.ledger.id, "subject": subject, "kind": kind, "at": gw.clock(), **members}
    try:
        entry = ring.sign(institution, "offline", "yaoshi-entry", payload)
    except KeyMissingError:
        raise click.ClickException("The offline key is not here. Give its folder with --offline.") from None
    answer = submit_signed(gw, entry)
    if isinstance(answer, Refusal):
        raise click.ClickException(
            f"The ledger refused: {answer.code} ({answer.detail}). Nothing was changed."
        )
