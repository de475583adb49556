"""Runs the wallet's checks as a browser would: on WebCrypto, in node, against a real ledger's answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.node import run_tests
from tests.static.wallet.ledger_story import main

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("story") / "story.json"
    main(target)
    return target


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_wallet_keeps_its_word(name: str, story: Path) -> None:
    run_tests(HERE / name, STORY=str(story))
