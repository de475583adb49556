"""The same load on CometBFT's own kvstore: transactions of an entry's size, many a request, to all nodes.

`broadcast_tx_async` in requests of 50, so many transactions on their way at most; what was committed is read
from the blocks' headers. For latency `broadcast_tx_commit`, which answers with the commit.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from bench.consortium.chain import Validator

AT_ONCE, IN_REQUEST = 4_000, 50
_LOOK_S = 0.02
_BLOCKS_AT_ONCE = 20


class Rpc:
    """One connection to a node's RPC."""

    def __init__(self, validator: Validator) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", validator.rpc_port, timeout=60)

    def call(self, body: Any) -> Any:
        """The answer to a call, or to a list of calls."""
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())

    def close(self) -> None:
        self._connection.close()


def transactions(count: int, size: int) -> list[str]:
    """So many different `key=value` of this many bytes, base64."""
    tail = os.urandom(size).hex()
    return [base64.b64encode(f"{os.urandom(12).hex()}={tail}"[:size].encode()).decode() for _ in range(count)]


def throughput(validators: Sequence[Validator], count: int, size: int) -> float:
    """Transactions a second, from the first that was sent to the last that was committed."""
    txs = transactions(count, size)
    nodes, counting = [Rpc(one) for one in validators], Rpc(validators[0])
    height, committed, sent = _height(counting), 0, 0
    began = time.monotonic()
    while committed < count:
        while sent < count and sent - committed < AT_ONCE:
            some = txs[sent : sent + IN_REQUEST]
            calls = [_call("broadcast_tx_async", tx=tx) for tx in some]
            nodes[sent // IN_REQUEST % len(nodes)].call(calls)
            sent += len(some)
            height, committed = _count(counting, height, committed)
        time.sleep(_LOOK_S)
        height, committed = _count(counting, height, committed)
        if time.monotonic() - began > 120:
            raise TimeoutError("the kvstore did not commit everything")
    taken = time.monotonic() - began
    for one in (*nodes, counting):
        one.close()
    return count / taken


def latencies(validators: Sequence[Validator], count: int, size: int, per_second: float) -> list[float]:
    """Seconds from sending to the commit of each, at this rate over all nodes."""
    txs, taken, threads = transactions(count, size), [], []
    began = time.monotonic()

    def send(number: int, tx: str) -> None:
        rpc = Rpc(validators[number % len(validators)])
        at = time.monotonic()
        answer = rpc.call(_call("broadcast_tx_commit", tx=tx))
        taken.append(time.monotonic() - at)
        rpc.close()
        if answer["result"]["tx_result"]["code"] != 0:
            raise RuntimeError("the kvstore refused")

    for number, tx in enumerate(txs):
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        threads.append(threading.Thread(target=send, args=(number, tx)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    if len(taken) != count:
        raise RuntimeError("a transaction was not committed")
    return taken


def _count(rpc: Rpc, height: int, committed: int) -> tuple[int, int]:
    """The newest height, and how many transactions were committed by then."""
    newest = _height(rpc)
    while height < newest:
        last = min(newest, height + _BLOCKS_AT_ONCE)
        asked = _call("blockchain", minHeight=str(height + 1), maxHeight=str(last))
        committed += sum(int(one["num_txs"]) for one in rpc.call(asked)["result"]["block_metas"])
        height = last
    return height, committed


def _height(rpc: Rpc) -> int:
    return int(rpc.call(_call("status"))["result"]["sync_info"]["latest_block_height"])


def _call(method: str, **params: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
