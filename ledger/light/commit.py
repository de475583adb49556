"""A commit: the votes by which validators decided a block, and how much power stands behind them.

CometBFT 0.38, spec/core/data_structures.md: each vote for the block is an Ed25519 signature over the
length-prefixed CanonicalVote{type 2, height, round, block_id, timestamp, chain_id}. Votes for nothing and
missing votes do not count; a vote for the block that does not verify refuses the whole commit.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Malformed
from ledger.light.fields import (
    ADDRESS_BYTES,
    Moment,
    form,
    read_base64,
    read_hex,
    read_number,
    read_object,
    read_small,
    read_time,
)
from ledger.light.header import BlockId, read_block_id
from ledger.light.validators import MOST_VALIDATORS, ValidatorSet
from ledger.protobuf import bytes_field, fixed_field, int_field, message_field, write_varint
from ledger.signing import SIGNATURE_BYTES, verify

_ABSENT, _FOR_BLOCK, _FOR_NOTHING = 1, 2, 3
_PRECOMMIT = 2


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote for the block: who, when, and the signature."""

    address: bytes
    time: Moment
    signature: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """The votes on a block, one place for each validator; None where none was for the block."""

    height: int
    round: int
    block: BlockId
    votes: tuple[Vote | None, ...]


def read_commit(value: object) -> Commit:
    """A commit as the RPC gives it. Raises Malformed(light-form)."""
    doc = read_object(value, {"height", "round", "block_id", "signatures"})
    listed = doc["signatures"]
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_VALIDATORS:
        raise Malformed("light-form", "a list of votes")
    block = read_block_id(doc["block_id"])
    form(bool(block.hash), "a commit names its block")
    votes = tuple(_read_vote(one) for one in listed)
    return Commit(read_number(doc["height"]), read_small(doc["round"]), block, votes)


def sign_bytes(chain_id: str, commit: Commit, vote: Vote) -> bytes:
    """What a vote for the commit's block signs."""
    canonical = (
        int_field(1, _PRECOMMIT)
        + fixed_field(2, commit.height)
        + fixed_field(3, commit.round)
        + message_field(4, commit.block.encode())
        + message_field(5, vote.time.encode())
        + bytes_field(6, chain_id.encode("ascii"))
    )
    return write_varint(len(canonical)) + canonical


def check_decided(chain_id: str, commit: Commit, validators: ValidatorSet) -> None:
    """More than two thirds of the power of this very set voted for the block.

    Raises Malformed(light-form, light-signature, light-power).
    """
    form(len(commit.votes) == len(validators.members), "one place for each validator")
    power = 0
    for vote, one in zip(commit.votes, validators.members, strict=True):
        if vote is None:
            continue
        form(vote.address == one.address, "votes stand in the order of the validators")
        if not verify(one.key, sign_bytes(chain_id, commit, vote), vote.signature):
            raise Malformed("light-signature", "a validator's signature does not verify")
        power += one.power
    if 3 * power <= 2 * validators.power:
        raise Malformed("light-power", "not more than two thirds of the validators signed")


def power_behind(commit: Commit, validators: ValidatorSet, trusted: ValidatorSet) -> int:
    """How much of the power of a trusted set voted; to be asked only about a commit whose votes verify."""
    powers = {one.key: one.power for one in trusted.members}
    voted = [one.key for vote, one in zip(commit.votes, validators.members, strict=True) if vote]
    return sum(powers.get(key, 0) for key in voted)


def _read_vote(value: object) -> Vote | None:
    doc = read_object(value, {"block_id_flag", "validator_address", "timestamp", "signature"})
    flag = read_small(doc["block_id_flag"])
    form(flag in (_ABSENT, _FOR_BLOCK, _FOR_NOTHING), "a vote is for the block, for nothing, or absent")
    if flag != _FOR_BLOCK:
        return None
    address = read_hex(doc["validator_address"], ADDRESS_BYTES)
    return Vote(address, read_time(doc["timestamp"]), read_base64(doc["signature"], SIGNATURE_BYTES))
