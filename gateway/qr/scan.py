"""What console and phone share when they post a picture to be read: limits, and the answer {"text"}.

Spec: at most 1 MB, 12 megapixels and five pictures a second for each session; JPEG, PNG or WebP. Not here:
who may post (console.scans, wallet.scans), finding the code (gateway.qr.decode). Invariant: the picture and
its text live as long as the request, and stand in no log.
"""

from __future__ import annotations

from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

from flask import current_app, request
from flask.blueprints import BlueprintSetupState

from gateway.qr.decode import read_picture
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import refuse
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
STEP_MS, BURST = 200, 5
AT_ONCE = 4  # unpacked pictures in memory: 12 megapixels with colour and transparency are 48 MB
PATIENCE_S = 2.0
COUNTED = 10_000
READERS = "yaoshi-picture-readers"


class Readers:
    """One application's counts: who posted how lately, and how many pictures are being read.

    In memory, unlike gateway.web.ratelimit: a synced write for each frame would cost more than reading it
    and delay every disclosure; what a restart forgets is a second old.
    """

    def __init__(self) -> None:
        self.places = BoundedSemaphore(AT_ONCE)
        self._full_at: dict[str, int] = {}
        self._lock = Lock()

    def wait_ms(self, who: str, now: int) -> int:
        """Counts one picture and answers 0, or answers after how many ms the next may come."""
        with self._lock:
            if len(self._full_at) > COUNTED:
                self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            full_at = max(now, self._full_at.get(who, now)) + STEP_MS
            if full_at - now > STEP_MS * BURST:
                return full_at - now - STEP_MS * BURST
            self._full_at[who] = full_at
        return 0


def furnish(state: BlueprintSetupState) -> None:
    """One count for each application, whichever door is put in first."""
    state.app.extensions.setdefault(READERS, Readers())


def answer_scan(gw: Gateway, who: str) -> dict[str, Any]:
    """{"text": what the posted picture's QR code says, or None}; ``who`` names the session."""
    readers: Readers = current_app.extensions[READERS]
    waiting = readers.wait_ms(who, gw.clock())
    if waiting:
        refuse(waiting)
    if request.mimetype not in TYPES:
        raise_problem("picture-unsupported")
    data = request.get_data(cache=False)
    if not readers.places.acquire(timeout=PATIENCE_S):
        raise Unavailable("unavailable", "too many pictures at once")
    try:
        read = read_picture(data)
    finally:
        readers.places.release()
    if isinstance(read, Refusal):
        raise_problem(read.code)
    return {"text": read}
