"""Runs the pure modules of the staff console in node: words, series, routes, spans, checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.node import run_tests

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns"])
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_console_keeps_its_word(name: str, zone: str) -> None:
    run_tests(HERE / name, TZ=zone)
