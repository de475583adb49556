"""Types commands as a member's engineer does, with that member's settings."""

from __future__ import annotations

from click.testing import CliRunner

from app import commands
from tests.gateway.consortium.network import Side


def typed(side: Side, *arguments: str) -> str:
    """What `flask …` says at this side; it ends well."""
    environment = {
        "YAOSHI_VAR": str(side.settings.data.parent),
        "YAOSHI_CONSOLE": side.settings.console_origin,
        "YAOSHI_WALLET": side.settings.wallet_origin,
        "YAOSHI_CONSENSUS": side.settings.consensus,
    }
    done = CliRunner().invoke(commands.cli, list(arguments), env=environment)
    assert done.exit_code == 0, done.output
    return done.output
