"""Holds the institutions' working keys and signs with them; a seed never leaves this module.

One file a key (32 bytes, base64url, mode 0600): keys/<subject id>/<use>.key. The offline keys lie in another
folder and are loaded only by the command line (`offline_keys`), never by a running node.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.settings import Settings
from ledger.compact import ENTRY_TYP
from ledger.encoding import b64u, unb64u
from ledger.genesis import Genesis
from ledger.signing import public_key, sign_batch, signing_input, signing_key, thumbprint


class KeyMissingError(LookupError):
    """This node holds no such key."""


class KeyRing:
    """Keys by (subject id, use); uses are desk, release, review, peer, checkpoint, vote, offline."""

    def __init__(self, seeds: Mapping[tuple[str, str], bytes]) -> None:
        self._seeds = dict(seeds)
        self._signing = {name: signing_key(seed) for name, seed in self._seeds.items()}

    def sign(self, institution: str, use: str, typ: str, payload: dict[str, Any]) -> str:
        """A compact JWS of `payload` by the institution's key of this use."""
        key = self._signing.get((institution, use))
        if key is None:
            raise KeyMissingError(f"no {use} key here")
        return key.sign_compact(typ, payload)

    def sign_entries(self, institution: str, use: str, payloads: Sequence[dict[str, Any]]) -> list[str]:
        """Entries of these payloads: one by itself, several (up to 256) as one signed batch."""
        if len(payloads) == 1:
            return [self.sign(institution, use, ENTRY_TYP, payloads[0])]
        kid = thumbprint(self.public(institution, use))
        inputs = [signing_input(kid, ENTRY_TYP, payload) for payload in payloads]
        return sign_batch(self._seed(institution, use), inputs)

    def public(self, institution: str, use: str) -> bytes:
        """The 32 bytes of the public key."""
        return public_key(self._seed(institution, use))

    def hosts(self, institution: str) -> bool:
        """Whether this node acts for the institution."""
        return (institution, "release") in self._seeds

    def checkpoint_seed(self, operator: str) -> bytes:
        """The ledger engine signs its own notes with it."""
        return self._seed(operator, "checkpoint")

    def __repr__(self) -> str:
        return f"KeyRing({len(self._seeds)} keys)"

    def _seed(self, subject: str, use: str) -> bytes:
        seed = self._seeds.get((subject, use))
        if seed is None:
            raise KeyMissingError(f"no {use} key here")
        return seed


def read_keys(folder: Path) -> KeyRing:
    """The keys under `folder`; a file that others may read stops the start."""
    seeds = {}
    for path in sorted(folder.glob("*/*.key")):
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path} may be read by others: chmod 600 it")
        seeds[(path.parent.name, path.stem)] = unb64u(path.read_text("ascii").strip())
    return KeyRing(seeds)


def hosted_here(settings: Settings, genesis: Genesis) -> tuple[str, ...]:
    """Ids of the institutions that the node acts for, told by the names of its key files alone."""
    first = [one["id"] for one in genesis.institutions]
    here = sorted(path.parent.name for path in settings.keys_path.glob("*/release.key"))
    return (*(one for one in first if one in here), *(one for one in here if one not in first))


def operator_here(settings: Settings, genesis: Genesis) -> str:
    """Id of the operator that this node belongs to, told by the names of its key files; else the first."""
    first = [str(one["id"]) for one in genesis.operators]
    here = [path.parent.name for path in sorted(settings.keys_path.glob("*/checkpoint.key"))]
    return next((one for one in first if one in here), (*here, *first)[0])


def write_key(folder: Path, subject: str, use: str, seed: bytes) -> Path:
    """Stores one key for its owner alone; an existing key is never overwritten in place."""
    place = folder / subject
    for part in (folder, place):  # mkdir's mode holds for the last folder only
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / f"{use}.key"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(b64u(seed) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return path
