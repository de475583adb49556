"""One member's application, as `flask consortium application` runs it but for who may be met."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.contracts import CONTRACTS
from ledger.engine.abci.server import serve_application
from ledger.engine.startup import settle_memory
from ledger.genesis import parse_genesis
from ledger.store.database import Store


def main(folder: Path) -> None:
    """Serve the ledger in the folder until the process is ended."""
    genesis = parse_genesis((folder / "genesis.json").read_bytes())
    store = Store(folder / "ledger.db", write=True)
    settle_memory()
    serve_application(store, genesis, CONTRACTS, folder / "run" / "abci.sock", lambda _node: True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
