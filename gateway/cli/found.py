"""`flask found`: begins a ledger for one's own institutions, from a short file that people can review.

    [[institution]]
    code = "WX"                # two of 0-9 and A-Z without I, L, O, U; people type it
    type = "hospital"          # hospital, clinic, examination-centre, pharmacy, insurer, regulator
    zh = "望溪市中心医院"
    en = "Wangxi Central Hospital"

What it says is signed into the genesis and stays: names, codes, and the addresses of console and wallet.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from gateway.cli.opening import command_settings, now_ms
from gateway.identity.founding import Founder, FoundingError, require_vacant
from gateway.identity.founding import found as found_ledger
from gateway.operation.doctor.findings import FLASK, quoted
from gateway.settings import Settings
from ledger.genesis import INSTITUTION_TYPES

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{2}")
LONGEST_NAME = 100
MEMBERS = {"code", "type", "zh", "en"}


@click.command("found")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_appcontext
def command(file: Path, yes: bool) -> None:
    """Found a ledger for the institutions of FILE (TOML) at the addresses of the settings."""
    os.umask(0o077)
    settings = command_settings()
    try:
        require_vacant(settings)
    except FoundingError as error:
        raise click.ClickException(str(error)) from None
    try:
        founders = founders_of(file.read_text("utf-8"))
    except (FoundingError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from None
    click.echo(f"Console  {settings.console_origin}\nWallet   {settings.wallet_origin}")
    for one in founders:
        click.echo(f"{one.code}       {one.chinese} · {one.english} ({one.type})")
    if not yes:
        click.confirm("These names and addresses are signed and stay for good. Found the ledger?", abort=True)
    try:
        found_ledger(settings, now_ms, os.urandom, founders)
    except FoundingError as error:
        raise click.ClickException(str(error)) from None
    click.echo(_next(settings, founders[0].code))


def founders_of(text: str) -> tuple[Founder, ...]:
    """The institutions of a file. Raises FoundingError with what is wrong and where."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FoundingError(f"not TOML: {error}") from None
    listed = document.get("institution")
    if document.keys() != {"institution"} or not isinstance(listed, list) or not listed:
        raise FoundingError("it holds [[institution]] tables, and nothing else")
    founders = tuple(_founder(number, one) for number, one in enumerate(listed, 1))
    if len({one.code for one in founders}) != len(founders):
        raise FoundingError("a code stands twice")
    return founders


def _founder(number: int, one: Any) -> Founder:
    where = f"institution {number}"
    if not isinstance(one, dict) or one.keys() != MEMBERS:
        raise FoundingError(f"{where}: it has code, type, zh and en, and nothing else")
    if not all(isinstance(one[name], str) and 0 < len(one[name]) <= LONGEST_NAME for name in MEMBERS):
        raise FoundingError(f"{where}: each value is a text of 1 to {LONGEST_NAME} characters")
    if not CODE.fullmatch(one["code"]):
        raise FoundingError(f"{where}: a code is two of 0-9 and A-Z without I, L, O, U")
    if one["type"] not in INSTITUTION_TYPES:
        raise FoundingError(f"{where}: a type is one of {', '.join(INSTITUTION_TYPES)}")
    return Founder(one["code"], one["type"], one["zh"], one["en"])


def _next(settings: Settings, code: str) -> str:
    offline = quoted(settings.offline_path)
    return f"""
The ledger is founded in {settings.data}. Now, in this order:
  1  copy {offline} to two sticks that lie in a safe, then: rm -r {offline}
  2  {FLASK} staff add {code} USER --role administrator --name "NAME"
  3  {FLASK} serve --no-demo
  4  {FLASK} backup --with-keys /media/SAFE/yaoshi-keys.tar
  5  {FLASK} doctor"""
