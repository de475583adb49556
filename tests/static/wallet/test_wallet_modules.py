"""Runs the wallet's checks as a browser would: on WebCrypto, in node, against a real ledger's answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.node import run_tests
from tests.static.wallet import agreement_story, emergency_story, governing_story, ledger_story, light_story

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of what a phone is served, by the name of the environment that leads to them."""
    folder = tmp_path_factory.mktemp("story")
    told = {
        "STORY": (ledger_story, folder / "story.json"),
        "EMERGENCY": (emergency_story, folder / "emergency.json"),
        "GOVERNING": (governing_story, folder / "governing.json"),
        "AGREEMENT": (agreement_story, folder / "agreement.json"),
        "LIGHT": (light_story, folder / "light.json"),
    }
    for teller, target in told.values():
        teller.main(target)
    return {name: str(target) for name, (_, target) in told.items()}


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_wallet_keeps_its_word(name: str, stories: dict[str, str]) -> None:
    run_tests(HERE / name, **stories)
