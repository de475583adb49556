"""A process dies at each point that matters: the node's own crash points, and around each of our answers."""

from __future__ import annotations

import sys

import pytest

from tests.faults.cases import Case
from tests.faults.network import CODES

AT = "BQ"
OTHERS = tuple(code for code in CODES if code != AT)
DIES_WITHIN_S = 60.0
POINTS = range(11)  # of CometBFT 0.38, in the order in which a block passes them
METHODS = ("INFO", "CHECK_TX", "PREPARE_PROPOSAL", "PROCESS_PROPOSAL", "FINALIZE_BLOCK", "COMMIT")


@pytest.mark.parametrize("point", POINTS)
def test_the_node_dies_at_its_crash_point(case: Case, point: int) -> None:
    node = case.network.part(AT, "node")
    node.stop()
    node.start(FAIL_TEST_INDEX=str(point))
    node.hold()
    assert node.wait(DIES_WITHIN_S) == 1
    case.moves(OTHERS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_application_dies_around_its_answer(case: Case, when: str, method: str) -> None:
    application = case.network.part(AT, "application")
    application.stop()
    application.start(argv=[sys.executable, "-m", "tests.faults.application", f"dies-{when}", method])
    application.hold()
    assert application.wait(DIES_WITHIN_S) == -9
    case.moves(OTHERS)
