"""Hands transactions to the CometBFT node beside us, by JSON-RPC over loopback.

That a transaction was accepted says only that the node passes it on: what became of it is read from our own
store. One thread uses a `Node`.
"""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast
from urllib.parse import urlsplit

_TIMEOUT_S = 10.0
_LARGEST_ANSWER = 4 * 1024 * 1024
_SIGNED = 2  # BlockIDFlagCommit
_PAGE = 100  # as many validators as the node names at once
# What CometBFT 0.38 says; of any other error it is not known whether the transaction goes on.
_IN_CACHE, _FULL = "tx already exists in cache", "mempool is full"


class Handed(Enum):
    """What the node said, when it is not the code with which its application refused."""

    ACCEPTED = "accepted"
    KNOWN = "known to the node already"
    FULL = "the node takes no more just now"
    UNKNOWN = "no answer"


@dataclass(frozen=True, slots=True)
class Measures:
    """What tells whether the chain moves, and this node with it.

    `newest` is when the newest block was made (ms UTC). `peers`: {node id: the height at which that node says
    that it is}. `mempool`: transactions that wait. `unsigned`: validators who did not sign the newest block.
    `awaited`: since when this node takes part in the next block (ms UTC), after a start later than `newest`.
    """

    height: int
    newest: int
    catching_up: bool
    peers: dict[str, int]
    mempool: int
    validators: int
    unsigned: int
    awaited: int = 0


class Node:
    """The node's RPC at an address like http://127.0.0.1:26657."""

    def __init__(self, address: str, timeout_s: float = _TIMEOUT_S) -> None:
        parts = urlsplit(address)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("the RPC has no authentication: it is reached over loopback only")
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout_s)

    def hand_in(self, tx: bytes) -> Handed | int:
        """Give the node a transaction: what it said, or the application's code when that is not 0."""
        try:
            answer = self._call("broadcast_tx_sync", {"tx": base64.b64encode(tx).decode("ascii")})
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return Handed.UNKNOWN
        if "error" in answer:
            return _of_error(str(answer["error"]))
        code = answer.get("result", {}).get("code", 0)
        return code if isinstance(code, int) and code else Handed.ACCEPTED

    def measures(self) -> Measures | None:
        """How the chain and this node move; None when it does not answer."""
        try:
            status, peers, waiting = (
                cast("dict[str, Any]", self._call(method, {})["result"])
                for method in ("status", "dump_consensus_state", "num_unconfirmed_txs")
            )
            signed = _signed_header(self._call("commit", {}))
            votes = [] if signed is None else signed["commit"]["signatures"]
            info = status["sync_info"]
            return Measures(
                int(info["latest_block_height"]),
                _milliseconds(info["latest_block_time"]),
                bool(info["catching_up"]),
                dict(_height_of(one) for one in peers["peers"]),
                int(waiting["total"]),
                len(votes),
                sum(one["block_id_flag"] != _SIGNED for one in votes),
                _milliseconds(peers["round_state"]["start_time"]),
            )
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
            self.close()
            return None

    def light_block(self, height: int | None) -> dict[str, Any] | None:
        """Header, votes and validators of a block as the node says them, of the newest for None.

        None when the node has no such block. Raises OSError or ValueError when it does not answer as it must.
        """
        try:
            asked = {} if height is None else {"height": str(height)}
            signed = _signed_header(self._call("commit", asked))
            if signed is None:
                return None
            header, commit = signed["header"], signed["commit"]
            validators = self._validators(str(header["height"]), len(commit["signatures"]))
            return {"header": header, "commit": commit, "validators": validators}
        except (http.client.HTTPException, LookupError, TypeError, ValueError) as fault:
            self.close()
            raise ValueError("not an answer of this node") from fault
        except OSError:
            self.close()
            raise

    def _validators(self, height: str, count: int) -> list[Any]:
        found: list[Any] = []
        for page in range(1, -(-count // _PAGE) + 1):
            asked = {"height": height, "page": str(page), "per_page": str(_PAGE)}
            result = cast("dict[str, Any]", self._call("validators", asked)["result"])
            found += [
                {"pub_key": one["pub_key"], "voting_power": one["voting_power"]}
                for one in result["validators"]
            ]
        return found

    def close(self) -> None:
        """Hang up; the next call connects anew."""
        self._connection.close()

    def _post(self, body: str) -> bytes:
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return self._connection.getresponse().read(_LARGEST_ANSWER)

    def _call(self, method: str, params: dict[str, str]) -> dict[str, dict[str, object]]:
        body = json.dumps({"jsonrpc": "2.0", "id": 0, "method": method, "params": params})
        kept = self._connection.sock is not None
        try:
            data = self._post(body)
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if not kept:
                raise
            data = self._post(body)  # the node hangs up after 10 s of silence, which is no outage
        answer = json.loads(data)
        if not isinstance(answer, dict):
            raise ValueError("an answer is an object")
        return answer


def _milliseconds(said: object) -> int:
    return round(datetime.fromisoformat(str(said)).timestamp() * 1000)


def _height_of(peer: dict[str, Any]) -> tuple[str, int]:
    return str(peer["node_address"]).partition("@")[0], int(peer["peer_state"]["round_state"]["height"])


def _signed_header(answer: dict[str, Any]) -> dict[str, Any] | None:
    """Header and commit; None where the node has none.

    Of a block between its proposal and its commit the result is null, or its members are.
    """
    if "error" in answer or answer["result"] is None:
        return None
    signed = cast("dict[str, Any]", answer["result"]["signed_header"])
    return None if signed["header"] is None or signed["commit"] is None else signed


def _of_error(text: str) -> Handed:
    if _IN_CACHE in text:
        return Handed.KNOWN
    return Handed.FULL if _FULL in text else Handed.UNKNOWN
