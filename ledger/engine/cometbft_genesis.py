"""The chain's own genesis, which names the ledger that it orders: chain id, application state, validators.

Not to be taken for the ledger's genesis (`ledger.genesis`), which people review and sign. This one follows
from it, byte for byte the same at every member.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ledger.encoding import canonical_json, unb64u
from ledger.genesis import Genesis

POWER = 10
# Some 480 entries that were signed one by one, measured at 0.4 s; larger blocks took more than a second.
BLOCK_BYTES = 262_144
_EVIDENCE_BYTES = 65_536


def chain_id(genesis: Genesis) -> str:
    """The chain's name, of at most 50 characters."""
    return f"yaoshi-{genesis.id[:32]}"


def app_state(genesis: Genesis) -> dict[str, str]:
    """What the chain tells its application about the ledger."""
    return {"ledger": genesis.id}


def chain_genesis(genesis: Genesis, validators: Mapping[str, str], block_bytes: int = BLOCK_BYTES) -> bytes:
    """genesis.json for CometBFT, the same bytes everywhere; `validators` maps keys in base64url to names."""
    document: dict[str, Any] = {
        "genesis_time": datetime.fromtimestamp(genesis.at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "chain_id": chain_id(genesis),
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": str(block_bytes), "max_gas": "-1"},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": "172800000000000",
                "max_bytes": str(_EVIDENCE_BYTES),
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "0"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [_validator(key, validators[key]) for key in sorted(validators)],
        "app_hash": "",
        "app_state": app_state(genesis),
    }
    return canonical_json(document)


def _validator(key: str, name: str) -> dict[str, Any]:
    value = base64.b64encode(unb64u(key, 32)).decode("ascii")
    return {
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": value},
        "power": str(POWER),
        "name": name,
    }
