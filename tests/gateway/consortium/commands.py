"""Types commands as a member's engineer does, with that member's settings."""

from __future__ import annotations

from click.testing import CliRunner, Result

from app import commands
from tests.gateway.consortium.network import Side


def typed(side: Side, *arguments: str) -> str:
    """What `flask …` says at this side; it ends well."""
    done = _invoke(side, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def refused(side: Side, *arguments: str) -> str:
    """What `flask …` says at this side when it does not do what was asked."""
    done = _invoke(side, arguments)
    assert done.exit_code == 1, done.output
    return done.output


def _invoke(side: Side, arguments: tuple[str, ...]) -> Result:
    environment = {
        "YAOSHI_VAR": str(side.settings.data.parent),
        "YAOSHI_CONSOLE": side.settings.console_origin,
        "YAOSHI_WALLET": side.settings.wallet_origin,
        "YAOSHI_CONSENSUS": side.settings.consensus,
        "YAOSHI_POSTGRES": "" if side.settings.postgres is None else side.settings.postgres.conninfo,
    }
    return CliRunner().invoke(commands.cli, list(arguments), env=environment)
