"""Gateways of a real consortium's sides that speak HTTP, and what the wallet's own modules say of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import compose, create_app
from gateway.cli.opening import now_ms
from ledger.encoding import b64u
from tests.gateway.conftest import OriginClient
from tests.gateway.consortium.network import Side
from tests.gateway.peers.town import Node
from tests.gateway.wallet.phone import Phone
from tests.static.node import answer

SCRIPT = Path(__file__).with_name("newcomer.mjs")


@contextmanager
def office(side: Side) -> Iterator[Node]:
    """The gateway of a side, at the address that its institution has in the registry."""
    room = {"disk_warn_bytes": 0, "disk_warn_percent": 0, "disk_stop_bytes": 0}
    gw = compose(replace(side.settings, **room), now_ms, os.urandom)
    app = create_app(gateway=gw)
    app.test_client_class = OriginClient
    with gw.ledger.view() as view:
        [institution] = [one.id for one in view.institutions() if one.code == side.code]
    node = Node(gw, app, institution, socket.create_server(("127.0.0.1", side.web)))
    node.start()
    try:
        yield node
    finally:
        node.stop()
        gw.bus.close()
        gw.close()


def as_a_wallet_sees(node: Node, pinned: bytes, links: list[Phone], receipts: list[dict[str, Any]]) -> Any:
    """What the wallet's modules find with this pinned genesis and what the node's wallet origin serves.

    {named: codes in the genesis, links: [{alarms, kinds}], receipts: [alarms], trusted: size of the log that
    more than two thirds of the validators signed}.
    """
    registry = node.client().get("/registry.json", base_url=node.gw.settings.wallet_origin)
    told = {
        "genesis": b64u(pinned),
        "registry": registry.json,
        "links": [
            {
                "subject": one.link,
                "institution": one.institution,
                "kid": one.kid,
                "token": one.sign_in().json["token"],
            }
            for one in links
        ],
        "receipts": receipts,
    }
    return answer(SCRIPT, told)
