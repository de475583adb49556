"""What is read of a node that has no block yet, or none to show."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.engine.light_source import WAITING, LightSource
from ledger.engine.rpc import Node
from ledger.errors import Unavailable
from ledger.store.database import Store
from tests.ledger.engine.network import WITHIN_S, wait_until

BEGUN = {
    "status": {"sync_info": {
        "latest_block_height": "0", "latest_block_time": "1970-01-01T00:00:00Z", "catching_up": False,
    }},
    "dump_consensus_state": {"peers": [], "round_state": {"start_time": "1970-01-01T00:00:00Z"}},
    "num_unconfirmed_txs": {"total": "0"},
}  # fmt: skip
NO_BLOCK = {
    "the result is null": {"result": None},
    "the header is null": {"result": {"signed_header": {"header": None, "commit": None}}},
    "the commit is null": {"result": {"signed_header": {"header": {"height": "1"}, "commit": None}}},
    "it is an error": {"error": {"code": -32603, "message": "Internal error", "data": "height 1 ..."}},
}


@pytest.fixture(params=NO_BLOCK.values(), ids=list(NO_BLOCK))
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    """One that answers everything but what it is asked of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["method"]
            answer = request.param if asked == "commit" else {"result": BEGUN[asked]}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with closing(Node(f"http://127.0.0.1:{server.server_port}")) as made:
            yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_node_before_its_first_block_has_no_votes_and_is_no_outage(node: Node) -> None:
    found = node.measures()
    assert found is not None
    assert (found.height, found.validators, found.unsigned) == (0, 0, 0)


def test_a_block_that_is_not_there_is_none(node: Node) -> None:
    assert node.light_block(1) is None


def test_strangers_who_ask_for_blocks_hold_few_threads(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db", write=True)
    with socket.create_server(("127.0.0.1", 0)) as hangs, ThreadPoolExecutor(WAITING) as pool:
        source = LightSource(Node(f"http://127.0.0.1:{hangs.getsockname()[1]}"), store)
        asked = [pool.submit(source.block, height) for height in range(1, WAITING + 1)]
        plug, _ = hangs.accept()  # the first is at the node, which says nothing
        wait_until(lambda: source._waiting._value == 0, "the others wait for their turn")
        for height in (None, 1, 10**6):
            with pytest.raises(Unavailable) as busy:
                source.block(height)
            assert busy.value.code == "ledger-busy"
        hangs.close()
        plug.close()
        for one in asked:
            assert isinstance(one.exception(WITHIN_S), Unavailable)
        with pytest.raises(Unavailable) as silent:
            source.block(None)
        assert silent.value.code == "node-silent"
        source.close()
    store.close()
