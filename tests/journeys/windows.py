"""Real Chromium windows: a phone's and a desktop's, and pictures read back from a screen.

What is missing on a machine is a skip that names the command which brings it; with YAOSHI_TESTS_MUST_NOT_SKIP
set (as CI does) it is a failure instead.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PHONE = {"width": 390, "height": 844}
# A busy machine may take this long; nothing waits longer than until what it waits for is there.
PATIENCE_MS = 20_000
DESKTOP = {"width": 1440, "height": 900}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Grey bytes of a PNG, drawn by the browser itself.
_GREY = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const { data, width, height } = pen.getImageData(0, 0, picture.width, picture.height);
  let grey = "";
  for (let at = 0; at < data.length; at += 4) {
    grey += String.fromCharCode((data[at] + data[at + 1] + data[at + 2]) / 3);
  }
  return { grey: btoa(grey), width, height };
}"""


def missing(what: str, command: str) -> None:
    message = f"{what} is missing; {command} brings it"
    if os.environ.get("YAOSHI_TESTS_MUST_NOT_SKIP"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def chromium() -> Iterator[Any]:
    """One Chromium for all windows."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium", "`apt install chromium`")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Windows:
    """Opens windows, each with storage of its own, and keeps script errors and policy violations."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._contexts: list[Any] = []
        self.errors: list[str] = []

    def phone(self, locale: str = "zh-CN", scale: int = 1, **options: Any) -> Any:
        shape = {"viewport": PHONE, "device_scale_factor": scale, "has_touch": True, "is_mobile": True}
        return self._page(locale=locale, **shape, **options)

    def desktop(self, locale: str = "zh-CN") -> Any:
        return self._page(viewport=DESKTOP, locale=locale, accept_downloads=True)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        assert self.errors == []

    def _page(self, **options: Any) -> Any:
        context = self._browser.new_context(timezone_id="Asia/Shanghai", **options)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._hear(message.text))
        return page

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text or "Trusted" in text:
            self.errors.append(text)

    def read_code(self, screenshot: bytes) -> str:
        """The text of the one QR code in a picture of a screen."""
        zxing = pytest.importorskip("zxingcpp", reason="type: make test (it installs zxing-cpp)")
        context = self._browser.new_context()
        try:
            drawn = context.new_page().evaluate(_GREY, base64.b64encode(screenshot).decode())
        finally:
            context.close()
        grey = memoryview(base64.b64decode(drawn["grey"])).cast("B", (drawn["height"], drawn["width"]))
        found = zxing.read_barcodes(grey)
        assert [each.format.name for each in found] == ["QRCode"], found
        return str(found[0].text)
