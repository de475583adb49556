"""The consensus node's home when data are saved, put back or repaired: what may come back, and what never.

A validator that signs two blocks of one height is what all others guard against. CometBFT prevents it by
`data/priv_validator_state.json`, which remembers the last thing that was signed; so that file stays with the
validator's key wherever it goes, is never in a backup, and is never replaced by an older one. A key that
comes back without it signs nothing up to a height that people name. Blocks are no loss: they come from the
other members.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

from gateway.consortium.node import change_settings
from gateway.identity.founding import write_private
from gateway.operation.files import sync_folder
from gateway.settings import Settings
from ledger.errors import Unavailable
from ledger.store.aside import set_aside

STATE = "data/priv_validator_state.json"
# What a backup with keys holds of it.
SAVED = tuple(
    f"config/{name}"
    for name in ("config.toml", "genesis.json", "members.json", "node_key.json", "priv_validator_key.json")
)
_LAST_ROUND, _PRECOMMIT = 2**31 - 1, 3  # nothing at the height can come after these (privval/file.go)


class HomeError(RuntimeError):
    """The home cannot be used so; the message says why, and that nothing was changed."""


def saved_files(home: Path) -> list[Path]:
    """The files of a backup with keys."""
    return [home / name for name in SAVED if (home / name).is_file()]


def is_running(home: Path) -> bool:
    """Whether the node runs: it holds a lock on its blocks."""
    path = home / "data/blockstore.db/LOCK"
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def begin_anew(home: Path, application: Path, signed_up_to: int) -> None:
    """Let a home that came without its memory begin: it signs nothing up to this height.

    `application` is the socket on this machine.
    """
    state = {"height": str(signed_up_to), "round": _LAST_ROUND, "step": _PRECOMMIT}
    write_private(home / STATE, json.dumps(state, indent=2).encode())
    change_settings(home, {"proxy_app": f"unix://{application}"})


def repair(settings: Settings, moment: str) -> str | None:
    """Let the node and the ledger of this member come anew from the others; the keys and the memory stay.

    The name under which the earlier ledger is kept, None when there was none. Killed at any moment, it is
    typed again. Raises HomeError.
    """
    home = settings.node_path
    if not (home / STATE).is_file():
        raise HomeError(f"{home / STATE} is not there, so nothing tells what was signed; nothing was changed")
    if is_running(home):
        raise HomeError("The consensus node is running: stop it first; nothing was changed")
    try:
        kept = set_aside(settings.ledger_place, moment)
    except Unavailable as error:
        raise HomeError(
            f"The ledger is in use or cannot be reached ({error}): stop the application"
        ) from None
    for path in sorted((home / "data").iterdir()):
        if path.name == Path(STATE).name:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            os.unlink(path)
    sync_folder(home / "data")
    return kept
