"""The store of records tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.records.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path, store_kind: str) -> Iterator[Store]:
    db = open_store(tmp_path, store_kind)
    yield Store(db)
    db.dispose()
