"""An emergency's town: the exchange's, with records of every label and a privacy officer on either side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from tests.gateway.glass.scene import Scene, more_charts
from tests.gateway.wallet.story import Story, story

__all__ = ["story"]


@pytest.fixture
def scene(story: Story, console_as: Callable[..., FlaskClient], tmp_path: Path) -> Scene:
    for number, one in enumerate(more_charts()):
        path = tmp_path / f"more-{number}.json"
        path.write_text(json.dumps(one, ensure_ascii=False))
        gw = story.gw
        report = import_paths(gw.db, story.hospital, [path], Report(), clock=gw.clock, entropy=gw.entropy)
        assert report is None or not report.refused
    return Scene(
        story=story,
        officer=console_as("privacy", story.hospital),
        officer_there=console_as("privacy", story.clinic),
    )
