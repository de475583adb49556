"""One part of one hospital is killed, paused, cut off or restarted, or has a slow disk or a wrong clock."""

from __future__ import annotations

import signal
import threading

import pytest

from tests.faults import edge
from tests.faults.cases import Case
from tests.faults.network import CODES, PARTS, await_that

AT = "BQ"
OTHERS = tuple(code for code in CODES if code != AT)
PAUSE_S = 10.0
DISK_MS, CLOCK_MS = 200, 20_000
needs_seccomp = pytest.mark.skipif(bool(edge.why_not()), reason=f"a slow disk {edge.why_not()}")
each_part = pytest.mark.parametrize("part", PARTS)


def lasts(seconds: float) -> None:
    """The fault itself lasts this long."""
    threading.Event().wait(seconds)


@each_part
def test_killed(case: Case, part: str) -> None:
    case.network.part(AT, part).crash()
    case.moves(OTHERS)


@each_part
def test_paused(case: Case, part: str) -> None:
    paused = case.network.part(AT, part)
    paused.signal(signal.SIGSTOP)
    case.moves(OTHERS)
    lasts(PAUSE_S)
    paused.signal(signal.SIGCONT)


@each_part
def test_restarted(case: Case, part: str) -> None:
    case.network.part(AT, part).restart()
    case.moves(OTHERS)


@each_part
def test_disconnected(case: Case, part: str) -> None:
    wires = [f"{AT}-{part}"] if part != "node" else case.network.between([AT], OTHERS)
    case.network.wire("break", *wires)
    case.moves(OTHERS)
    lasts(5)


@needs_seccomp
@each_part
def test_on_a_slow_disk(case: Case, part: str) -> None:
    slow = case.network.part(AT, part)
    slow.restart(disk_ms=DISK_MS)
    case.moves(OTHERS)
    # Each block costs several syncs there and few elsewhere: it may fall behind, but it goes on.
    before = case.network.hospitals[AT].tip()
    await_that(lambda: case.network.hospitals[AT].tip() > before, "it goes on")
    case.moves(OTHERS)
    lasts(5)


@needs_seccomp
@each_part
@pytest.mark.parametrize("skew_ms", [CLOCK_MS, -CLOCK_MS], ids=["20 s ahead", "20 s behind"])
def test_with_a_wrong_clock(case: Case, part: str, skew_ms: int) -> None:
    wrong = case.network.part(AT, part)
    wrong.restart(clock_ms=skew_ms)
    case.moves(OTHERS)
    case.moves([AT])
    await_that(case.network.hospitals[AT].is_ready, "its gateway is ready")
    lasts(5)
