"""Founds a ledger: fresh keys, the signed genesis, secrets, all in one new folder that appears at once.

Everything is written beside its place and moved there in one rename, so a crash leaves either nothing or a
whole node. Folders 0700, files 0600; the offline keys lie in a folder of their own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.identity.keyring import write_key
from gateway.settings import Settings
from ledger.encoding import b64u
from ledger.genesis import INSTITUTION_USES, OPERATOR_USES, build_genesis, sign_genesis
from ledger.signing import public_key

OFFLINE_USES = ("offline", "vote")  # no running node needs them in this release


@dataclass(frozen=True)
class Founder:
    """An institution at the beginning."""

    code: str
    type: str
    chinese: str
    english: str


DEMONSTRATION = (
    Founder("WX", "hospital", "望溪市中心医院", "Wangxi Central Hospital"),
    Founder("WT", "clinic", "梧桐里社区卫生服务中心", "Wutongli Community Health Centre"),
    Founder("QH", "examination-centre", "青禾体检中心", "Qinghe Health Check Centre"),
)


class FoundingError(RuntimeError):
    """The folder holds part of a node; nothing was overwritten."""


def found(
    settings: Settings,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
    founders: tuple[Founder, ...] = DEMONSTRATION,
    limits: dict[str, int] | None = None,
    unfinished: bool = False,
) -> None:
    """Makes settings.data with genesis, keys and secrets; refuses when anything is there already.

    `unfinished` leaves a sign that more is to be filled in (settings.unfinished_path).
    """
    require_vacant(settings)
    draft = settings.data.with_name(settings.data.name + ".founding")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    _write(draft, settings, clock, entropy, founders, limits)
    if unfinished:
        write_private(draft / settings.unfinished_path.name, b"")
    if settings.data.exists():
        settings.data.rmdir()
    os.rename(draft, settings.data)


def require_vacant(settings: Settings) -> None:
    """Raises FoundingError where a ledger is founded already, or where something else lies in its place."""
    if settings.genesis_path.exists():
        raise FoundingError(f"A ledger is founded in {settings.data} already. Nothing was changed.")
    if settings.data.exists() and any(settings.data.iterdir()):
        raise FoundingError(f"{settings.data} is not empty and holds no genesis.json: move it away first")
    _refuse_beside_a_restore(settings)


def write_private(path: Path, data: bytes) -> None:
    """A file for its owner alone, on disk before we go on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _refuse_beside_a_restore(settings: Settings) -> None:
    # Between its two renames a restore has no data in place: a new ledger there would look like all is well.
    parent, name = settings.data.parent, settings.data.name
    signs = (f"{name}.before-", f"{name}.restoring")
    left = [path for path in parent.glob("*") if path.name.startswith(signs)]
    if left:
        raise FoundingError(
            f"A restore was cut off: {left[0]} is there and {settings.data} is not. Type the restore again; "
            f"or, to found a new ledger, move away whatever is named {name}.before-… and {name}.restoring"
        )


def _write(
    draft: Path,
    settings: Settings,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
    founders: tuple[Founder, ...],
    limits: dict[str, int] | None,
) -> None:
    keys = KeyMaker(draft, entropy)
    operator = entropy(16).hex()
    operators = [{"id": operator, "name": "Yaoshi", "keys": public_keys(keys.make(operator, OPERATOR_USES))}]
    institutions: list[dict[str, Any]] = []
    for one in founders:
        subject = entropy(16).hex()
        institutions.append(
            {
                "id": subject,
                "code": one.code,
                "type": one.type,
                "operator": operator,
                "name": {"zh-CN": one.chinese, "en": one.english},
                "base": f"{settings.console_origin}/i/{subject}",
                "keys": public_keys(keys.make(subject, INSTITUTION_USES)),
            }
        )
    document = build_genesis(
        name="钥匙 Yaoshi",
        origin=settings.ledger_origin,
        wallet=settings.wallet_origin,
        at=clock(),
        operators=operators,
        institutions=institutions,
        limits=limits,
    )
    write_private(draft / "secrets" / "session.key", entropy(32).hex().encode())
    write_private(draft / "genesis.json", sign_genesis(document, keys.seeds))


class KeyMaker:
    """Makes keys and stores them below `draft`; keeps the seeds until the genesis is signed."""

    def __init__(self, draft: Path, entropy: Callable[[int], bytes]) -> None:
        self._draft, self._entropy = draft, entropy
        self.seeds: list[bytes] = []

    def make(self, subject: str, uses: tuple[str, ...]) -> dict[str, bytes]:
        """Fresh keys of a subject: their seeds by use."""
        made = {}
        for use in uses:
            seed = self._entropy(32)
            self.seeds.append(seed)
            write_key(self._draft / ("offline" if use in OFFLINE_USES else "keys"), subject, use, seed)
            made[use] = seed
        return made


def public_keys(seeds: dict[str, bytes]) -> dict[str, str]:
    """The public keys of seeds, base64url by use."""
    return {use: b64u(public_key(seed)) for use, seed in seeds.items()}
