"""Application and node die at the worst moments, or come back with older files: nothing lost, none twice."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.engine.cometbft import CometBFTEngine
from ledger.engine.inflight import Answer
from tests.ledger import world
from tests.ledger.engine.crashing import POINTS
from tests.ledger.engine.network import WITHIN_S, Member, wait_until
from tests.ledger.engine_conformance import LINK

GENESIS = world.genesis_bytes()


@pytest.fixture
def member() -> Iterator[Member]:
    made = Member(GENESIS)
    made.configure([made])
    yield made
    made.remove()


def start(member: Member, point: str = "never", height: int = 0) -> None:
    member.start_application_process(point, height)
    member.start_node()
    wait_until(lambda: member.height >= 0, "the node answers")


def stop(member: Member) -> None:
    member.stop_node()
    member.stop_application_process()


def open_engine(member: Member) -> CometBFTEngine:
    return member.open_engine(lambda: world.START, answer_within_s=WITHIN_S)


def commit_looks(engine: CometBFTEngine, author: world.Author, count: int) -> None:
    for _ in range(count):
        assert isinstance(engine.record(author.look(LINK), WITHIN_S), Committed)


def await_answer_or_death(future: Answer, process: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: future.done() or process.poll() is not None, "it answers or dies")


def assert_whole(engine: CometBFTEngine, size: int) -> None:
    """The log has this size and replays to its root."""
    file = io.BytesIO()
    with engine.view() as view:
        assert view.size == size
        export_log(view, file)
        root = view.root
    file.seek(0)
    result = verify_log(file, world.contracts(), engine.id)
    assert (result.ok, result.root) == (True, root.hex()), result.first_difference


@pytest.mark.parametrize("point", POINTS[1:])
def test_nothing_is_lost_or_doubled_when_the_application_is_killed(member: Member, point: str) -> None:
    start(member, point, height=6)
    engine = open_engine(member)
    author = world.Author(engine.id)
    assert isinstance(engine.record(author.open_link(LINK), WITHIN_S), Committed)
    futures = [engine.submit(author.look(LINK)) for _ in range(30)]
    assert member.process is not None
    while member.process.poll() is None:
        futures.append(engine.submit(author.look(LINK)))
        await_answer_or_death(futures[-1], member.process)
    assert member.node is not None
    assert member.node.wait(WITHIN_S) == 0, "a node without its application ends, and as if all were well"
    stop(member)
    start(member)
    done = [future.result(WITHIN_S) for future in futures]
    assert len({one.index for one in done if isinstance(one, Committed)}) == len(futures)
    commit_looks(engine, author, 3)
    assert_whole(engine, len(futures) + 5)
    engine.close()


@pytest.mark.parametrize("copy", ["an older one", "none at all"])
def test_a_store_that_is_behind_is_brought_level_by_its_node(member: Member, copy: str) -> None:
    start(member)
    engine = open_engine(member)
    author = world.Author(engine.id)
    assert isinstance(engine.record(author.open_link(LINK), WITHIN_S), Committed)
    commit_looks(engine, author, 3)
    stop(member)
    older = member.folder / "older"
    older.mkdir()
    for file in member.folder.glob("ledger.db*"):
        shutil.copy(file, older)
    start(member)
    commit_looks(engine, author, 4)
    engine.close()
    stop(member)
    before = member.tip()
    for file in member.folder.glob("ledger.db*"):
        file.unlink()
    if copy == "an older one":
        for file in older.iterdir():
            shutil.copy(file, member.folder)
    start(member)
    wait_until(lambda: member.tip() == before, "level again")
    engine = open_engine(member)
    commit_looks(engine, author, 1)
    assert_whole(engine, before[0] + 1)
    engine.close()


def test_a_node_alone_that_is_killed_comes_back_to_the_same_application(member: Member) -> None:
    member.start_application()
    member.start_node()
    engine = open_engine(member)
    author = world.Author(engine.id)
    assert isinstance(engine.record(author.open_link(LINK), WITHIN_S), Committed)
    for _ in range(3):
        member.stop_node()
        future = engine.submit(author.look(LINK))
        member.start_node()
        assert isinstance(future.result(WITHIN_S), Committed)
    assert_whole(engine, 5)
    assert member.failed == []
    engine.close()
