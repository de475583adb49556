"""Runs the modules that wallet and console share in node: words and dates, terms, chart scales."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.node import run_tests

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns"])
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_shared_modules_keep_their_word(name: str, zone: str) -> None:
    run_tests(HERE / name, TZ=zone)
