"""Four hospitals that make their keys, each in a folder of its own, for the tests of founding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.consortium.membership import Node, make_membership
from gateway.consortium.node import NodeError, find_program
from gateway.identity.founding import Founder
from tests.gateway.consortium.entropy import Entropy


def _program_is_there() -> bool:
    try:
        return find_program().exists()
    except NodeError:
        return False


HEAD = """\
name = "四院 Yaoshi"
origin = "ledger.example/yaoshi"
wallet = "https://wallet.example"
at = 2026-12-01T08:00:00+08:00

"""
needs_cometbft = pytest.mark.skipif(not _program_is_there(), reason="needs CometBFT: make cometbft")
CODES = ("AA", "BB", "CC", "DD")


@dataclass(frozen=True)
class Member:
    """One side: its folder, what it tells the others."""

    folder: Path
    statement: str


def members(root: Path, codes: tuple[str, ...] = CODES, ledger: str | None = None) -> list[Member]:
    """A member for each code; `ledger`: the one that each comes to."""
    found = []
    for number, code in enumerate(codes):
        entropy = Entropy(code)
        node = Node(entropy(32), f"{entropy(20).hex()}@{code.lower()}.example:26656")
        founder = Founder(code, "hospital", f"{code} 医院（合成）", f"{code} Hospital (synthetic)")
        folder = root / code
        told = make_membership(
            folder, f"Operator {number}", [founder], f"https://{code}.example", node, entropy, ledger
        )
        found.append(Member(folder, told))
    return found


def agreed(found: list[Member]) -> str:
    """The text that all of them review."""
    return HEAD + "\n".join(one.statement for one in found)
