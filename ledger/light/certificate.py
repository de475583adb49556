"""What the validators' signatures say about the log: that it had this size and this root.

A header holds the app hash after the block before it, and the app hash is a function of size and root alone
(`ledger.apphash`). Other sizes are reached by consistency proofs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.apphash import app_hash
from ledger.encoding import MAX_INTEGER, unb64u
from ledger.errors import Malformed
from ledger.light.chain import LightBlock, read_light_block
from ledger.merkle import HASH_BYTES, verify_consistency


@dataclass(frozen=True, slots=True)
class Certified:
    """A decided block, and size and root of the log that its header names."""

    block: LightBlock
    size: int
    root: bytes


def read_certified(value: object, chain: str) -> Certified:
    """A light block with the size and root that its header names.

    Raises Malformed(light-app-hash) and what `read_light_block` raises.
    """
    block = read_light_block(value, chain)
    if not isinstance(value, dict):
        raise Malformed("light-form", "an object")
    size, root = value.get("size"), value.get("root")
    if type(size) is not int or not 0 < size <= MAX_INTEGER or not isinstance(root, str):
        raise Malformed("light-form", "size and root of the log")
    found = Certified(block, size, unb64u(root, HASH_BYTES))
    if block.header.app_hash != app_hash(found.size, found.root):
        raise Malformed("light-app-hash", "the header names another size or root")
    return found


def check_carried(certified: Certified, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Whether another size of the same log is meant. Raises Malformed(light-consistency)."""
    older, newer = sorted([(certified.size, certified.root), (size, root)])
    if older[0] == newer[0]:
        same = older[1] == newer[1] and not proof
    else:
        same = verify_consistency(older[0], newer[0], proof, older[1], newer[1])
    if not same:
        raise Malformed("light-consistency", "not the log that the validators signed")
