"""Bytes that look random and are the same in each run."""

from __future__ import annotations

import hashlib


class Entropy:
    """entropy(n): n bytes that follow from the seed and how often it was asked."""

    def __init__(self, seed: str) -> None:
        self._seed, self._asked = seed, 0

    def __call__(self, count: int) -> bytes:
        self._asked += 1
        return hashlib.shake_256(f"{self._seed} {self._asked}".encode()).digest(count)
