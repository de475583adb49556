"""Names fresh keys, and finishes a rotation that was cut off: the ledger says which key is in force.

Fresh seeds wait in keys-waiting/ from before the entry is submitted until after it is committed. Whatever
waits there is put in place when the registry names it, and thrown away when it does not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gateway.identity.founding import public_keys
from gateway.identity.keyring import KeyRing, read_keys, write_key
from gateway.settings import Settings
from ledger.encoding import b64u
from ledger.possession import prove_possession
from ledger.rules import PROVEN, step_at

if TYPE_CHECKING:
    from ledger.view import View


def named_keys(view: View, subject: str, seeds: dict[str, bytes]) -> dict[str, Any]:
    """What names these fresh keys {use: 32 bytes} of a subject: `keys`, and `proofs` where the rules ask."""
    named: dict[str, Any] = {"keys": public_keys(seeds)}
    if step_at(view.get, view.size).version >= PROVEN:
        proofs = {use: prove_possession(seed, view.genesis.id, subject, use) for use, seed in seeds.items()}
        named["proofs"] = proofs
    return named


def keep_waiting(settings: Settings, institution: str, seeds: dict[str, bytes]) -> None:
    """Puts fresh seeds {use: 32 bytes} on disk before the ledger hears of them."""
    for use, seed in seeds.items():
        write_key(settings.keys_waiting_path, institution, use, seed)


def settle_waiting(settings: Settings, view: View) -> KeyRing:
    """Puts in place what the registry names, removes the rest; answers the keys as they are then."""
    waiting = sorted(settings.keys_waiting_path.glob("*/*.key"))
    ring = read_keys(settings.keys_waiting_path)
    for path in waiting:
        subject, use = path.parent.name, path.stem
        institution = view.institution(subject)
        if institution is not None and institution.keys.get(use) == b64u(ring.public(subject, use)):
            os.replace(path, settings.keys_path / subject / path.name)
        else:
            path.unlink()
    return read_keys(settings.keys_path)
