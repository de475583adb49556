"""Names of hash tiles: which hashes /ledger/tile/<L>/<N>[.p/<W>] stands for.

C2SP tlog-tiles: 256 hashes a tile; level L+1 holds roots of full level-L tiles; N in groups of three digits,
all but the last with `x`; a partial tile has the width that the checkpoint's size gives it, or less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WIDTH = 256
_NAME = re.compile(r"(?P<level>\d{1,2})/(?P<index>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?")
DEEPEST = 7  # 256^8 leaves are more than any log will hold


@dataclass(frozen=True)
class Tile:
    """Hashes [index*256, index*256 + width) of level `level` (in steps of eight tree levels)."""

    level: int
    index: int
    width: int


def parse_tile(text: str) -> Tile | None:
    """The tile of a path, or None when the path is not the one canonical name of a tile."""
    match = _NAME.fullmatch(text)
    if match is None or len(text) > 60 or not text.isascii():
        return None
    groups = match["index"].replace("x", "").split("/")
    tile = Tile(int(match["level"]), int("".join(groups)), int(match["width"] or WIDTH))
    return tile if tile_name(tile) == text and tile.level <= DEEPEST and 1 <= tile.width <= WIDTH else None


def tile_name(tile: Tile) -> str:
    """The canonical path of a tile."""
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"{tile.level}/{name}" + (f".p/{tile.width}" if tile.width < WIDTH else "")


def is_present(tile: Tile, size: int) -> bool:
    """Whether a log of this size has all hashes of the tile."""
    return tile.index * WIDTH + tile.width <= size >> 8 * tile.level
