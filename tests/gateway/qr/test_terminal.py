"""What the terminal shows is a QR code: read back from its half blocks."""

from __future__ import annotations

import re

import pytest

from gateway.qr.terminal import qr_lines

HALVES = {" ": (255, 255), "▀": (0, 255), "▄": (255, 0), "█": (0, 0)}
SCALE = 4


def test_a_phone_reads_it_from_the_terminal() -> None:
    zxing = pytest.importorskip("zxingcpp", reason="type: make test (it installs zxing-cpp)")
    text = "https://192.168.1.5:8443/"
    rows: list[bytes] = []
    for line in qr_lines(text):
        cells = [HALVES[cell] for cell in re.sub(r"\x1b\[[0-9;]*m", "", line)]
        for half in (0, 1):
            row = b"".join(bytes([cell[half]]) * SCALE for cell in cells)
            rows += [row] * SCALE
    picture = memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0])))
    assert [found.text for found in zxing.read_barcodes(picture)] == [text]
