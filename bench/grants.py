"""How soon the door knows: a revocation refuses the next pull, and a new grant opens it, each below 50 ms.

At the API, below HTTP: from the phone's signed entry to the answer of the custodian's next release.
"""

from __future__ import annotations

import time

from bench.figures import Figure, below, percentile
from bench.world import USER, World, give, node, sign_on_phone
from gateway.disclosure.release import Ask, Denied, Released, release
from gateway.records.searching.query import Query, parse_query

ROUNDS = 60
LIMIT_MS = 50.0


def measure() -> list[Figure]:
    """Give, release, revoke, be refused: the times of many rounds."""
    visible: list[float] = []
    refused: list[float] = []
    with node(laboratory=100) as world:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            grant = give(world)
            if not isinstance(release(world.gw, _ask(world, grant)), Released):
                raise RuntimeError("a new grant opened nothing")
            visible.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            sign_on_phone(world, "grant.revoke", grant=grant)
            if not isinstance(release(world.gw, _ask(world, grant)), Denied):
                raise RuntimeError("a revoked grant opened something")
            refused.append((time.perf_counter() - started) * 1000)
    return [
        below("revoke to refused, p50", percentile(refused, 50), "ms", LIMIT_MS),
        below("revoke to refused, p99", percentile(refused, 99), "ms", LIMIT_MS),
        below("grant to released, p50", percentile(visible, 50), "ms", LIMIT_MS),
        below("grant to released, p99", percentile(visible, 99), "ms", LIMIT_MS),
    ]


def _ask(world: World, grant: str) -> Ask:
    query = parse_query("Observation", [("patient", world.patient_id), ("_count", "100")], "strict")
    if not isinstance(query, Query):
        raise TypeError(query.code)
    return Ask(world.custodian, grant, world.grantee, USER, "TREAT", "bench", query)
