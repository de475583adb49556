"""Methods that a caller makes up: no fault, no word of theirs in a log, no counter of their own in memory."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from tests.gateway.conftest import CONSOLE
from tests.gateway.hostile.knocks import knock
from tests.gateway.wallet.story import Story


def test_a_made_up_method_leaves_no_word_behind(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = story.app.extensions["yaoshi-metrics"]
    before = len(generate_latest(metrics.registry).splitlines())
    for number in range(50):
        method = f"WANG-XIAOMING-{number}"
        answer = knock(story.gw, story.client(), method, "/livez", base_url=CONSOLE)
        assert answer.status_code == 405
    counted = generate_latest(metrics.registry).decode()
    assert len(counted.splitlines()) < before + 30
    assert "WANG-XIAOMING" not in counted + capsys.readouterr().out
