"""At which addresses a ledger says that its institutions are, for a start or a restore."""

from __future__ import annotations

from gateway.settings import Settings
from ledger.engine.embedded import open_view_only
from ledger.errors import LedgerError
from ledger.genesis import Genesis
from ledger.store.place import Place


def consoles(genesis: Genesis, place: Place) -> list[str]:
    """The origins of the institutions, in their order; one for a ledger of one operator.

    Those of the genesis, and those that the ledger at `place` names now, if there is one.
    """
    bases = [one["base"] for one in genesis.institutions]
    try:
        with open_view_only(place, genesis.data) as view:
            bases += [one.base for one in view.institutions()]
    except LedgerError:
        pass  # not begun yet, or damaged: others say so
    return list(dict.fromkeys(base.partition("/i/")[0] for base in bases))


def fit(settings: Settings, genesis: Genesis, place: Place) -> bool:
    """Whether a node with these settings can be one of the ledger's: phones know its addresses."""
    return settings.console_origin in consoles(genesis, place) and settings.wallet_origin == genesis.wallet
