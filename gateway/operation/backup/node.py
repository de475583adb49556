"""What a restore does with the consensus node of a consortium's member (gateway.consortium.home).

A node that is here moves along as it is: it plays to an older ledger what that lacks. Where there is none,
the one that a backup with keys holds begins anew, without a ledger: all blocks come from the other members,
and it signs nothing that it may have signed before.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from gateway.consortium.home import begin_anew
from gateway.operation.backup.archive import BackupError
from gateway.operation.files import sync_folder
from gateway.settings import Settings


def prepare_node(settings: Settings, draft: Path, signed_up_to: int | None) -> Path | None:
    """The home that is to be moved after the exchange, None when what lies in the draft holds.

    Raises BackupError.
    """
    saved = draft / settings.node_path.name
    home = _present(settings)
    if home is not None:
        shutil.rmtree(saved, ignore_errors=True)
        return home
    if not saved.is_dir():
        return None
    if signed_up_to is None:
        raise BackupError(
            "nothing was restored and nothing was changed: the backup holds the validator's key, and nothing "
            "here says what it has signed. When the machine that used it is off for good, ask another member "
            "for the height that `flask consortium status` shows, and name it: --signed-up-to HEIGHT"
        )
    # One more: it may have signed for the block that was being made.
    begin_anew(saved, settings.application_path, signed_up_to + 1)
    for path in draft.glob("ledger.db*"):
        path.unlink()
    return None


def move_node(home: Path, settings: Settings, aside: Path | None) -> None:
    """Put the home into the data that are in place now; `aside` is where the data lie that it was in."""
    if aside is not None and home == settings.node_path:
        home = aside / home.name
    os.rename(home, settings.node_path)
    for folder in (home.parent, settings.data):
        sync_folder(folder)


def _present(settings: Settings) -> Path | None:
    """The home in place, or one that a restore left behind which was cut off before it moved it."""
    if settings.node_path.is_dir():
        return settings.node_path
    left = sorted(settings.data.parent.glob(f"{settings.data.name}.before-*/{settings.node_path.name}"))
    return left[-1] if left else None
