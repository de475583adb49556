"""Openings of many threads: durable when kept, few transactions, and nobody fails for another's row."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import IntegrityError

from gateway.disclosure.gathering import Gathering
from gateway.disclosure.tables import opening
from gateway.store.database import open_database

THREADS = 8


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "gateway.db")
    yield engine
    engine.dispose()


def row(number: int, **changes: Any) -> dict[str, Any]:
    plain = {"institution": "i", "link": "l", "grantee": None, "salt": "s", "details": "{}"}
    return {"commitment": f"{number:043}", **plain, **changes}


@contextmanager
def gathered(db: Engine, rows: list[dict[str, Any]]) -> Iterator[list[Future[None]]]:
    """Threads that all come while another transaction writes; it ends when they wait, or have begun."""
    gathering = Gathering(db)
    with ThreadPoolExecutor(THREADS) as pool:
        with db.begin():
            futures = [pool.submit(gathering.keep, each) for each in rows]
            while len(gathering._waiting) < len(rows) - 1:
                assert not any(future.done() for future in futures)
        yield futures


def test_those_that_wait_together_are_written_together(db: Engine) -> None:
    commits: list[Any] = []
    event.listen(db.begin.__self__, "commit", commits.append)  # type: ignore[attr-defined]
    with gathered(db, [row(number) for number in range(THREADS)]) as futures:
        for future in futures:
            future.result(30)
    assert len(commits) <= 3  # the one that held them up, the first, and the others
    assert kept(db) == THREADS


def test_the_same_commitment_again_changes_nothing(db: Engine) -> None:
    gathering = Gathering(db)
    gathering.keep(row(1))
    gathering.keep(row(1, details="other"))
    with db.connect() as conn:
        assert conn.execute(select(opening.c.details)).scalars().all() == ["{}"]


def test_nobody_fails_for_the_row_of_another(db: Engine) -> None:
    rows = [row(number) for number in range(THREADS)]
    rows[3]["link"] = None
    with gathered(db, rows) as futures:
        faults = [future.exception(30) for future in futures]
    assert isinstance(faults.pop(3), IntegrityError)
    assert faults == [None] * (THREADS - 1)
    assert kept(db) == THREADS - 1


def kept(db: Engine) -> int:
    with db.connect() as conn:
        return int(conn.execute(select(func.count()).select_from(opening)).scalar_one())
