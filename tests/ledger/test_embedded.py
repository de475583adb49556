"""The embedded engine meets the protocol, and what is its own: one file, one writer, a disk that fills."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.engine.embedded import EmbeddedEngine, open_view_only
from ledger.engine.startup import load_tip
from ledger.errors import Fatal, Malformed, Unavailable
from ledger.store.database import Store
from tests.ledger import world
from tests.ledger.engine_conformance import LINK, OTHER, EngineConformance, Opened, committed

GENESIS = world.genesis_bytes(link_entries_per_hour=5)


class SettableClock:
    """A clock that stands still unless a test sets it."""

    def __init__(self) -> None:
        self.now = world.START + 60_000

    def __call__(self) -> int:
        return self.now


def open_engine(path: Path, clock: Any, genesis: bytes = GENESIS, **options: Any) -> EmbeddedEngine:
    return EmbeddedEngine.open(
        path,
        genesis,
        contracts=world.contracts(),
        checkpoint_seed=world.CHECKPOINT_SEED,
        clock=clock,
        **options,
    )


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def opened(path: Path, clock: SettableClock) -> Iterator[Opened]:
    engines: list[EmbeddedEngine] = []

    def make() -> EmbeddedEngine:
        engines.append(open_engine(path, clock))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


class TestEmbedded(EngineConformance):
    """The embedded engine under the common suite."""


def test_a_second_writer_is_refused_and_readers_are_not(
    opened: Opened, path: Path, clock: SettableClock
) -> None:
    engine = opened()
    committed(engine, world.Author(engine.id).open_link(LINK))
    with pytest.raises(Unavailable) as refused:
        open_engine(path, clock)
    assert refused.value.code == "ledger-locked"
    with open_view_only(path, GENESIS) as view:
        assert view.size == 2
        proof = view.subject(LINK)
        assert proof is not None
        assert view.head_proof(proof.number)
        with pytest.raises(Unavailable) as keyless:
            view.checkpoint()
        assert keyless.value.code == "checkpoint-key-missing"


def test_a_second_process_is_refused(opened: Opened, path: Path) -> None:
    opened()
    program = "import sys; from pathlib import Path; from tests.ledger import test_embedded as t; "
    program += "t.open_engine(Path(sys.argv[1]), t.SettableClock())"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "ledger-locked" in done.stderr


def test_a_ledger_that_is_not_there_is_not_made_by_looking(path: Path) -> None:
    with pytest.raises(Unavailable) as refused, open_view_only(path, GENESIS):
        pass
    assert refused.value.code == "ledger-missing"
    assert not path.exists()


def test_another_genesis_or_checkpoint_key_is_fatal(opened: Opened, path: Path, clock: SettableClock) -> None:
    opened().close()
    with pytest.raises(Fatal) as differs:
        open_engine(path, clock, world.genesis_bytes(skew_ms=1))
    assert differs.value.code == "genesis-differs"
    with pytest.raises(Fatal) as differs, open_view_only(path, world.genesis_bytes(skew_ms=1)):
        pass
    assert differs.value.code == "genesis-differs"
    with pytest.raises(Fatal) as differs:
        open_engine(path, clock, b"{}")
    assert differs.value.code == "genesis-invalid"
    with pytest.raises(Fatal) as differs:
        EmbeddedEngine.open(path, GENESIS, contracts={1: []}, checkpoint_seed=bytes(32), clock=clock)
    assert differs.value.code == "checkpoint-key-differs"


CONTRADICTIONS = {
    "the last record is gone": ('DELETE FROM records WHERE "index" = 3', "size-differs"),
    "the stated size is one less": ("UPDATE ledger SET size = size - 1", "size-differs"),
    "the stated root is another": ("UPDATE ledger SET root = zeroblob(32)", "root-differs"),
    "a node is another": ("UPDATE log_nodes SET hash = zeroblob(32) WHERE place = 3", "root-differs"),
    "the nodes are gone": ("DELETE FROM log_nodes", "root-differs"),
    "the newest record was changed": (
        'UPDATE records SET prev = zeroblob(32) WHERE "index" = 3',
        "root-differs",
    ),
    "a block of heads is another": ("UPDATE head_blocks SET root = zeroblob(32)", "heads-differ"),
    "the number of subjects is another": ("UPDATE ledger SET subjects = 40", "heads-differ"),
    "the tables are of a later release": ("UPDATE ledger_version SET version_num = '9999'", "schema-newer"),
}


@pytest.mark.parametrize(("statement", "code"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_start_is_refused_when(
    opened: Opened, path: Path, clock: SettableClock, statement: str, code: str
) -> None:
    engine = opened()
    author = world.Author(engine.id)
    for entry in (author.open_link(LINK), author.open_link(OTHER), author.look(LINK)):
        committed(engine, entry)
    engine.close()
    store = Store(path, write=True)
    with store.transaction() as connection:
        connection.exec_driver_sql(statement)
    store.close()
    with pytest.raises(Fatal) as refused:
        open_engine(path, clock)
    assert refused.value.code == code


def test_a_file_that_is_no_database_is_fatal(path: Path, clock: SettableClock) -> None:
    path.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(Fatal) as refused:
        open_engine(path, clock)
    assert refused.value.code == "file-damaged"


def test_a_full_disk_stops_writing_but_not_reading(opened: Opened) -> None:
    engine = opened()
    assert isinstance(engine, EmbeddedEngine)
    author = world.Author(engine.id)
    committed(engine, author.open_link(LINK))
    _limit_pages(engine, 1)
    taken = 1
    while True:
        future = engine.submit(author.look(LINK, filler="x" * 8_000))
        if isinstance(future.exception(), Unavailable):
            break
        taken += 1
        assert taken < 100
    assert future.exception().code == "disk-full"  # type: ignore[union-attr]
    with engine.view() as view:
        assert view.size == taken + 1
        assert len(view.link_proof(LINK)["records"]) == taken  # type: ignore[index]
    with pytest.raises(Unavailable):
        engine.submit(author.look(LINK, filler="x" * 8_000)).result()
    _limit_pages(engine, 1_000_000)
    assert committed(engine, author.look(LINK)).index == taken + 1


def _limit_pages(engine: EmbeddedEngine, pages: int) -> None:
    """Make the writer's connection believe that the disk holds so many pages (never fewer than it has)."""
    with engine._store.transaction() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}").all()


def test_a_full_inbox_refuses_at_once(path: Path, clock: SettableClock) -> None:
    engine = open_engine(path, clock, queue_limit=2)
    author, gate = world.Author(engine.id), threading.Event()
    engine.subscribe(lambda _committed: _wait(gate))
    committed(engine, author.open_link(OTHER))
    waiting = [engine.submit(author.open_link(world.link_id(number))) for number in (11, 12)]
    with pytest.raises(Unavailable) as busy:
        engine.submit(author.open_link(LINK))
    assert busy.value.code == "ledger-busy"
    gate.set()
    assert all(isinstance(future.result(), Committed) for future in waiting)
    engine.close()


def _wait(gate: threading.Event) -> None:
    """A subscriber that (wrongly) blocks holds the writer, so that the inbox fills."""
    assert gate.wait(30)


def test_malformed_entries_reach_no_thread(opened: Opened) -> None:
    engine = opened()
    with pytest.raises(Malformed):
        engine.submit("{}")


WORKER = """
import sys
from pathlib import Path
from tests.ledger import test_embedded as t
from tests.ledger import world
engine = t.open_engine(Path(sys.argv[1]), t.SettableClock(), world.genesis_bytes())
author = world.Author(engine.id, world.START + int(sys.argv[2]))
base = int(sys.argv[2])
def say(future):
    if future.exception() is None:
        sys.stdout.write(future.result().entry_id + "\\n")
        sys.stdout.flush()
number = base
while True:
    futures = [engine.submit(author.open_link(world.link_id(number + step))) for step in range(8)]
    for future in futures:
        say(future)
    number += 8
"""


def test_a_killed_process_lost_nothing_that_it_acknowledged(path: Path, clock: SettableClock) -> None:
    genesis = world.genesis_bytes()
    acknowledged: list[str] = []
    for life, lines in enumerate((1, 20, 57)):
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(path), str(life * 10_000)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        acknowledged.extend(process.stdout.readline().strip() for _ in range(lines))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
        process.wait()
        process.stdout.close()
        acknowledged.extend(line for line in rest if len(line) == 64)
    engine = open_engine(path, clock, genesis)
    with engine.view() as view, (path.parent / "export").open("w+b") as file:
        assert all(view.entry_index(entry_id) is not None for entry_id in acknowledged)
        assert view.size > len(acknowledged) >= 78
        export_log(view, file)
        file.seek(0)
        result = verify_log(file, world.contracts(), engine.id)
    assert result.ok, result.first_difference
    engine.close()


def test_the_tip_read_from_the_file_is_the_one_in_memory(opened: Opened) -> None:
    engine = opened()
    assert isinstance(engine, EmbeddedEngine)
    author = world.Author(engine.id)
    for number in range(70):
        committed(engine, author.open_link(world.link_id(number)))
    with engine._store.snapshot() as connection:
        stored = load_tip(connection)
    kept = engine._writer._tip
    assert kept is not None
    assert (stored.size, stored.peaks, stored.heads_root) == (kept.size, kept.peaks, kept.heads_root)
