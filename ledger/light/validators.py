"""Who may sign blocks, with how much power each, and the hash by which a header names them all.

CometBFT 0.38: the hash is the RFC 6962 root over SimpleValidator{pub_key, voting_power}, by falling power,
then by rising address (the first 20 bytes of the key's SHA-256). The first set follows from the ledger's
genesis; a later one from the operators' votes on the ledger: each active operator has one validator of equal
power.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.encoding import unb64u
from ledger.engine.cometbft_genesis import POWER
from ledger.errors import Malformed
from ledger.genesis import Genesis
from ledger.light.fields import (
    ADDRESS_BYTES,
    form,
    read_base64,
    read_number,
    read_object,
)
from ledger.merkle import leaf_hash, root_of
from ledger.protobuf import bytes_field, int_field, message_field
from ledger.signing import KEY_BYTES, is_admissible

MOST_VALIDATORS = 300
MOST_POWER = 1 << 40
_KEY_TYPE = "tendermint/PubKeyEd25519"


@dataclass(frozen=True, slots=True)
class Validator:
    """A public key of 32 bytes, and its share in decisions."""

    key: bytes
    power: int

    @property
    def address(self) -> bytes:
        """How votes name it, 20 bytes."""
        return hashlib.sha256(self.key).digest()[:ADDRESS_BYTES]


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """Validators in the order of the chain; no key stands twice."""

    members: tuple[Validator, ...]

    @property
    def power(self) -> int:
        """The power of all together."""
        return sum(one.power for one in self.members)

    @property
    def hash(self) -> bytes:
        """The hash by which headers name this set, 32 bytes."""
        return root_of([leaf_hash(_simple(one)) for one in self.members])


def read_validators(value: object) -> ValidatorSet:
    """The list that the RPC gives; addresses are computed, priorities have no meaning here.

    Raises Malformed(light-form, key-invalid).
    """
    if not isinstance(value, list) or not 0 < len(value) <= MOST_VALIDATORS:
        raise Malformed("light-form", f"a list of 1 to {MOST_VALIDATORS} validators")
    members = tuple(_read_validator(one) for one in value)
    form(len({one.key for one in members}) == len(members), "a validator stands twice")
    return ValidatorSet(members)


def validators_of(keys: Iterable[str]) -> ValidatorSet:
    """The set of these consensus keys (base64url), each with the power of one operator."""
    members = [Validator(unb64u(key, KEY_BYTES), POWER) for key in keys]
    return ValidatorSet(tuple(sorted(members, key=lambda one: one.address)))


def first_validators(genesis: Genesis) -> ValidatorSet:
    """Who signs the first block. Raises Malformed(light-none) where one operator writes the ledger alone."""
    if not genesis.validators:
        raise Malformed("light-none", "the genesis names no validators")
    return validators_of(genesis.validators)


def _read_validator(value: object) -> Validator:
    doc = read_object(value, {"pub_key", "voting_power"}, {"address", "proposer_priority"})
    key = read_object(doc["pub_key"], {"type", "value"})
    form(key["type"] == _KEY_TYPE, "an Ed25519 key")
    found = Validator(read_base64(key["value"], KEY_BYTES), read_number(doc["voting_power"]))
    form(0 < found.power <= MOST_POWER, "a power")
    if not is_admissible(found.key):
        raise Malformed("key-invalid", "not an admissible Ed25519 public key")
    return found


def _simple(one: Validator) -> bytes:
    return message_field(1, bytes_field(1, one.key)) + int_field(2, one.power)
