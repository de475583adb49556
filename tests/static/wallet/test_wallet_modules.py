"""Runs the wallet's checks as a browser would: on WebCrypto, in node, against a real ledger's answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.static.wallet.ledger_story import main

HERE = Path(__file__).resolve().parent
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("story") / "story.json"
    main(target)
    return target


@pytest.mark.skipif(NODE is None, reason="node is missing: apt-get install nodejs")
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_wallet_keeps_its_word(name: str, story: Path) -> None:
    done = subprocess.run(
        [str(NODE), "--test", str(HERE / name)],
        env={**os.environ, "STORY": str(story)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
