"""Takes a picture of every screen in both languages: `python -m tests.journeys.pictures` writes docs/screens.

A real node with the demonstration, real Chromium; the same walk as the journey in English.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tests.journeys.node import ROOT, free_port, start_node, stop_node
from tests.journeys.tour import Tour
from tests.journeys.windows import Windows, chromium

COLOURS = 96
TARGET = ROOT / "docs/screens"
LANGUAGES = {"zh": ("zh-CN", "糖尿病复诊"), "en": ("en-GB", "Diabetes follow-up")}
# What each picture shows, in the order of the page that lists them.
SHOWN = {
    "wallet-start": "Wallet: the first start",
    "wallet-code": "Wallet: a code typed by hand",
    "wallet-link": "Wallet: connecting a phone, three digits",
    "wallet-home": "Wallet: who can see the records now",
    "wallet-scan": "Wallet: scanning, where there is no camera",
    "wallet-offer": "Wallet: the patient's own code, for a doctor to scan",
    "wallet-ask": "Wallet: a doctor asks",
    "wallet-choose": "Wallet: what to give",
    "wallet-until": "Wallet: until when",
    "wallet-given": "Wallet: allowed",
    "wallet-emergency": "Wallet: somebody looked in an emergency",
    "wallet-emergency-reviewed": "Wallet: what both reviews found",
    "wallet-objection": "Wallet: telling the hospital that it was wrong",
    "wallet-timeline": "Wallet: who looked",
    "wallet-timeline-entry": "Wallet: one look in full",
    "wallet-results": "Wallet: own results",
    "wallet-series": "Wallet: one result over time",
    "wallet-gap": "Wallet: something does not hold",
    "wallet-elder": "Wallet: large type",
    "wallet-settings": "Wallet: settings",
    "console-sign-in": "Console: signing in",
    "console-find": "Console: finding a patient",
    "console-desk": "Console: the desk checks who stands there",
    "console-desk-code": "Console: the desk's one-time code",
    "console-desk-digits": "Console: the desk compares three digits",
    "console-offer-scan": "Console: the doctor scans the code that a patient shows",
    "console-ask-waiting": "Console: a request waits for the patient",
    "console-ask-digits": "Console: the doctor compares three digits",
    "console-ask-filled": "Console: the records are here",
    "console-patient": "Console: own chart and what was allowed elsewhere",
    "console-order": "Console: a result exists, and why it can be used",
    "console-repeat": "Console: repeated, with a reason",
    "console-reuse": "Console: used and repeated, as counts",
    "console-declare": "Console: declaring an emergency",
    "console-emergency": "Console: records in an emergency",
    "console-review": "Console: reviewing an emergency",
    "console-audit": "Console: the auditor's page",
    "console-accounting": "Console: the privacy officer's page",
    "console-node": "Console: the administrator's page",
}


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for language, (locale, reason) in LANGUAGES.items():
            with tempfile.TemporaryDirectory() as var:
                _take(browser, language, locale, reason, Path(var))
    (TARGET / "README.md").write_text(listing(), encoding="utf-8")


def _take(browser: Any, language: str, locale: str, reason: str, var: Path) -> None:
    node, windows = start_node(var, free_port()), Windows(browser)

    def see(screen: str, page: Any) -> None:
        if screen in SHOWN:
            page.mouse.move(0, 0)
            keep(page.screenshot(animations="disabled"), TARGET / f"{screen}-{language}.png")

    try:
        Tour(node, windows, locale, reason, "林秀兰", ("WT", "QH"), "WX", see).walk()
        windows.close()
    finally:
        stop_node(node)


def keep(picture: bytes, path: Path) -> None:
    """A screen has few colours: a palette of them makes the file a third as large, and nobody sees it."""
    with Image.open(io.BytesIO(picture)) as full:
        full.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def listing() -> str:
    """docs/screens/README.md: every picture with its sentence."""
    lines = [
        "# Screens",
        "",
        "Phone 390x844 and desktop 1440x900, Chinese and English, from a running node with synthetic people.",
        "`.venv/bin/python -m tests.journeys.pictures` takes them again.",
        "",
        "| screen | 中文 | English |",
        "|---|---|---|",
    ]
    for screen, words in SHOWN.items():
        width = 180 if screen.startswith("wallet") else 320
        cells = [
            f'<img src="{screen}-{language}.png" width="{width}" alt="{words}">' for language in LANGUAGES
        ]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
