"""Notes beside the data when the last backup was made, so that the doctor can tell its age."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from gateway.operation.files import replace_private
from gateway.settings import Settings


@dataclass(frozen=True)
class LastBackup:
    """`at` and `keys_at` (ms) are when data and keys were last saved (0: never); `size` is the ledger's."""

    at: int
    size: int
    keys_at: int


def last_backup(settings: Settings) -> LastBackup | None:
    """What was noted; None when there is nothing that can be read."""
    try:
        return LastBackup(**json.loads(settings.backup_note_path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def note_backup(settings: Settings, at: int, size: int, *, keys: bool) -> None:
    """Notes a backup that is whole and on disk."""
    before = last_backup(settings)
    keys_at = at if keys else before.keys_at if before is not None else 0
    replace_private(settings.backup_note_path, json.dumps(asdict(LastBackup(at, size, keys_at))).encode())
