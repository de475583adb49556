"""A block's header: what the validators sign, by its hash, and what the ledger's state is bound to.

CometBFT 0.38, spec/core/data_structures.md: the header's hash is the RFC 6962 root over its 14 fields, each
as Protocol Buffers. `app_hash` is the state after the block before this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.light.fields import (
    ADDRESS_BYTES,
    HASH_BYTES,
    Moment,
    form,
    read_hex,
    read_number,
    read_object,
    read_small,
    read_text,
    read_time,
)
from ledger.merkle import leaf_hash, root_of
from ledger.protobuf import bytes_field, int_field, message_field

LONGEST_CHAIN_ID = 50
_HASHES = (
    "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash", "app_hash",
    "last_results_hash", "evidence_hash",
)  # fmt: skip
_MEMBERS = {"version", "chain_id", "height", "time", "last_block_id", "proposer_address", *_HASHES}


@dataclass(frozen=True, slots=True)
class BlockId:
    """The hash of a header and of the parts in which its block travels; empty before the first block."""

    hash: bytes
    total: int
    parts: bytes

    def encode(self) -> bytes:
        """BlockID and CanonicalBlockID, which have the same bytes: the parts stand there even when empty."""
        parts = int_field(1, self.total) + bytes_field(2, self.parts)
        return bytes_field(1, self.hash) + message_field(2, parts)


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose form was checked; `hash` is computed from its fields."""

    chain_id: str
    height: int
    time: Moment
    last: BlockId
    validators_hash: bytes
    next_validators_hash: bytes
    app_hash: bytes
    hash: bytes


def read_block_id(value: object) -> BlockId:
    """A block id. Raises Malformed(light-form)."""
    doc = read_object(value, {"hash", "parts"})
    parts = read_object(doc["parts"], {"total", "hash"})
    found = BlockId(
        read_hex(doc["hash"], HASH_BYTES, empty=True),
        read_small(parts["total"]),
        read_hex(parts["hash"], HASH_BYTES, empty=True),
    )
    whole, none = bool(found.hash and found.parts and found.total), found == BlockId(b"", 0, b"")
    form(whole or none, "a block id is whole, or empty")
    return found


def read_header(value: object) -> Header:
    """A header as the RPC gives it. Raises Malformed(light-form)."""
    doc = read_object(value, _MEMBERS)
    version = read_object(doc["version"], {"block"}, {"app"})
    height, time = read_number(doc["height"]), read_time(doc["time"])
    form(height > 0, "heights begin with 1")
    chain_id, last = read_text(doc["chain_id"], LONGEST_CHAIN_ID), read_block_id(doc["last_block_id"])
    hashes = {name: _read_hash(doc, name) for name in _HASHES}
    leaves = [
        int_field(1, read_number(version["block"])) + int_field(2, read_number(version.get("app", "0"))),
        bytes_field(1, chain_id.encode("ascii")),
        int_field(1, height),
        time.encode(),
        last.encode(),
        *(bytes_field(1, hashes[name]) for name in _HASHES),
        bytes_field(1, read_hex(doc["proposer_address"], ADDRESS_BYTES)),
    ]
    return Header(
        chain_id,
        height,
        time,
        last,
        hashes["validators_hash"],
        hashes["next_validators_hash"],
        hashes["app_hash"],
        root_of([leaf_hash(leaf) for leaf in leaves]),
    )


def _read_hash(doc: dict[str, Any], name: str) -> bytes:
    # Only the first block of a chain may lack the state that went before it.
    return read_hex(doc[name], HASH_BYTES, empty=name in ("app_hash", "last_commit_hash"))
