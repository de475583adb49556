"""Draws a QR code (ISO/IEC 18004) as one small SVG: black runs on white, quiet zone of four modules.

The library `qrcode` enters here. One fixed mask: trying all eight costs four times as long and no scanner
needs it. White stays white in dark mode, or cameras fail.
"""

from __future__ import annotations

from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4
MASK = 3
LONGEST = 200  # bytes: version 10 at level M, still read from a hand's distance


class TextTooLongError(ValueError):
    """More than a phone reads with ease."""


def qr_svg(text: str) -> str:
    """The SVG document for `text` (at most 200 bytes of UTF-8)."""
    if len(text.encode()) > LONGEST:
        raise TextTooLongError(f"more than {LONGEST} bytes")
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    side = len(rows) + 2 * QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{_runs(rows)}"/></svg>'
    )


def _runs(rows: list[list[bool]]) -> str:
    parts = []
    for y, row in enumerate(rows):
        x = 0
        for dark, cells in groupby(row):
            width = len(list(cells))
            if dark:
                parts.append(f"M{x + QUIET} {y + QUIET}h{width}v1h-{width}z")
            x += width
    return "".join(parts)
