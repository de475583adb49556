"""`flask staff`: accounts of an institution's staff. Safe while the node runs; changes hold at once.

Passwords are never on the command line, where other users of the machine and the shell's history would see
them: they are made and shown once, or typed unseen (--ask).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import AppGroup

from gateway.cli.opening import command_settings, find_institution, read_genesis, without_ledger
from gateway.composition import Gateway
from gateway.identity.lockout import locked_until, unlock
from gateway.identity.passwords import PasswordUnfitError
from gateway.identity.roles import ROLES
from gateway.identity.staff import (
    StaffError,
    add_staff,
    disable_staff,
    enable_staff,
    list_staff,
    remove_staff,
    require_account,
    set_password,
)

command = AppGroup("staff", help="Accounts of an institution's staff.")
INSTITUTION = click.argument("institution", metavar="INSTITUTION")
ASK = click.option("--ask", is_flag=True, help="Type the password instead of having one made.")


@command.command("add")
@INSTITUTION
@click.argument("user")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", required=True, help="The name that patients will read.")
@click.option("--department", default="", help="The department that patients will read.")
@ASK
def add(institution: str, user: str, role: str, name: str, department: str, ask: bool) -> None:
    """Add an account; a password is made and shown once."""
    password = _password(ask)
    with _accounts(institution) as (gw, one):
        add_staff(gw, one["id"], user, password, name=name, role=role, department=department)
    _tell_password(one, user, password, ask)


@command.command("list")
@click.argument("institution", required=False)
def show(institution: str | None) -> None:
    """List accounts: active, closed, or locked after wrong passwords."""
    settings = command_settings()
    codes = {one["id"]: one["code"] for one in read_genesis(settings).institutions}
    wanted = find_institution(settings, institution)["id"] if institution else None
    with without_ledger(settings) as gw:
        for row in list_staff(gw, wanted):
            code = codes.get(row.institution, "??")
            click.echo(f"{code}  {row.user:20} {row.role:14} {_state(gw, row):22} {row.name}")


@command.command("password")
@INSTITUTION
@click.argument("user")
@ASK
def password(institution: str, user: str, ask: bool) -> None:
    """Set a new password; open sessions end."""
    new = _password(ask)
    with _accounts(institution) as (gw, one):
        set_password(gw, one["id"], user, new)
        unlock(gw, one["id"], user)
    _tell_password(one, user, new, ask)


@command.command("disable")
@INSTITUTION
@click.argument("user")
def disable(institution: str, user: str) -> None:
    """Close an account and its open sessions at once."""
    _change(institution, user, disable_staff, "can no longer sign in; open sessions have ended")


@command.command("enable")
@INSTITUTION
@click.argument("user")
def enable(institution: str, user: str) -> None:
    """Open a closed account again, with its former password."""
    _change(institution, user, enable_staff, "can sign in again with the former password")


@command.command("remove")
@INSTITUTION
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def remove(institution: str, user: str, yes: bool) -> None:
    """Remove an account for good. What the person did stays in the patients' logs."""
    if not yes:
        click.confirm(f"Remove {user} at {institution}? `disable` closes it and keeps it", abort=True)
    _change(institution, user, remove_staff, "is removed; the user name is free")


@command.command("unlock")
@INSTITUTION
@click.argument("user")
def unlock_(institution: str, user: str) -> None:
    """Let somebody try again at once after too many wrong passwords."""
    _change(institution, user, _unlock, "may try again at once")


def fresh_password() -> str:
    """Four groups of five letters and digits: about 98 bits, readable aloud."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def _unlock(gw: Gateway, institution: str, user: str) -> None:
    require_account(gw, institution, user)
    unlock(gw, institution, user)


def _password(ask: bool) -> str:
    if not ask:
        return fresh_password()
    return str(click.prompt("New password", hide_input=True, confirmation_prompt=True))


def _tell_password(one: dict[str, Any], user: str, password: str, asked: bool) -> None:
    where = f"{user} at {one['name']['en']}"
    click.echo(f"{where}: the password is set." if asked else f"{where}: password {password}")


def _change(institution: str, user: str, change: Callable[[Gateway, str, str], None], done: str) -> None:
    with _accounts(institution) as (gw, one):
        change(gw, one["id"], user)
    click.echo(f"{user} at {one['name']['en']} {done}.")


def _state(gw: Gateway, row: Any) -> str:
    if row.disabled:
        return "disabled"
    until = locked_until(gw, row.institution, row.user)
    moment = datetime.fromtimestamp(until / 1000, UTC)
    return f"locked until {moment:%H:%M} UTC" if until else "active"


@contextmanager
def _accounts(institution: str) -> Iterator[tuple[Gateway, dict[str, Any]]]:
    """The open node and the institution; what cannot be done is one plain message."""
    settings = command_settings()
    one = find_institution(settings, institution)
    with without_ledger(settings) as gw:
        try:
            yield gw, one
        except (StaffError, PasswordUnfitError) as error:
            raise click.ClickException(str(error)) from None
