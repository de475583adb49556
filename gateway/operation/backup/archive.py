"""The file of a backup: a tar (POSIX.1-2001) whose first member says what the others are, with their hashes.

Members: manifest.json, genesis.json, ledger.db, gateway.db; with keys, what lies under keys/, keys-waiting/
and secrets/, demo.json, and of a consortium's member what makes its node itself (gateway.consortium.home),
but never what that remembers to have signed. Reading trusts nothing: only plain files with these names, each
once, as long and with the hash that the manifest says; no name leads out of the folder. Written and read as
one stream, so that it can go through a program that encrypts.
"""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from sqlalchemy.exc import SQLAlchemyError

from gateway.store.schema import LaterTablesError
from ledger.encoding import is_hex
from ledger.errors import LedgerError

NAME = re.compile(
    r"genesis\.json|ledger\.db|gateway\.db|demo\.json|secrets/session\.key"
    r"|(keys|keys-waiting)/[0-9a-f]{32}/[a-z]{1,20}\.key"
    r"|node/config/(config\.toml|(genesis|members|node_key|priv_validator_key)\.json)"
)
NEEDED = frozenset({"genesis.json", "ledger.db", "gateway.db"})
VERSION = 1
MANIFEST = "manifest.json"
MANIFEST_LONGEST = 4 * 1024 * 1024
CHUNK = 1 << 20
Progress = Callable[[str, int, int], None]


class BackupError(Exception):
    """A backup that cannot be made, read or put back; the message says why and what was left alone."""


@contextmanager
def outages(done: str) -> Iterator[None]:
    """What the disk, a database, a key file or the ledger refuses becomes one plain message after `done`."""
    try:
        yield
    except LedgerError as error:
        raise BackupError(f"{done}: the ledger could not be read ({error})") from None
    except sqlite3.Error as error:
        raise BackupError(f"{done}: a database could not be read ({error})") from None
    except LaterTablesError:
        raise BackupError(f"{done}: the data were written by a later release of this program") from None
    except SQLAlchemyError as error:
        raise BackupError(f"{done}: PostgreSQL: {_said(error)}") from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise BackupError(f"{done}: {place}{error.strerror or error}") from None


def _said(error: SQLAlchemyError) -> str:
    """The server's own words without what it quotes of a row, or the kind of error."""
    found = getattr(getattr(error, "orig", error), "diag", None)
    return getattr(found, "message_primary", None) or type(getattr(error, "orig", error)).__name__


@dataclass(frozen=True)
class Member:
    """One file: its bytes, its SHA-256 in hex, and when it was last changed (ms)."""

    name: str
    bytes: int
    sha256: str
    changed: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `size`, `root` (hex) and `time` (ms) are where its ledger ends; `made_at` is ms.

    `institutions` are those whose node made it; `schema` names the migration at which each database stands.
    """

    ledger: str
    institutions: tuple[str, ...]
    size: int
    root: str
    time: int
    checkpoint: str | None
    made_at: int
    release: str
    schema: dict[str, str | None]
    keys: bool
    files: tuple[Member, ...]

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(one.bytes for one in self.files)


def describe(folder: Path, names: Iterable[str]) -> tuple[Member, ...]:
    """The members for files of a folder, hashed."""
    return tuple(_describe(folder / name, name) for name in names)


def write_archive(target: IO[bytes], folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Write manifest and files; each file is removed once it is in, so that a copy lies on disk once."""
    text = json.dumps({"yaoshi": "backup", "version": VERSION, **asdict(manifest)}, indent=1).encode()
    done = 0
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT, bufsize=CHUNK) as tar:
        tar.addfile(_entry(MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
        for one in manifest.files:
            with (folder / one.name).open("rb") as file:
                tar.addfile(_entry(one.name, one.bytes, one.changed), file)
            (folder / one.name).unlink()
            done += one.bytes
            progress("writing", done, manifest.total)


def read_archive(source: IO[bytes], folder: Path, progress: Progress) -> Manifest:
    """Unpack into an empty, private folder. Raises BackupError at the first thing that differs."""
    try:
        with tarfile.open(fileobj=source, mode="r|", bufsize=CHUNK) as tar:
            manifest = _read_manifest(tar)
            wanted = {one.name: one for one in manifest.files}
            done = 0
            while (entry := tar.next()) is not None:
                one = wanted.pop(entry.name, None)
                if one is None or not entry.isreg():
                    raise BackupError("the backup holds something that its manifest does not name")
                _unpack(tar, entry, one, folder / one.name)
                done += one.bytes
                progress("reading", done, manifest.total)
    except tarfile.TarError:
        raise BackupError("this is not a backup of this program, or it is cut off") from None
    if wanted:
        raise BackupError(f"the backup is cut off: {min(wanted)} is missing")
    return manifest


def _unpack(tar: tarfile.TarFile, entry: tarfile.TarInfo, one: Member, path: Path) -> None:
    source, digest = tar.extractfile(entry), sha256()
    if source is None or entry.size != one.bytes:
        raise BackupError(f"{one.name} in the backup has another length than its manifest says")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != one.sha256:
        raise BackupError(f"{one.name} in the backup is damaged: its hash is another")
    os.utime(path, (one.changed / 1000, one.changed / 1000))


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    source = tar.extractfile(entry) if entry is not None and entry.name == MANIFEST else None
    if entry is None or source is None or entry.size > MANIFEST_LONGEST:
        raise BackupError("this is not a backup of this program")
    try:
        found = json.loads(source.read())
        kind, version = found.pop("yaoshi"), found.pop("version")
        files = tuple(Member(**each) for each in found.pop("files"))
        manifest = Manifest(**{**found, "institutions": tuple(found["institutions"])}, files=files)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BackupError("the backup's manifest cannot be read") from None
    if (kind, version) != ("backup", VERSION):
        raise BackupError("the backup was made by another release of this program, which can read it")
    if not _well_formed(manifest):
        raise BackupError("the backup's manifest cannot be read")
    return manifest


def _well_formed(manifest: Manifest) -> bool:
    names = [one.name for one in manifest.files]
    numbers: list[Any] = [manifest.size, manifest.time, manifest.made_at]
    numbers += [value for one in manifest.files for value in (one.bytes, one.changed)]
    return (
        all(type(value) is int and 0 <= value < 2**53 for value in numbers)
        and all(isinstance(name, str) and NAME.fullmatch(name) for name in names)
        and len(set(names)) == len(names)
        and set(names) >= NEEDED
        and all(is_hex(value, 64) for value in (manifest.ledger, manifest.root))
        and all(is_hex(value, 32) for value in manifest.institutions)
        and all(is_hex(one.sha256, 64) for one in manifest.files)
        and isinstance(manifest.keys, bool)
        and manifest.size > 0
    )


def _describe(path: Path, name: str) -> Member:
    with path.open("rb") as file:
        digest = _hash(file)
    found = path.stat()
    return Member(name, found.st_size, digest, found.st_mtime_ns // 1_000_000)


def _hash(file: IO[bytes]) -> str:
    digest = sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _entry(name: str, size: int, changed: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, changed // 1000, 0o600
    return entry
