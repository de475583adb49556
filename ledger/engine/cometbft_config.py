"""The settings of a CometBFT node, the same at every member but for addresses: config.toml as text.

Only what differs from CometBFT 0.38's own defaults is written. Keys and state files are CometBFT's
(`cometbft init validator`); chain genesis: `ledger.engine.cometbft_genesis`. Why each value is what it is:
docs/decisions/0011.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

Value = str | int | bool
Table = dict[str, Value]
# name: (machines in one region, machines far apart)
_TIMES = {
    "timeout_propose": ("500ms", "2s"),
    "timeout_propose_delta": ("200ms", "500ms"),
    "timeout_prevote": ("100ms", "500ms"),
    "timeout_prevote_delta": ("50ms", "250ms"),
    "timeout_precommit": ("100ms", "500ms"),
    "timeout_precommit_delta": ("50ms", "250ms"),
    "timeout_commit": ("10ms", "200ms"),
    "peer_gossip_sleep_duration": ("5ms", "10ms"),
    "peer_query_maj23_sleep_duration": ("250ms", "2s"),
}


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One node: its name, where it listens, and its `peers` as id@host:port. Ports stay below 32768.

    A port of the range for outgoing connections may be taken by one of them while the node is down.
    """

    name: str
    application: Path
    rpc_port: int
    listen: str
    peers: tuple[str, ...] = ()
    far_apart: bool = False
    shared_machine: bool = False
    metrics_port: int | None = None


def config_toml(node: NodeSettings) -> str:
    """config.toml of this node."""
    tables: dict[str, Table] = {
        "": {
            "proxy_app": f"unix://{node.application}",
            "abci": "socket",
            "moniker": node.name,
            "log_level": "error",
            "filter_peers": True,
        },
        "rpc": {"laddr": f"tcp://127.0.0.1:{node.rpc_port}", "max_request_batch_size": 0},
        "p2p": _p2p(node),
        "mempool": {
            "recheck": False,
            "broadcast": True,
            "size": 20_000,
            "max_txs_bytes": 67_108_864,
            "cache_size": 100_000,
            "max_tx_bytes": 65_536,
        },
        "consensus": {
            **{name: far if node.far_apart else near for name, (near, far) in _TIMES.items()},
            "skip_timeout_commit": not node.far_apart,
            "create_empty_blocks": False,
            "create_empty_blocks_interval": "60s",
            "double_sign_check_height": 0,
        },
        "storage": {"discard_abci_responses": True},
        "tx_index": {"indexer": "null"},
    }
    if node.metrics_port is not None:
        listen = f"127.0.0.1:{node.metrics_port}"
        tables["instrumentation"] = {"prometheus": True, "prometheus_listen_addr": listen}
    return "\n".join(_table(name, values) for name, values in tables.items())


def _p2p(node: NodeSettings) -> Table:
    rate = 20_480_000 if node.far_apart else 102_400_000
    return {
        "laddr": f"tcp://{node.listen}",
        "persistent_peers": ",".join(node.peers),
        # Strangers who knock take no member's place.
        "unconditional_peer_ids": ",".join(peer.partition("@")[0] for peer in node.peers),
        "persistent_peers_max_dial_period": "10s" if node.far_apart else "5s",
        "flush_throttle_timeout": "10ms" if node.far_apart else "2ms",
        "send_rate": rate,
        "recv_rate": rate,
        "pex": False,
        "addr_book_strict": False,
        "allow_duplicate_ip": node.shared_machine,
    }


def _table(name: str, values: Table) -> str:
    # JSON's texts, whole numbers and booleans are TOML's, too.
    lines = [f"[{name}]"] if name else []
    return "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in values.items())]) + "\n"
