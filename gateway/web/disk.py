"""Stops writing while there is still room to stop cleanly, and says so before.

A ledger that meets a full disk in the middle of a commit is safe but silent; a person must read it on the
screen first. Thresholds: settings.disk_*.
"""

from __future__ import annotations

import re
import shutil

from flask import Flask, Response, request

from gateway.composition import Gateway
from gateway.settings import Settings
from gateway.web.problems import problem, raise_problem

# Asked by POST or DELETE, yet nothing grows by it but a nonce, a session, a count of knocks: people can sign
# in, see who looked, and close what is open (of entries, the view itself lets only closings through).
READS = re.compile(
    r"/console/api/(session|session/fresh|patients/search|visits/[^/]+)"
    r"|/console/api/(emergencies/[^/]+(/close)?|reviews/[^/]+/close)"
    r"|/i/[^/]+/wallet/(nonce|sessions|timeline|entries|references/[^/]+/state)"
)
# Asked by GET, yet it writes: a search, a read, a look at a visit commit a disclosure; an export needs room.
WRITES = re.compile(r"/i/[^/]+/fhir(/.*)?|/console/api/(visits/.*|emergencies/[^/]+|audit/export)", re.DOTALL)

RETRY = {"Retry-After": "60"}


def disk_state(settings: Settings) -> str | None:
    """None when there is room, `disk-low` as a warning, `disk-full` when nothing may be written."""
    usage = shutil.disk_usage(settings.data)
    if usage.free < settings.disk_stop_bytes:
        return "disk-full"
    low = usage.free < settings.disk_warn_bytes or usage.free * 100 < usage.total * settings.disk_warn_percent
    return "disk-low" if low else None


def refuse_when_full(settings: Settings) -> None:
    """Ends the request with 503 disk-full when nothing may be written."""
    if disk_state(settings) == "disk-full":
        raise_problem("disk-full", headers=RETRY)


def register_disk(app: Flask, gw: Gateway) -> None:
    """Refuses every request that would write, whatever its method is."""

    @app.before_request
    def refuse_writing() -> Response | None:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            writes = WRITES.fullmatch(request.path) is not None
        else:
            writes = READS.fullmatch(request.path) is None
        if writes and disk_state(gw.settings) == "disk-full":
            return problem("disk-full", headers=RETRY)
        return None
