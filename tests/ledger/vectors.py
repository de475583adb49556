"""Where the shared test data lie; a test over a missing folder is skipped and says which one it misses."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def folder(*names: str) -> Path:
    """A folder of shared data, or a skip."""
    path = DATA.joinpath(*names)
    if not path.is_dir():
        pytest.skip(f"missing: {Path('../shared/data').joinpath(*names)}")
    return path
