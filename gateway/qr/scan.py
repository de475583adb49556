"""What console and phone share when they post a picture to be read: limits, and the answer {"text"}.

Spec: at most 1 MB, 12 megapixels and five pictures a second for each session; JPEG, PNG or WebP. Not here:
who may post (console.scans, wallet.scans), finding the code (gateway.qr.decode). Invariant: the picture and
its text live as long as the request, and stand in no log.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from flask import current_app, request
from flask.blueprints import BlueprintSetupState

from gateway.qr.decode import read_picture
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import limit
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
PER_MINUTE, BURST = 300, 5
AT_ONCE = 4  # unpacked pictures in memory: 12 megapixels with colour and transparency are 48 MB
PATIENCE_S = 2.0
READERS = "yaoshi-picture-readers"


def furnish(state: BlueprintSetupState) -> None:
    """One count of readers for each application."""
    state.app.extensions.setdefault(READERS, BoundedSemaphore(AT_ONCE))


def answer_scan(gw: Gateway, who: str) -> dict[str, Any]:
    """{"text": what the posted picture's QR code says, or None}; ``who`` names the session's bucket."""
    limit(gw, f"scan:{who}", PER_MINUTE, BURST)
    if request.mimetype not in TYPES:
        raise_problem("picture-unsupported")
    data = request.get_data(cache=False)
    readers = current_app.extensions[READERS]
    if not readers.acquire(timeout=PATIENCE_S):
        raise Unavailable("unavailable", "too many pictures at once")
    try:
        read = read_picture(data)
    finally:
        readers.release()
    if isinstance(read, Refusal):
        raise_problem(read.code)
    return {"text": read}
