"""Draws a QR code with half blocks for a terminal: dark on light whatever the terminal's colours are."""

from __future__ import annotations

from qrcode.constants import ERROR_CORRECT_L
from qrcode.main import QRCode

QUIET = 4
# Upper and lower half of one character cell; True is a dark module.
_CELLS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"


def qr_lines(text: str) -> list[str]:
    """The lines to print, each with its colours."""
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_L, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [
        f"{_BLACK_ON_WHITE}{''.join(_CELLS[cell] for cell in zip(upper, lower, strict=True))}{_PLAIN}"
        for upper, lower in pairs
    ]
