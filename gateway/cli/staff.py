"""`flask staff`: accounts of an institution's staff. Safe while the node runs."""

from __future__ import annotations

import secrets

import click
from flask.cli import AppGroup

from gateway.cli.opening import command_settings, find_institution, read_genesis, without_ledger
from gateway.identity.passwords import PasswordUnfitError
from gateway.identity.roles import ROLES
from gateway.identity.staff import StaffError, add_staff, disable_staff, list_staff, set_password

command = AppGroup("staff", help="Accounts of an institution's staff.")
INSTITUTION = click.argument("institution", metavar="INSTITUTION")


@command.command("add")
@INSTITUTION
@click.argument("user")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", required=True, help="The name that patients will read.")
@click.option("--department", default="", help="The department that patients will read.")
def add(institution: str, user: str, role: str, name: str, department: str) -> None:
    """Add an account; a password is made and shown once."""
    settings = command_settings()
    one, password = find_institution(settings, institution), fresh_password()
    with without_ledger(settings) as gw:
        try:
            add_staff(gw, one["id"], user, password, name=name, role=role, department=department)
        except StaffError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{user} at {one['name']['en']}: password {password}")


@command.command("list")
@click.argument("institution", required=False)
def show(institution: str | None) -> None:
    """List accounts."""
    settings = command_settings()
    codes = {one["id"]: one["code"] for one in read_genesis(settings).institutions}
    wanted = find_institution(settings, institution)["id"] if institution else None
    with without_ledger(settings) as gw:
        for row in list_staff(gw, wanted):
            state = "disabled" if row.disabled else "active"
            click.echo(
                f"{codes.get(row.institution, '??')}  {row.user:20} {row.role:14} {state:9} {row.name}"
            )


@command.command("disable")
@INSTITUTION
@click.argument("user")
def disable(institution: str, user: str) -> None:
    """Close an account and its open sessions at once."""
    settings = command_settings()
    one = find_institution(settings, institution)
    with without_ledger(settings) as gw:
        try:
            disable_staff(gw, one["id"], user)
        except StaffError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{user} at {one['name']['en']} can no longer sign in; open sessions have ended.")


@command.command("password")
@INSTITUTION
@click.argument("user")
@click.option("--ask", is_flag=True, help="Type the new password instead of having one made.")
def password(institution: str, user: str, ask: bool) -> None:
    """Set a new password; open sessions end."""
    settings = command_settings()
    one = find_institution(settings, institution)
    new = click.prompt("New password", hide_input=True, confirmation_prompt=True) if ask else fresh_password()
    with without_ledger(settings) as gw:
        try:
            set_password(gw, one["id"], user, new)
        except (StaffError, PasswordUnfitError) as error:
            raise click.ClickException(str(error)) from None
    click.echo("The new password is set." if ask else f"{user} at {one['name']['en']}: password {new}")


def fresh_password() -> str:
    """Four groups of five letters and digits: about 98 bits, readable aloud."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
