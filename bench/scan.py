"""Frame to text at the server: a camera's frame posted to the console's door, beside the decoders alone.

Over HTTP against a served node, with sign-in and limits. 200 different frames as browsers post them (1280
pixels, JPEG quality 0.7): near and far, turned, blurred, dim, noisy; and the same desks without a code, which
is what most frames are. Goals: p99 below 60 ms; at most three times the decoders alone (Pillow, zxing-cpp) on
the same frames in the same turns.
"""

from __future__ import annotations

import http.client
import io
import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response
from PIL import Image, ImageFilter
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from app import create_app
from bench.figures import Figure, below, beside, percentile
from bench.pull import PORT, served
from bench.world import World, node
from gateway.identity.sessions import open_session
from gateway.identity.staff import add_staff
from gateway.qr.decode import read_picture

FRAMES = 200
DOCTORS = 40  # one session may post five a second
WIDTH, HEIGHT = 1280, 960
LIMIT_MS = 60.0
PEER = "the decoders alone"


def measure() -> list[Figure]:
    """Post every frame, and read it without the node, in turns."""
    chance = random.Random(4)  # noqa: S311 - the same frames in every run
    frames = [
        _frame(chance, f"http://127.0.0.1:{PORT}/q#{number:022}.WT.7HPR3C8N") for number in range(FRAMES)
    ]
    desks = [_frame(chance, None) for _ in range(FRAMES)]
    with TemporaryDirectory(prefix="yaoshi-bench-") as name:
        folder = Path(name)
        with node(1, PORT) as world:
            cookies = _sign_in(world)
            shutil.copytree(world.settings.data, folder / "node")
        with served(folder):
            door = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            through, alone, empty = [], [], []
            for number in range(FRAMES):
                cookie, frame, desk = cookies[number % DOCTORS], frames[number], desks[number]
                through.append(_timed(lambda: _post(door, cookie, frame[0]), frame[1]))  # noqa: B023
                alone.append(_timed(lambda: read_picture(frame[0]), frame[1]))  # noqa: B023
                empty.append(_timed(lambda: _post(door, cookie, desk[0]), None))  # noqa: B023
            door.close()
    return [
        beside("frame to text, p50", percentile(through, 50), "ms", PEER, percentile(alone, 50), at_most=3.0),
        below("frame to text, p99", percentile(through, 99), "ms", LIMIT_MS),
        below("frame without a code, p99", percentile(empty, 99), "ms", LIMIT_MS),
    ]


def _timed(read: Callable[[], object], expected: str | None) -> float:
    started = time.perf_counter()
    found = read()
    taken = (time.perf_counter() - started) * 1000
    if found != expected:
        raise RuntimeError(f"read {found!r} instead of {expected!r}")
    return taken


def _post(door: http.client.HTTPConnection, cookie: str, frame: bytes) -> object:
    host = f"localhost:{PORT}"
    headers = {"Host": host, "Origin": f"http://{host}", "Cookie": cookie, "Content-Type": "image/jpeg"}
    door.request("POST", "/console/api/scans", frame, headers)
    answer = door.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"the door answered {answer.status}: {body[:300]!r}")
    return json.loads(body)["text"]


def _sign_in(world: World) -> list[str]:
    """Cookies of open sessions, one a doctor."""
    app, cookies = create_app(gateway=world.gw), []
    for number in range(DOCTORS):
        staff = add_staff(
            world.gw, world.custodian, f"bench-{number}", "not used here", name="测量用", role="clinician"
        )
        with app.test_request_context(base_url=world.settings.console_origin):
            response = Response()
            open_session(world.gw, staff, response)
        cookies.append(response.headers["Set-Cookie"].split(";")[0])
    return cookies


def _frame(chance: random.Random, text: str | None) -> tuple[bytes, str | None]:
    """A camera's frame of a desk, with a code held into it unless `text` is None."""
    desk = Image.effect_noise((WIDTH, HEIGHT), chance.uniform(6, 22)).point(lambda grey: grey * 0.8)
    for _ in range(12):  # papers, keys, a screen's edge
        left, top = chance.randrange(WIDTH), chance.randrange(HEIGHT)
        box = (left, top, left + chance.randrange(20, 500), top + chance.randrange(20, 400))
        desk.paste(chance.randrange(30, 230), box)
    if text is not None:
        held = _code(text).resize([chance.randrange(260, 620)] * 2, Image.Resampling.BILINEAR)
        turned = held.rotate(chance.uniform(-25, 25), expand=True, fillcolor=235)
        desk.paste(turned, (chance.randrange(WIDTH - 900), chance.randrange(HEIGHT - 880)))
    dim = chance.uniform(0.55, 1)
    desk = desk.filter(ImageFilter.GaussianBlur(chance.uniform(0, 1.2)))
    desk = desk.point(lambda grey: grey * dim)
    file = io.BytesIO()
    desk.convert("RGB").save(file, "JPEG", quality=70)
    return file.getvalue(), text


def _code(text: str) -> Image.Image:
    drawn: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    drawn.add_data(text)
    drawn.make(fit=True)
    rows = drawn.get_matrix()
    small = Image.new("L", (len(rows), len(rows)))
    small.putdata([20 if dark else 235 for row in rows for dark in row])
    return small.resize((len(rows) * 10, len(rows) * 10), Image.Resampling.NEAREST)
