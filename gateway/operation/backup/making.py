"""Makes a backup beside a running node, under any load, without making anybody wait.

Both databases are pinned in the order in which nothing is lost (gateway.operation.backup.pinning); the copies
are SQLite files, also where the data lies in PostgreSQL. Keys are never in it unless asked for; the offline
keys never.

The copies lie in a private folder beside the target until the file is whole; then it appears under its name
in one step, and no name is ever overwritten. A backup that is killed leaves that folder, which the next one
removes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from gateway.consortium.home import saved_files
from gateway.identity.founding import write_private
from gateway.identity.keyring import hosted_here, operator_here, read_keys
from gateway.operation.backup.archive import (
    BackupError,
    Manifest,
    Progress,
    describe,
    outages,
    write_archive,
)
from gateway.operation.backup.noted import note_backup
from gateway.operation.backup.pinning import DATABASES, IN_USE, Schemas, pinned_databases, sizes
from gateway.operation.files import sync_folder
from gateway.settings import Settings
from gateway.store.snapshot import damage_of
from gateway.web.openapi import VERSION
from ledger.engine.embedded import open_view_only
from ledger.errors import Malformed
from ledger.genesis import Genesis, parse_genesis

STAGING = ".yaoshi-backup-"
MARGIN = 16 * 1024 * 1024


def make_backup(
    settings: Settings, target: Path, *, with_keys: bool, clock: Callable[[], int], progress: Progress
) -> Manifest:
    """Writes `target`, which must not exist. Raises BackupError; then there is no file of that name."""
    if target.exists() or target.is_symlink():
        raise BackupError(f"{target} exists already and was left alone; name another")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}")
    with outages("no backup was made"), _staging(target.parent) as staging:
        _require_room(settings, staging)
        manifest = copy_data(settings, staging, with_keys, clock, progress)
        draft = staging / "backup.tar"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write_archive(file, staging, manifest, progress)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(draft, target)
    _note(settings, manifest)
    return manifest


def stream_backup(
    settings: Settings, target: IO[bytes], *, with_keys: bool, clock: Callable[[], int], progress: Progress
) -> Manifest:
    """Writes to a program that encrypts or carries away; the copies lie beside the data meanwhile."""
    with outages("no backup was made"), _staging(settings.data) as staging:
        _require_room(settings, staging)
        manifest = copy_data(settings, staging, with_keys, clock, progress)
        write_archive(target, staging, manifest, progress)
        target.flush()
    _note(settings, manifest)
    return manifest


def _note(settings: Settings, manifest: Manifest) -> None:
    try:
        note_backup(settings, manifest.made_at, manifest.size, keys=manifest.keys)
    except OSError as error:
        raise BackupError(f"the backup is whole, but could not be noted ({error.strerror})") from None


def copy_data(
    settings: Settings,
    staging: Path,
    with_keys: bool,
    clock: Callable[[], int],
    progress: Progress,
    schemas: Schemas = IN_USE,
) -> Manifest:
    """Copies the data, which may be in use, into an empty folder, and describes it. Raises BackupError."""
    genesis = parse_genesis(settings.genesis_path.read_bytes())
    made_at = clock()
    with pinned_databases(settings, schemas, progress) as (ledger, database):
        ledger.copy(staging / "ledger.db", lambda done, total: progress("ledger.db", done, total))
        database.copy(staging / "gateway.db", lambda done, total: progress("gateway.db", done, total))
        schema = {
            "ledger": ledger.version("ledger_version"),
            "gateway": database.version("alembic_version"),
        }
    for name in DATABASES:
        damage = damage_of(staging / name, whole=False)
        if damage is not None:
            raise BackupError(f"{name} is damaged ({damage}): no backup was made; restore an earlier one")
    write_private(staging / "genesis.json", genesis.data)
    names = ["genesis.json", *DATABASES, *(_copy_keys(settings, staging) if with_keys else ())]
    ending = _ending(settings, staging / "ledger.db", genesis, made_at)
    files = describe(staging, names)
    return Manifest(**ending, made_at=made_at, release=VERSION, schema=schema, keys=with_keys, files=files)


def _ending(settings: Settings, ledger: Path, genesis: Genesis, now: int) -> dict[str, Any]:
    """Where the copied ledger ends, with a checkpoint when the key is at hand."""
    try:
        seed = read_keys(settings.keys_path).checkpoint_seed(operator_here(settings, genesis))
    except (OSError, LookupError, Malformed):
        seed = None
    with open_view_only(ledger, genesis.data, checkpoint_seed=seed, clock=lambda: now) as view:
        return {
            "ledger": genesis.id,
            "institutions": hosted_here(settings, genesis),
            "size": view.size,
            "root": view.root.hex(),
            "time": view.time,
            "checkpoint": view.checkpoint() if seed is not None else None,
        }


def _copy_keys(settings: Settings, staging: Path) -> list[str]:
    found = [
        *settings.keys_path.glob("*/*.key"),
        *settings.keys_waiting_path.glob("*/*.key"),
        *settings.session_secret_path.parent.glob("session.key"),
        *settings.data.glob("demo.json"),
        *saved_files(settings.node_path),
    ]
    names = [path.relative_to(settings.data).as_posix() for path in sorted(found)]
    for name in names:
        (staging / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(settings.data / name, staging / name)
    return names


def _require_room(settings: Settings, staging: Path) -> None:
    # Twice the larger database: its copy, and the same in the file. The node must not run out of disk for it.
    found = sizes(settings)
    needed = sum(found) + max(found) + MARGIN
    if staging.stat().st_dev == settings.data.stat().st_dev:
        needed += settings.disk_stop_bytes
    free = shutil.disk_usage(staging).free
    if free < needed:
        raise BackupError(
            f"{staging.parent} has {free >> 20} MiB free and the backup needs {needed >> 20} MiB: "
            "free some, or name a place on another disk"
        )


def _put_in_place(draft: Path, target: Path) -> None:
    """Gives the whole file its name; a file that got that name meanwhile is left alone."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise BackupError(f"{target} exists already and was left alone; name another") from None
    except OSError:
        # A file system without links (FAT on a stick): looking and naming are two steps there.
        if target.exists():
            raise BackupError(f"{target} exists already and was left alone; name another") from None
        os.rename(draft, target)
    sync_folder(target.parent)


@contextmanager
def _staging(parent: Path) -> Iterator[Path]:
    """A private folder beside the target, locked while we live; those of killed backups are removed."""
    _sweep(parent)
    staging, handle = _locked_folder(parent)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        os.close(handle)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
        handle = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if staging.exists():
            return staging, handle
        os.close(handle)  # another backup took it for a dead one before we had the lock


def _sweep(parent: Path) -> None:
    for left in parent.glob(f"{STAGING}*"):
        if left.is_symlink() or left.stat().st_uid != os.geteuid():
            continue
        handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
        except BlockingIOError:
            continue  # its backup is still at work
        finally:
            os.close(handle)
