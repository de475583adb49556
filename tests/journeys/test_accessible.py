"""Every screen in both languages, for people who see, hear, press or read otherwise (WCAG 2.2 A and AA).

Judged on each screen of the walk: axe-core's rules; colours in the dark scheme and in large type as well; the
layout at 320 px on a phone, at 720 px in the console (200 % zoom), and with text at 200 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys import axe, layout
from tests.journeys.node import Node, free_port, start_node, stop_node
from tests.journeys.tour import Tour
from tests.journeys.windows import Windows

WALKS = {
    "zh-CN": ("糖尿病复诊", "林秀兰"),
    "en-GB": ("Diabetes follow-up", "赵德明"),
}


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of its own: both walks use what there is to use, and declare all that one doctor may."""
    running = start_node(tmp_path_factory.mktemp("accessible"), free_port())
    yield running
    stop_node(running)


@pytest.mark.parametrize("locale", WALKS)
def test_nothing_on_any_screen_shuts_anybody_out_in(locale: str, own_node: Node, windows: Windows) -> None:
    axe.source()
    reason, patient = WALKS[locale]
    found: dict[str, None] = {}
    seen: set[str] = set()

    def see(screen: str, page: Any) -> None:
        if screen in seen:
            return
        seen.add(screen)
        for finding in (*axe.findings(page), *axe.in_other_dress(page), *layout.faults(page)):
            found[f"{screen}: {finding}"] = None

    Tour(own_node, windows, locale, reason, patient, ("WT", "QH"), "WX", see).walk()
    assert list(found) == []
