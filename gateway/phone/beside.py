"""Runs beside the node: the second port and the page that explains. Ends when the node's process ends.

A process of its own, because the server forks and must not have threads of ours. Started by gateway.cli.phone
with its settings as one JSON line; the end of its standard input is the end of the node.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.phone.guide import Places, create_guide
from gateway.phone.relay import relay


class _Quiet(WSGIRequestHandler):
    """A page that strangers on the network may ask for writes no log."""

    def log(self, _kind: str, _message: str, *_arguments: object) -> None:
        """Nothing."""


async def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C ends the node, and that ends us
    loop = asyncio.get_running_loop()
    line = await loop.run_in_executor(None, sys.stdin.readline)
    told = json.loads(line)
    places = Places(**told["places"])
    guide = create_guide(places, Path(told["authority"]).read_bytes())
    server = make_server(told["address"], told["guide_port"], guide, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, name="guide", daemon=True).start()
    relayed = await relay(told["address"], told["console_port"], told["wallet_port"])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    relayed.close()


if __name__ == "__main__":
    asyncio.run(main())
