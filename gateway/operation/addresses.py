"""At which addresses a ledger's genesis says that its institutions are, for a start or a restore."""

from __future__ import annotations

from gateway.settings import Settings
from ledger.genesis import Genesis


def consoles(genesis: Genesis) -> list[str]:
    """The origins of the institutions, in their order; one for a ledger of one operator."""
    return list(dict.fromkeys(one["base"].partition("/i/")[0] for one in genesis.institutions))


def fit(settings: Settings, genesis: Genesis) -> bool:
    """Whether a node with these settings can be one of the ledger's: phones know its addresses."""
    return settings.console_origin in consoles(genesis) and settings.wallet_origin == genesis.wallet
