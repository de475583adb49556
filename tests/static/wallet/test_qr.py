"""The QR code that a phone draws is, module for module, the one that our servers draw; scanners read it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from gateway.qr.decode import read_picture
from gateway.qr.svg import MASK
from tests.gateway.qr.pictures import saved
from tests.static.node import NODE

MODULE = (Path(__file__).resolve().parents[3] / "static/wallet/model/qr.js").as_uri()
SCRIPT = """
const { qrRows } = await import(process.argv[1]);
const rows = (text) => qrRows(text).map((row) => row.map(Number));
const show = (text) => { try { return rows(text); } catch (problem) { return problem.name; } };
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(show)));
"""
# The last length of each version and the first of the next, versions 1 to 10.
EDGES = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213]
TEXTS = [
    "http://127.0.0.1:8080/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N",
    "https://wallet.example/q#QqEHd7DuweIHRigsLfmkcA.QH.00000000",
    "钥匙",
    *("a" * length for length in EDGES),
    *(("xyz/#09.AZ" * 22)[: length + 1] for length in EDGES[:-1]),
]


@pytest.fixture(scope="module")
def drawn() -> list[list[list[int]] | str]:
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, MODULE, json.dumps([*TEXTS, "a" * 214])],
        capture_output=True,
        check=True,
        timeout=60,
    )
    found: list[list[list[int]] | str] = json.loads(done.stdout)
    return found


def test_a_phone_draws_what_the_server_draws(drawn: list[list[list[int]]]) -> None:
    for text, rows in zip(TEXTS, drawn, strict=False):
        code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
        code.add_data(text, optimize=0)
        code.make(fit=True)
        assert rows == [[int(dark) for dark in row] for row in code.get_matrix()], text


def test_a_scanner_reads_what_a_phone_draws(drawn: list[list[list[int]]]) -> None:
    for text, rows in zip(TEXTS, drawn, strict=False):
        side = len(rows) + 8
        picture = Image.new("L", (side, side), 255)
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    picture.putpixel((across + 4, down + 4), 0)
        large = picture.resize((side * 6, side * 6), Image.Resampling.NEAREST)
        assert read_picture(saved(large, "PNG")) == text


def test_more_than_a_phone_reads_with_ease_is_not_drawn(drawn: list[object]) -> None:
    assert drawn[-1] == "RangeError"
