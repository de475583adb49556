"""Puts a backup in place: unpacked and checked whole beside the data first, then exchanged by renaming.
What lies in PostgreSQL is filled and renamed there in the same way (gateway.operation.backup.exchanging).

Instead of a backup's file it takes a data folder that an earlier restore kept aside: that is copied, with the
same checks, and stays where it is. What lay in place is kept aside, never deleted. Before the exchange the
mark (gateway.operation.watermark) is raised to the longest state that anybody here knows of: the mark itself,
the ledger that is replaced, a checkpoint that somebody kept. An older backup is put back all the same, since
it may be all there is; but the node then starts without writing, and says so, until a person decides.

Killed at any moment it leaves the old data or the new in place, or between the two renames none; then nothing
is founded there (gateway.identity.founding), and the same command typed again finishes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from gateway.consortium.home import is_running, saved_files
from gateway.identity.founding import write_private
from gateway.operation.addresses import consoles, fit
from gateway.operation.backup.archive import (
    BackupError,
    Manifest,
    Progress,
    outages,
    read_archive,
)
from gateway.operation.backup.checking import check_data
from gateway.operation.backup.exchanging import exchanged, is_occupied, kept_with
from gateway.operation.backup.making import copy_data
from gateway.operation.backup.node import move_node, prepare_node
from gateway.operation.backup.noted import note_backup
from gateway.operation.backup.pinning import IN_USE
from gateway.operation.files import sync_folder
from gateway.operation.watermark import (
    Mark,
    MarkUnreadableError,
    expected_mark,
    is_behind,
    read_mark,
    write_mark,
)
from gateway.settings import Settings
from ledger.engine.embedded import open_view_only
from ledger.errors import LedgerError, Unavailable
from ledger.genesis import Genesis
from ledger.store.place import Postgres
from ledger.store.sqlite import Lock

UNCHANGED = "nothing was restored and nothing was changed"
# What the data that is replaced hands on when the backup does not hold it.
HANDED_ON = ("keys", "keys-waiting", "secrets", "offline", "demo.json", "last-backup.json")


@dataclass(frozen=True)
class Restored:
    """`aside` and, in PostgreSQL, `schemas` are where the earlier data lies; `known` is the mark, when the
    backup is behind it.

    `node`: whether a consensus node is in place; None where the ledger is one operator's.
    """

    manifest: Manifest
    aside: Path | None
    schemas: tuple[str, ...]
    known: Mark | None
    node: bool | None


@dataclass(frozen=True)
class Wishes:
    """How to restore: replace data that is there, take keys from a folder, compare with a checkpoint note.

    `signed_up_to`: the height up to which this member's validator may have signed, where its memory is lost.
    """

    replace: bool = False
    keys: Path | None = None
    expected: str | None = None
    signed_up_to: int | None = None


def restore(
    settings: Settings,
    source: IO[bytes] | Path,
    wishes: Wishes,
    *,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
    progress: Progress,
) -> Restored:
    """Puts the backup, or a folder kept aside, in place. Raises BackupError; then everything is as it was."""
    draft = settings.data.with_name(f"{settings.data.name}.restoring")
    with outages(UNCHANGED), _alone(settings), _stopped(settings):
        occupied = settings.data.exists() and any(settings.data.iterdir())
        if occupied and not wishes.replace:
            raise BackupError(f"{settings.data} holds data, which was left alone; --replace keeps it aside")
        if is_occupied(settings.postgres) and not wishes.replace:
            raise BackupError(
                "the database holds a node's data, which was left alone; --replace keeps it aside under "
                "other names; or name an empty database in YAOSHI_POSTGRES"
            )
        with _draft(draft):
            manifest, genesis = _filled(settings, source, draft, clock, progress)
            _require_same_addresses(settings, genesis, draft / "ledger.db")
            if wishes.keys is not None:
                _bring_keys(wishes.keys, draft)
            if isinstance(source, Path):
                _hand_on(source, draft)
            _hand_on(settings.data, draft)
            if not (draft / "secrets" / "session.key").exists():
                write_private(draft / "secrets" / "session.key", entropy(32).hex().encode())
            if not isinstance(source, Path):
                there = replace(settings, data=draft)
                note_backup(there, manifest.made_at, manifest.size, keys=manifest.keys)
            known = _known_beyond(settings, draft, genesis, wishes.expected, clock())
            shared = bool(genesis.validators)
            home = prepare_node(settings, draft, wishes.signed_up_to) if shared else None
            if known is not None:
                write_mark(settings.mark_path, known)
            elif shared:
                write_mark(settings.mark_path, Mark(genesis.id, manifest.size, manifest.root, clock()))
            moment = _free_moment(settings.data, clock())
            with _in_database(settings, draft, moment, progress) as schemas:
                aside = _exchange(settings.data, draft, moment, occupied=occupied)
            if home is not None:
                move_node(home, settings, aside)
    return Restored(manifest, aside, schemas, known, settings.node_path.is_dir() if shared else None)


def check_backup(
    settings: Settings, source: IO[bytes] | Path, clock: Callable[[], int], progress: Progress
) -> Manifest:
    """Unpacks and checks as for a restore, and leaves nothing behind. Raises BackupError."""
    draft = settings.data.with_name(f"{settings.data.name}.checking")
    with outages("the backup could not be checked"), _alone(settings), _draft(draft):
        manifest, _ = _filled(settings, source, draft, clock, progress)
    return manifest


def _filled(
    settings: Settings,
    source: IO[bytes] | Path,
    draft: Path,
    clock: Callable[[], int],
    progress: Progress,
) -> tuple[Manifest, Genesis]:
    """The backup's or the folder's files in the draft, with everything checked."""
    if not isinstance(source, Path):
        manifest = read_archive(source, draft, progress)
    elif source.resolve() == settings.data.resolve():
        raise BackupError(f"{source} is the data that is in place")
    elif not (source / "genesis.json").is_file():
        raise BackupError(f"{source} is not a folder that a restore kept aside: it holds no genesis.json")
    else:
        there = replace(settings, data=source)
        if there.database_path.is_file():
            there = replace(there, postgres=None)  # from before the data lay in PostgreSQL, or without it
        schemas = IN_USE if there.postgres is None else kept_with(source.resolve())
        manifest = copy_data(there, draft, False, clock, progress, schemas)
    return manifest, check_data(draft, manifest, progress)


@contextmanager
def _draft(folder: Path) -> Iterator[None]:
    """A private folder, made anew, which is gone at the end unless it got another name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_same_addresses(settings: Settings, genesis: Genesis, ledger: Path) -> None:
    if not fit(settings, genesis, ledger):
        console = " / ".join(consoles(genesis, ledger))
        raise BackupError(
            f"{UNCHANGED}: the backup is of the node whose console is at {console} and whose wallet is at "
            f"{genesis.wallet}; set YAOSHI_CONSOLE and YAOSHI_WALLET to these"
        )
    try:
        present = settings.genesis_path.read_bytes()
    except FileNotFoundError:
        return
    if present != genesis.data:
        raise BackupError(f"{UNCHANGED}: {settings.data} holds another ledger; move it away by hand")


def _bring_keys(keys: Path, draft: Path) -> None:
    folder = keys / "keys" if (keys / "keys").is_dir() else keys
    found = sorted(folder.glob("*/*.key"))
    if not found:
        raise BackupError(f"{UNCHANGED}: {keys} holds no keys")
    for path in found:
        write_private(draft / "keys" / path.parent.name / path.name, path.read_bytes())
    for path in saved_files(folder.parent / "node"):
        write_private(draft / path.relative_to(folder.parent), path.read_bytes())


def _hand_on(data: Path, draft: Path) -> None:
    for name in HANDED_ON:
        if (draft / name).exists() or not (data / name).exists():
            continue
        if (data / name).is_symlink():  # to an encrypted volume, which its content does not leave
            (draft / name).symlink_to((data / name).resolve())
        elif (data / name).is_dir():
            shutil.copytree(data / name, draft / name)
        else:
            shutil.copy2(data / name, draft / name)


def _known_beyond(
    settings: Settings, draft: Path, genesis: Genesis, expected: str | None, now: int
) -> Mark | None:
    """The longest state that is known here and that the backup does not have; None when it has all."""
    try:
        mark = read_mark(settings.mark_path)
    except MarkUnreadableError as error:
        raise BackupError(f"{UNCHANGED}: {error}; move it away by hand") from None
    losses = mark.losses if mark is not None and mark.ledger == genesis.id else ()
    states = [] if mark is None else [mark]
    for place in {
        settings.ledger_place,
        settings.ledger_path,
    }:  # data that moves to PostgreSQL lies in a file yet
        try:
            with open_view_only(place, genesis.data) as view:
                states.append(Mark(genesis.id, view.size, view.root.hex(), now))
        except LedgerError:
            continue  # no ledger there, or one that cannot be read: it tells nothing
    if expected is not None:
        promised = expected_mark(genesis, expected, now)
        if promised is None:
            raise BackupError(f"{UNCHANGED}: the expected checkpoint is not of this ledger's operator")
        states.append(promised)
    with open_view_only(draft / "ledger.db", genesis.data) as view:
        beyond = [state for state in states if is_behind(view, state)]
    longest = max(beyond, key=lambda state: state.size, default=None)
    return None if longest is None else replace(longest, losses=losses)


def _exchange(data: Path, draft: Path, moment: str, *, occupied: bool) -> Path | None:
    aside = None
    if occupied:
        aside = data.with_name(f"{data.name}.before-{moment}")
        os.rename(data, aside)
    elif data.exists():
        data.rmdir()
    os.rename(draft, data)
    sync_folder(data.parent)
    return aside


def _in_database(
    settings: Settings, draft: Path, moment: str, progress: Progress
) -> AbstractContextManager[tuple[str, ...]]:
    if settings.postgres is None:
        return nullcontext(())
    return exchanged(settings.postgres, draft, moment, progress)


def _free_moment(data: Path, now: int) -> str:
    moment = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    free, number = moment, 1
    while data.with_name(f"{data.name}.before-{free}").exists():
        number += 1
        free = f"{moment}-{number}"
    return free


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One restore at a time."""
    settings.data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.data.with_name(f"{settings.data.name}.restore.lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gone = os.fstat(handle).st_nlink == 0  # the one before us ended between our two steps
        except BlockingIOError:
            gone = True
        if gone:
            raise BackupError(f"{UNCHANGED}: another restore is at work here") from None
        yield
        path.unlink()
    finally:
        os.close(handle)


@contextmanager
def _stopped(settings: Settings) -> Iterator[None]:
    """No node runs on the data, nor can one start before we are done."""
    with ExitStack() as held:
        try:
            if settings.postgres is not None:
                held.enter_context(_unwritten(settings.postgres))
            if settings.genesis_path.exists():
                # A gateway of a consortium does not write the ledger: it holds its own database.
                for path in (settings.ledger_path, settings.database_path):
                    held.callback(Lock(path).release)
                if is_running(settings.node_path):
                    raise Unavailable("ledger-locked", "the consensus node")
        except Unavailable as error:
            if error.code != "ledger-locked":
                raise
            raise BackupError(f"{UNCHANGED}: the node is running on {settings.data}; stop it first") from None
        yield


def _unwritten(place: Postgres) -> AbstractContextManager[None]:
    from ledger.store.postgres import unwritten

    return unwritten(place)
