"""How a page stands when there is little room or large text: nothing cut, covered or beyond the edge.

Reflow (WCAG 1.4.10) at 320 CSS px for the phone and 720 for the console, which is 1440 at 200 % zoom; text at
200 % (1.4.4) as a browser's own setting gives it; targets of 24 px (2.5.8); focus not under bars (2.4.11).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_FAULTS = (HERE / "layout.js").read_text(encoding="utf-8")
_COVERED = (HERE / "covered.js").read_text(encoding="utf-8")
NORMAL_PX, DOUBLE_PX = 16, 32
# (width, height, text) of a window, in CSS pixels.
PHONES = ((390, 844, NORMAL_PX), (320, 568, NORMAL_PX), (390, 844, DOUBLE_PX))
DESKTOPS = ((1440, 900, NORMAL_PX), (720, 450, NORMAL_PX), (1440, 900, DOUBLE_PX))
_SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def faults(page: Any) -> list[str]:
    """All that is wrong in any of the windows; the page's own window stands again afterwards."""
    own = page.viewport_size
    found = []
    for width, height, text in PHONES if own["width"] < 600 else DESKTOPS:
        page.set_viewport_size({"width": width, "height": height})
        _text_size(page, text)
        page.evaluate(_SETTLED)
        found += [
            f"{width}px, text {text}: {fault}"
            for fault in (*page.evaluate(_FAULTS), *page.evaluate(_COVERED))
        ]
    _text_size(page, NORMAL_PX)
    page.set_viewport_size(own)
    page.evaluate(_SETTLED)
    return found


def _text_size(page: Any, pixels: int) -> None:
    """The browser's own setting, as a person makes it; rem and media queries follow it."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": pixels, "fixed": pixels}})
    session.detach()
