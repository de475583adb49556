"""Checks data that came out of a backup before anything is done with it: whole, sound, one with the other.

Every record is replayed from the genesis, as `flask ledger verify` does; the end must be the manifest's; and
every entry must have its opening. Data of an earlier release is brought to this one first, in its copy.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from gateway.console.audit_runs import check_file
from gateway.operation.backup.archive import BackupError, Manifest, Progress
from gateway.operation.openings import missing_openings
from gateway.store.database import open_database
from gateway.store.migrate import LaterReleaseError
from gateway.store.snapshot import damage_of
from ledger.audit import export_log
from ledger.engine.embedded import open_view_only
from ledger.errors import LedgerError
from ledger.genesis import Genesis, parse_genesis
from ledger.store.database import Store


def check_data(folder: Path, manifest: Manifest, progress: Progress) -> Genesis:
    """The genesis of a folder in which everything holds. Raises BackupError with what does not."""
    for name in ("ledger.db", "gateway.db"):
        progress(f"checking {name}", 0, 1)
        damage = damage_of(folder / name, whole=True)
        if damage is not None:
            raise BackupError(f"{name} in the backup is damaged ({damage})")
    try:
        genesis = parse_genesis((folder / "genesis.json").read_bytes())
        if genesis.id != manifest.ledger:
            raise BackupError("the genesis in the backup is not that of its ledger")
        Store(folder / "ledger.db", write=True).close()
        _check_ledger(folder, genesis, manifest, progress)
    except LedgerError as error:
        raise BackupError(f"the ledger in the backup cannot be used ({error})") from None
    return genesis


def _check_ledger(folder: Path, genesis: Genesis, manifest: Manifest, progress: Progress) -> None:
    with open_view_only(folder / "ledger.db", genesis.data) as view:
        if (view.size, view.root.hex()) != (manifest.size, manifest.root):
            raise BackupError("the ledger in the backup does not end where its manifest says")
        with tempfile.TemporaryFile(dir=folder) as file:
            export_log(view, file)
            file.seek(0)
            result = check_file(
                file, genesis.id, lambda done, total: progress("replaying the ledger", done, total)
            )
        if not result.ok:
            raise BackupError(f"the ledger in the backup does not hold: {result.first_difference}")
        try:
            db = open_database(folder / "gateway.db")
        except LaterReleaseError:
            raise BackupError("the backup was made by a later release of this program") from None
        try:
            with db.connect() as conn:
                missing = missing_openings(view, conn, manifest.institutions)
        finally:
            db.dispose()
    if missing:
        raise BackupError(
            f"the backup lacks the details of {len(missing)} entries, the first at record {missing[0]}"
        )
