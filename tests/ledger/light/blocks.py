"""Makes blocks of a chain of its own: headers and votes as a node says them, signed by throwaway keys."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.apphash import app_hash
from ledger.encoding import b64, b64u, unb64u
from ledger.engine.cometbft_genesis import chain_id
from ledger.genesis import Genesis, parse_genesis
from ledger.light.chain import LightBlock, read_light_block
from ledger.light.commit import read_commit, sign_bytes
from ledger.light.header import read_header
from ledger.light.validators import ValidatorSet, first_validators, validators_of
from ledger.signing import public_key, sign
from tests.ledger import world

MINUTE, DAY = 60_000, 86_400_000
ROOT = hashlib.sha256(b"root").digest()
NOTHING = {"hash": "", "parts": {"total": 0, "hash": ""}}


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()


def when(ms: int) -> str:
    """A time as the RPC writes it."""
    whole = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{ms % 1000:03d}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


@dataclass
class Chain:
    """A ledger among hospitals and the keys of its validators, by name."""

    genesis: Genesis
    names: dict[bytes, str]

    @property
    def id(self) -> str:
        return chain_id(self.genesis)

    @property
    def first(self) -> ValidatorSet:
        return first_validators(self.genesis)

    def with_validators(self, *names: str) -> ValidatorSet:
        """The set of these operators' validators."""
        keys = {name: public_key(world.seed(name)) for name in names}
        self.names.update({key: name for name, key in keys.items()})
        return validators_of(b64u(key) for key in keys.values())

    def document(
        self,
        height: int,
        ms: int,
        signers: ValidatorSet | None = None,
        following: ValidatorSet | None = None,
        silent: Sequence[int] = (),
        size: int = 1,
        root: bytes = ROOT,
        **header: Any,
    ) -> dict[str, Any]:
        """A light block as a gateway serves it; validators at the places in `silent` did not vote."""
        signers = signers or self.first
        named = {
            "version": {"block": "11", "app": "1"},
            "chain_id": self.id,
            "height": str(height),
            "time": when(ms),
            "last_block_id": NOTHING if height == 1 else _block_id(f"{height - 1}"),
            "last_commit_hash": _hex("last commit"),
            "data_hash": _hex("data"),
            "validators_hash": signers.hash.hex().upper(),
            "next_validators_hash": (following or signers).hash.hex().upper(),
            "consensus_hash": _hex("consensus"),
            "app_hash": app_hash(size, root).hex().upper(),
            "last_results_hash": _hex("results"),
            "evidence_hash": _hex("evidence"),
            "proposer_address": signers.members[0].address.hex().upper(),
            **header,
        }
        commit = self.votes(named, ms, signers, silent)
        return {
            "header": named,
            "commit": commit,
            "validators": [
                {
                    "pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64(one.key)},
                    "voting_power": str(one.power),
                }
                for one in signers.members
            ],
            "size": size,
            "root": b64u(root),
        }

    def votes(
        self,
        header: dict[str, Any],
        ms: int,
        signers: ValidatorSet,
        silent: Sequence[int] = (),
        round_: int = 0,
    ) -> dict[str, Any]:
        """The commit of a header."""
        found = read_header(header).hash.hex().upper()
        block = {"hash": found, "parts": {"total": 1, "hash": _hex("parts")}}
        signatures: list[dict[str, Any]] = [
            {
                "block_id_flag": 2,
                "validator_address": one.address.hex().upper(),
                "timestamp": when(ms + 1 + place),
                "signature": b64(bytes(64)),
            }
            for place, one in enumerate(signers.members)
        ]
        document = {"height": header["height"], "round": round_, "block_id": block, "signatures": signatures}
        commit = read_commit(document)
        for place, one in enumerate(signers.members):
            vote = commit.votes[place]
            assert vote is not None
            message = sign_bytes(header["chain_id"], commit, vote)
            signatures[place]["signature"] = b64(sign(world.seed(self.names[one.key]), message))
        for place in silent:
            signatures[place] = {
                "block_id_flag": 1,
                "validator_address": "",
                "timestamp": "0001-01-01T00:00:00Z",
                "signature": None,
            }
        return document

    def block(self, height: int, ms: int, *signers: Any, **members: Any) -> LightBlock:
        """A block that was read back."""
        return read_light_block(self.document(height, ms, *signers, **members), self.id)


def a_chain(operators: int = 4) -> Chain:
    """A ledger of this many hospitals."""
    genesis = parse_genesis(world.genesis_bytes(operators, validators=True))
    names = {unb64u(key): f"{operator}/validator" for key, operator in genesis.validators.items()}
    return Chain(genesis, names)


def _block_id(text: str) -> dict[str, Any]:
    return {"hash": _hex(text), "parts": {"total": 1, "hash": _hex(f"parts {text}")}}
