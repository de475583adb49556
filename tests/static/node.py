"""Runs our browser modules in node: the one that the tests' requirements bring, the same on every machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

NODE = str(Path(sys.executable).with_name("node"))


def run_tests(path: Path, **environment: str) -> None:
    """Runs one `*.test.mjs`. Raises AssertionError with what it printed."""
    _run("--test", str(path), **environment)


def answer(path: Path, told: object) -> Any:
    """What a module prints as JSON when its environment's TOLD holds this as JSON. Raises AssertionError."""
    return json.loads(_run(str(path), TOLD=json.dumps(told)))


def _run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [NODE, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout
