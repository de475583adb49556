"""A camera for Chromium that sees what a journey holds before it: a file of frames, made from a screenshot.

`--use-file-for-fake-video-capture` reads the file anew whenever a page opens the camera.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests.journeys.windows import FLAGS, Windows

WIDTH, HEIGHT = 1280, 720
DESK = (150, 152, 148)
ALLOWED = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
DENIED = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")


class Lens:
    """What stands before the camera."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.see_nothing()

    def see_nothing(self) -> None:
        self.see(Image.new("RGB", (10, 10), DESK))

    def see(self, picture: Image.Image | bytes) -> None:
        """Hold a picture (or a screenshot's PNG) before the camera, as large as it goes."""
        seen = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
        scale = min(WIDTH * 0.9 / seen.width, HEIGHT * 0.9 / seen.height)
        seen = seen.convert("RGB").resize((round(seen.width * scale), round(seen.height * scale)))
        frame = Image.new("RGB", (WIDTH, HEIGHT), DESK)
        frame.paste(seen, ((WIDTH - seen.width) // 2, (HEIGHT - seen.height) // 2))
        drawn = io.BytesIO()
        frame.save(drawn, "JPEG", quality=90)
        # A new file in its place: a browser that still reads the old one keeps it.
        following = self._file.with_suffix(".next")
        following.write_bytes(drawn.getvalue() * 10)
        following.replace(self._file)


@contextmanager
def with_camera(
    browser: Any, folder: Path, permission: tuple[str, ...] = ALLOWED
) -> Iterator[tuple[Windows, Lens]]:
    """Windows of a Chromium that has a camera, and what it sees."""
    file = folder / "lens.mjpeg"
    lens = Lens(file)
    flags = [*FLAGS, *permission, f"--use-file-for-fake-video-capture={file}"]
    running = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=flags)
    windows = Windows(running)
    yield windows, lens
    windows.close()
    running.close()
