"""Runs our browser modules in node: the one that the tests' requirements bring, the same on every machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NODE = str(Path(sys.executable).with_name("node"))


def run_tests(path: Path, **environment: str) -> None:
    """Runs one `*.test.mjs`. Raises AssertionError with what it printed."""
    done = subprocess.run(
        [NODE, "--test", str(path)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
