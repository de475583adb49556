"""What an entry costs in computing, by kind of process: whoever shares two cores shares this.

User and system time of proc(5). It counts the same whatever else the machine does meanwhile, so it can be
compared between runs when entries a second cannot. A node is CometBFT's process, an application ours beside
it, a gateway the engine with its load in the bench's own process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bench.figures import Figure, noted

SETTLE_S = 1.0  # the others hear of the last block, too
Pids = Mapping[str, Sequence[int]]
T = TypeVar("T")


def cpu_seconds(pids: Sequence[int]) -> float:
    """What these processes have spent by now."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def spending(pids: Pids, work: Callable[[], T]) -> tuple[T, dict[str, float]]:
    """The work's result, and the seconds that each kind of process spent on it."""
    before = {kind: cpu_seconds(each) for kind, each in pids.items()}
    done = work()
    time.sleep(SETTLE_S)
    return done, {kind: cpu_seconds(each) - before[kind] for kind, each in pids.items()}


def each_costs(what: str, spent: Mapping[str, float], count: int) -> list[Figure]:
    """Microseconds an entry or transaction, all members together."""
    kinds = {**spent, "all": sum(spent.values())} if len(spent) > 1 else spent
    return [noted(f"CPU of {what}: {kind}", value / count * 1e6, "us") for kind, value in kinds.items()]
