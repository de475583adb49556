"""What is measured of a consortium, each part on a network of its own kind; goals are those of the product.

`kvstore` gives the peers' values; all other parts run before our application.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bench.consortium import kvstore
from bench.consortium.chain import Validator
from bench.consortium.cost import cpu_seconds, each_costs, spending
from bench.consortium.gateways import Done, Gateway, together
from bench.consortium.town import NODES, Town
from bench.figures import Figure, at_least, below, beside, noted, percentile

SINGLES, SINGLES_AT_ONCE = 6_000, 250
BATCHES, BATCH, BATCHES_AT_ONCE = 200, 50, 10
KVSTORE_TXS = 10_000
QUIET, LATENCY_S = 20.0, 12.0
FAST, FAST_S = 3_000, 8.0
REVOCATIONS, BACKGROUND = 40, 50.0
HEARTBEAT_S, SETTLE_S = 62.0, 5.0
Say = Callable[[str], None]


class Peers:
    """What the kvstore did in this run: transactions a second, their cost, and seconds to the commit."""

    def __init__(self, validators: Sequence[Validator], size: int, parts: Sequence[str], say: Say) -> None:
        self.per_second, self.taken = 0.0, [0.0]
        self.cost: list[Figure] = []
        if {"singles", "batches"} & set(parts):
            say("kvstore: throughput")
            kvstore.throughput(validators, KVSTORE_TXS // 10, size)
            self.per_second, spent = spending(
                {"nodes": [process.pid for one in validators for process in one.processes]},
                lambda: kvstore.throughput(validators, KVSTORE_TXS, size),
            )
            self.cost = each_costs("a kvstore's transaction", spent, KVSTORE_TXS)
        if "latency" in parts:
            say("kvstore: latency")
            self.taken = kvstore.latencies(validators, int(QUIET * LATENCY_S), size, QUIET)


def singles(found: Sequence[Gateway], town: Town, peers: Peers) -> list[Figure]:
    """Patients' grants, signed one by one, gathered into envelopes."""
    share = SINGLES // NODES
    work = [([[text] for text in town.grants(number, share)], SINGLES_AT_ONCE) for number in range(NODES)]
    rate, costs = _throughput(found, work, "a grant")
    return [
        at_least(
            "grants signed one by one", rate, "entries/s", "kvstore, tx/s", peers.per_second, factor=0.5
        ),
        *costs,
    ]


def batches(found: Sequence[Gateway], town: Town, peers: Peers) -> list[Figure]:
    """Looks of hospitals, signed together."""
    share = BATCHES // NODES
    work = [(town.batches(number, share, BATCH), BATCHES_AT_ONCE) for number in range(NODES)]
    rate, costs = _throughput(found, work, "a look in a batch")
    name = f"looks in signed batches of {BATCH}"
    return [at_least(name, rate, "entries/s", "kvstore, tx/s", peers.per_second, factor=1.3), *costs]


def latency(found: Sequence[Gateway], town: Town, peers: Peers) -> list[Figure]:
    """From handing in to the own commit, with little and with much to do."""
    share, each = int(QUIET * LATENCY_S) // NODES, QUIET / NODES
    work = [
        ([[text] for text in town.grants(number, share)], each, number / QUIET) for number in range(NODES)
    ]
    quiet = _taken(together(found, "paced", work))
    each = FAST / BATCH / NODES
    work = [
        (town.batches(number, int(each * FAST_S), BATCH), each, number / (FAST / BATCH))
        for number in range(NODES)
    ]
    fast = _taken(together(found, "paced", work))
    theirs = [seconds * 1000 for seconds in peers.taken]
    figures = [
        beside(
            f"commit at {QUIET:g}/s, {name}",
            percentile(quiet, percent),
            "ms",
            "kvstore",
            percentile(theirs, percent),
            at_most=most,
        )
        for name, percent, most in (("p50", 50, 1.5), ("p99", 99, 2.0))
    ]
    return [*figures, below(f"commit at {FAST}/s in batches, p99", percentile(fast, 99), "ms", 500)]


def revocation(found: Sequence[Gateway], town: Town, _peers: Peers) -> list[Figure]:
    """From the tap at one node to the first refusal at the last of the others, beside other work."""
    giver, others = found[0], found[1:]
    grants = []
    for text in town.grants(0, REVOCATIONS):
        giver.begin("one", text)
        grants.append(giver.finish()[1])
    together(others, "watch", [(grants,)] * len(others))
    share = int(BACKGROUND / len(others) * REVOCATIONS / 4)
    for number, one in enumerate(others, 1):
        one.begin(
            "paced", [[text] for text in town.looks(number, share)], BACKGROUND / len(others), number / 60
        )
    tapped = []
    for place, grant in enumerate(grants):
        giver.begin("one", town.revocation(0, place, grant))
        tapped.append(giver.finish()[0])
        time.sleep(0.1)
    _taken([one.finish() for one in others])
    heard = together(others, "refusals", [(grants,)] * len(others))
    taken = [(max(at) - began) * 1000 for began, *at in zip(tapped, *heard, strict=True)]
    return [
        below(f"revoked to refused everywhere at {BACKGROUND:g}/s, {name}", value, "ms", 1_000)
        for name, value in (("p50", percentile(taken, 50)), ("p99", percentile(taken, 99)))
    ]


def idle(validators: Sequence[Validator], found: Sequence[Gateway], say: Say) -> list[Figure]:
    """With nothing to do: blocks, and the busiest node's processes (its gateway's engine too)."""
    time.sleep(SETTLE_S)
    pids = [
        [*(each.pid for each in one.processes), gateway.process.pid or 0]
        for one, gateway in zip(validators, found, strict=True)
    ]
    before, spent = _height(validators), [cpu_seconds(each) for each in pids]
    began = time.monotonic()
    for left in range(int(HEARTBEAT_S), 0, -10):
        say(f"idle: {left} s more")
        time.sleep(min(10.0, began + HEARTBEAT_S - time.monotonic()))
    seconds = time.monotonic() - began
    busiest = max(cpu_seconds(each) - was for each, was in zip(pids, spent, strict=True)) / seconds
    blocks = _height(validators) - before
    return [
        below(f"idle: blocks in {HEARTBEAT_S:g} s", blocks, "blocks", 3),
        below("idle: the busiest node", busiest * 100, "% of one core", 5),
    ]


def open_links(found: Sequence[Gateway], town: Town) -> None:
    """What all parts need first."""
    work = [([[text] for text in town.openings(number)], 64) for number in range(NODES)]
    _taken(together(found, "closed", work))


def _processes(found: Sequence[Gateway]) -> dict[str, list[int]]:
    """Process ids by kind; beside each validator the application was started first."""
    applications, nodes = zip(*([each.pid for each in one.validator.processes] for one in found), strict=True)
    gateways = [one.process.pid or 0 for one in found]
    return {"nodes": list(nodes), "applications": list(applications), "gateways": gateways}


def _throughput(
    found: Sequence[Gateway], work: Sequence[tuple[Sequence[Sequence[str]], int]], what: str
) -> tuple[float, list[Figure]]:
    """Entries a second when all gateways hand in what is theirs, and what each entry cost."""
    validators = [one.validator for one in found]
    before = _height(validators)
    done, spent = spending(_processes(found), lambda: together(found, "closed", work))
    count, seconds = len(_taken(done)), max(one.ended for one in done) - min(one.began for one in done)
    blocks = noted(f"{what}: in a block with", count / (_height(validators) - before), "entries")
    return count / seconds, [*each_costs(what, spent, count), blocks]


def _taken(all_done: Sequence[Done]) -> list[float]:
    """Milliseconds of all entries; none may be refused or unanswered."""
    failed = [code for one in all_done for code in one.failed]
    if failed:
        raise RuntimeError(f"{len(failed)} entries were not recorded: {sorted(set(failed))}")
    return [seconds * 1000 for one in all_done for seconds in one.taken]


def _height(validators: Sequence[Validator]) -> int:
    found = validators[0].measures()
    if found is None:
        raise RuntimeError("a node does not answer")
    return found.height
