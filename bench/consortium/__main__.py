"""`python -m bench.consortium [PART…]`: singles, batches, latency, revocation, idle; all without a name.

Prints a table and writes var/bench/consortium.json. Exit status 1 when a goal is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from bench.__main__ import FOLDER
from bench.consortium import parts
from bench.consortium.chain import network
from bench.consortium.gateways import gateways
from bench.consortium.town import NODES, Town
from bench.figures import Figure, save, table

PARTS: dict[str, Callable[..., list[Figure]]] = {
    "singles": parts.singles,
    "batches": parts.batches,
    "latency": parts.latency,
    "revocation": parts.revocation,
}
IDLE = "idle"
WITH_PEER = {"singles", "batches", "latency"}
# What one gateway may have under way: for the largest part, batches.
IN_FLIGHT = 2 * parts.BATCH * parts.BATCHES_AT_ONCE


def main(names: list[str]) -> int:
    """Run the named parts, or all."""
    known = [*PARTS, IDLE]
    if unknown := set(names) - set(known):
        print(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    began, wanted = time.monotonic(), names or known

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {what}", file=sys.stderr, flush=True)

    figures = _measured(wanted, say)
    save(FOLDER, "consortium", figures)
    print(table(figures))
    return 0 if all(figure.holds for figure in figures) else 1


def _measured(wanted: list[str], say: parts.Say) -> list[Figure]:
    figures: list[Figure] = []
    size = _entry_size()
    peers = parts.Peers([], size, [], say)
    if WITH_PEER & set(wanted):
        say(f"kvstore: {NODES} nodes begin")
        with network(None) as validators:
            peers = parts.Peers(validators, size, wanted, say)
        figures += peers.cost
    town = Town()
    say(f"ours: {NODES} nodes, applications and gateways begin")
    with network(town) as validators, gateways(validators, town, IN_FLIGHT) as found:
        parts.open_links(found, town)
        for name in wanted:
            say(name)
            if name == IDLE:
                figures += parts.idle(validators, found, say)
            else:
                figures += PARTS[name](found, town, peers)
    return figures


def _entry_size() -> int:
    """Bytes of a grant; the kvstore's transactions have as many."""
    town = Town()
    town.id = "0" * 64
    town.openings(0)
    return len(town.grants(0, 1)[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
