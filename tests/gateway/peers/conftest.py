"""Three hospitals, each with its node, and one person who has a chart at the first and the third."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.peers.story import Story, bring_records
from tests.gateway.peers.town import Town, open_town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with open_town(tmp_path) as town:
        yield town


@pytest.fixture
def among(town: Town, tmp_path: Path) -> Story:
    for node in (town.a, town.c):
        bring_records(node, tmp_path)
    return Story(town, town.b.staff("clinician"))
